// A typed client of the control API, for tests and the sandbox.
import type { Fault } from '../faults/fault.ts';
import type { LoggedRequest } from '../http/request-log.ts';
import type { PaceName } from '../pace.ts';
import type { ForgedBackup } from './forge-backup.ts';
import type { State } from './state.ts';

export type Control = ReturnType<typeof controlOf>;

/** Speaks to the control API of the simulator at `url`. */
export function controlOf(url: string) {
  async function call(path: string, body?: unknown): Promise<unknown> {
    const init = body === undefined ? {} : { method: 'POST', body: JSON.stringify(body) };
    const response = await fetch(new URL(`/_control/${path}`, url), init);
    const answer: unknown = await response.json();
    if (!response.ok) throw new Error(`control API ${path}: ${JSON.stringify(answer)}`);
    return answer;
  }
  return {
    /** Apps, add-ons, attachments, transfers, releases. */
    state: async () => (await call('state')) as State,
    /** Every API request so far, oldest first. */
    log: async () => (await call('log')) as LoggedRequest[],
    /** How often a request whose method and path match was handled: refused and reset ones do not count. */
    async count(method: string, path: RegExp) {
      const requests = (await call('log')) as LoggedRequest[];
      return requests.filter(
        (one) => one.method === method && path.test(one.path) && one.status >= 200 && one.status < 300,
      ).length;
    },
    fault: async (fault: Fault) => void (await call('faults', fault)),
    clearFaults: async () => void (await call('faults/clear', {})),
    /** Customers write; resolves to the number of entries (or invoices) then. */
    writeRows: async (app: string, entries: number) =>
      ((await call('write-rows', { app, entries })) as { entries: number }).entries,
    /** How many entries (or invoices) of the live database were written until that moment. */
    rowsUntil: async (app: string, moment: string) =>
      ((await call('rows-until', { app, moment })) as { rows: number }).rows,
    /** Resolves to the number of entries that no longer balance, or of payments without an invoice. */
    corrupt: async (app: string) => ((await call('corrupt', { app })) as { unbalanced: number }).unbalanced,
    truncateBackup: async (app: string, num: number) => void (await call('truncate-backup', { app, num })),
    flipBit: async (app: string, num: number) => void (await call('flip-bit', { app, num })),
    /** Adds a backup that never ran. */
    forgeBackup: async (backup: ForgedBackup) =>
      (await call('backup', backup)) as { name: string; num: number; uuid: string },
    /** Makes a day go missing. */
    removeBackup: async (app: string, num: number) => void (await call('remove-backup', { app, num })),
    pace: async (pace: PaceName) => void (await call('pace', { pace })),
  };
}
