// Every API request from the provider's side, without secrets: tests count effects here.

const KEPT = 20_000;

export type LoggedRequest = {
  at: string;
  method: string;
  /** Without its query: signatures stay out. */
  path: string;
  /** 0 when the connection was destroyed before handling. */
  status: number;
  /** False when the reply was lost on purpose. */
  replied: boolean;
  ms: number;
  /** The fault that struck, by its kind. */
  fault: string | null;
  userAgent: string;
};

export type RequestLog = { add(entry: LoggedRequest): void; all(): LoggedRequest[] };

/** An empty log that forgets its oldest entries when it is full. */
export function requestLog(): RequestLog {
  const entries: LoggedRequest[] = [];
  return {
    add(entry) {
      entries.push(entry);
      if (entries.length > KEPT) entries.shift();
    },
    all: () => [...entries],
  };
}
