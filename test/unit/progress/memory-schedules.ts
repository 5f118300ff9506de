// A store of schedules in memory, shared by as many processes as a test wants.
import type { ScheduleRun, ScheduleStore } from '../../../src/core/incident-ports.ts';

type Row = ScheduleRun & { takenAt: number };

export type MemorySchedules = ScheduleStore & {
  /** Every time that was taken, oldest first: `key due operation note`. */
  runs(): string[];
};

/** `now` is the database's clock. */
export function memorySchedules(now: () => Date): MemorySchedules {
  const known = new Map<string, { definition: string; since: string }>();
  const rows = new Map<string, Row>();
  const all = () => [...rows.values()].toSorted((a, b) => a.due.localeCompare(b.due) || a.key.localeCompare(b.key));

  return {
    async begin(key, definition) {
      const before = known.get(key);
      const begun = before?.definition === definition ? before : { definition, since: now().toISOString() };
      known.set(key, begun);
      const last = all().findLast((row) => row.key === key)?.due ?? null;
      return { since: begun.since, last };
    },
    async claim(key, due) {
      const id = `${key} ${due}`;
      if (rows.has(id)) return false;
      rows.set(id, { key, due, operation: null, note: '', takenAt: now().getTime() });
      return true;
    },
    async settle(key, due, { operation, note }) {
      const row = rows.get(`${key} ${due}`);
      if (row === undefined) throw new Error(`${key} ${due} was not taken`);
      rows.set(`${key} ${due}`, { ...row, operation, note });
    },
    async unsettled(seconds) {
      const found = all().filter((row) => row.note === '' && now().getTime() - row.takenAt >= seconds * 1000);
      for (const row of found) rows.set(`${row.key} ${row.due}`, { ...row, takenAt: now().getTime() });
      return found.map(({ key, due }) => ({ key, due }));
    },
    latest: async (system) => all().filter(({ key }) => key.startsWith(`${system}/`)),
    runs: () => all().map(({ key, due, operation, note }) => `${key} ${due} ${operation ?? '-'} ${note}`.trim()),
  };
}
