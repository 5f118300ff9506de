// What the programs of the sandbox's host have logged, as journalctl would show it.
import { readFile } from 'node:fs/promises';

export type JournalEntry = { readonly at: Date; readonly who: string; readonly message: string };

/** `2025-11-21 09:30:00.123 UTC [41] LOG:  ready`, as PostgreSQL writes with our prefix, or an ISO moment before a message. */
const LINE = /^(\d{4}-\d\d-\d\d)[ T](\d\d:\d\d:\d\d\.\d{3})(?: UTC|Z) (?:\[(\d+)\] )?(.*)$/;

/** The lines of a log file. Those without a moment of their own belong to the line before. */
export async function entriesOf(logFile: string, who: string): Promise<JournalEntry[]> {
  const text = await readFile(logFile, 'utf8').catch(() => '');
  let at = new Date(0);
  return text
    .trimEnd()
    .split('\n')
    .map((line) => {
      const [, day, time, pid = '1', message] = LINE.exec(line) ?? [];
      if (day !== undefined) at = new Date(`${day}T${time}Z`);
      return { at, who: `${who}[${pid}]`, message: message ?? line };
    });
}

/** `--output=short-iso`. */
export function shortIso({ at, who, message }: JournalEntry): string {
  return `${at.toISOString().slice(0, 19)}+0000 sandbox ${who}: ${message}`;
}
