// An app's log: the last lines, and whoever is tailing them.

const KEPT = 1_500;

export type LogLine = {
  at: Date /** `app` or `heroku`. */;
  source: string /** `web.1`, `router`, `api`. */;
  process: string;
  text: string;
};

export class LogBuffer {
  readonly #lines: LogLine[] = [];
  readonly #followers = new Set<(line: LogLine) => void>();

  /** Adds a line at its place in time and shows it to everybody who tails. */
  add(source: 'app' | 'heroku', process: string, text: string, at = new Date()): void {
    const line = { at, source, process, text };
    const after = this.#lines.findLastIndex((earlier) => earlier.at <= at);
    this.#lines.splice(after + 1, 0, line);
    if (this.#lines.length > KEPT) this.#lines.shift();
    for (const follower of this.#followers) follower(line);
  }

  last(count: number, wanted: (line: LogLine) => boolean): LogLine[] {
    const lines = this.#lines.filter(wanted);
    return lines.slice(Math.max(0, lines.length - count));
  }

  /** Calls `follower` for every new line until the returned function is called. */
  follow(follower: (line: LogLine) => void): () => void {
    this.#followers.add(follower);
    return () => this.#followers.delete(follower);
  }
}

/** `2025-11-21T14:37:02.123456+00:00 app[web.1]: text`. */
export function formatLine({ at, source, process, text }: LogLine): string {
  return `${at.toISOString().replace('Z', '000+00:00')} ${source}[${process}]: ${text}`;
}
