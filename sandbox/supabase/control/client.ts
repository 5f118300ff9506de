// A typed client of the control interface, for tests and the sandbox.
import type { z } from 'zod';
import type { Fault } from '../http/faults.ts';
import type { LoggedRequest } from '../http/serve.ts';
import type { Change, Damage } from './routes.ts';

export type Control = ReturnType<typeof controlOf>;

/** Speaks to the project at `url`. */
export function controlOf(url: string) {
  async function call(path: string, body?: unknown): Promise<unknown> {
    const init = body === undefined ? {} : { method: 'POST', body: JSON.stringify(body) };
    const response = await fetch(new URL(`/_control/${path}`, url), init);
    const answer: unknown = await response.json();
    if (!response.ok) throw new Error(`control ${path}: ${JSON.stringify(answer)}`);
    return answer;
  }
  return {
    /** Every request so far but those to the control interface, oldest first. */
    log: async () => (await call('log')) as LoggedRequest[],
    fault: async (fault: z.input<typeof Fault>) => void (await call('faults', fault)),
    clearFaults: async () => void (await call('faults/clear', {})),
    /** Adds, replaces or removes stored objects. */
    change: async (change: Change) => void (await call('objects', change)),
    damage: async (damage: Damage) => void (await call('damage', { damage })),
    /** Customers arrive, with jobs, invoices, reminders and letters. */
    addCustomers: async (customers: number) => void (await call('customers', { customers })),
  };
}
