// Routes: a method, a path pattern such as `/apps/:app`, and what answers it.
import type { ServerResponse } from 'node:http';

/** What a fault tells the handler to do instead of its honest work. */
export type Mischief = {
  /** `lie`: claim success, do nothing. `swallow`: the same, and the thing claimed never appears. */
  deceit: 'lie' | 'swallow' | null;
  failTransfer: boolean;
  failRelease: boolean;
  /** Which other state a rollback to a moment is made of. */
  wrongRollback: 'database' | 'moment' | null;
  /** The work takes this many times as long. */
  slow: number;
};

export type ApiRequest = {
  method: string;
  /** As sent, without the query. */
  path: string;
  params: Record<string, string>;
  query: URLSearchParams;
  headers: Record<string, string | undefined>;
  body: unknown;
  mischief: Mischief;
};

export type Reply =
  | { status: number; body: unknown; headers?: Record<string, string> }
  | { stream: (response: ServerResponse) => void | Promise<void> };

export type Handler = (request: ApiRequest) => Reply | Promise<Reply>;
export type Route = { method: string; segments: string[]; handler: Handler };

/** `pattern` may name parameters: `/apps/:app`. */
export const route = (method: string, pattern: string, handler: Handler): Route => ({
  method,
  segments: pattern.split('/'),
  handler,
});

export const ok = (body: unknown): Reply => ({ status: 200, body });
export const created = (body: unknown): Reply => ({ status: 201, body });

/** The route for a request and its path parameters, taken from the path exactly as it was sent. */
export function findRoute(routes: readonly Route[], method: string, path: string) {
  const sent = path.split('/');
  for (const candidate of routes) {
    if (candidate.method !== method || candidate.segments.length !== sent.length) continue;
    const params = paramsOf(candidate.segments, sent);
    if (params !== null) return { handler: candidate.handler, params };
  }
  return undefined;
}

function paramsOf(pattern: readonly string[], sent: readonly string[]): Record<string, string> | null {
  const params: Record<string, string> = {};
  for (const [index, segment] of pattern.entries()) {
    const value = sent[index] ?? '';
    if (segment.startsWith(':')) params[segment.slice(1)] = decodeURIComponent(value);
    else if (segment !== value) return null;
  }
  return params;
}

/** A path parameter that the pattern promises. */
export function param(request: ApiRequest, name: string): string {
  const value = request.params[name];
  if (value === undefined) throw new Error(`the route has no parameter ${name}`);
  return value;
}
