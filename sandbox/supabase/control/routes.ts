// The control interface: look at a project from its own side, and make trouble.
import { z } from 'zod';
import { ok, type Part, shaped } from '../http/exchange.ts';
import { type ActiveFaults, Fault } from '../http/faults.ts';
import type { LoggedRequest } from '../http/serve.ts';
import { ADMIN, as, query } from '../seed/platform.ts';
import { insertCustomers } from '../seed/rows.ts';
import type { Objects } from '../storage/objects.ts';

export const Change = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('put'), bucket: z.string(), keys: z.array(z.string()), text: z.string() }),
  z.strictObject({ kind: z.literal('remove'), bucket: z.string(), keys: z.array(z.string()) }),
  /** The row stays, the bytes go: what a restored database shows of objects that were deleted since. */
  z.strictObject({ kind: z.literal('lose-bytes'), bucket: z.string(), key: z.string() }),
]);
export type Change = z.infer<typeof Change>;

/** `orphans`: customers are gone whose jobs are still there. `empty`: a table has lost all its rows. */
export const Damage = z.enum(['orphans', 'empty']);
export type Damage = z.infer<typeof Damage>;

const DAMAGE: Record<Damage, string> = {
  orphans: `set session_replication_role = replica; delete from customers where id in (select customer_id from jobs order by id limit 5)`,
  empty: 'truncate reminders',
};

export type Controlled = {
  /** The project's database as `postgres`. */
  readonly url: string;
  readonly objects: Objects;
  readonly faults: ActiveFaults;
  log(): readonly LoggedRequest[];
};

/** `/_control/…`. */
export function controlRoutes({ url, objects, faults, log }: Controlled): Part {
  const routes: Record<string, Part> = {
    'GET log': async () => ok(log()),
    'POST faults': async (request) => {
      faults.add(await shaped(request, Fault));
      return ok({});
    },
    'POST faults/clear': async () => {
      faults.clear();
      return ok({});
    },
    'POST objects': async (request) => {
      const change = await shaped(request, Change);
      if (change.kind === 'remove') await objects.remove(change.bucket, change.keys);
      if (change.kind === 'lose-bytes') await objects.loseBytes(change.bucket, change.key);
      if (change.kind === 'put') {
        const [bytes, at] = [Buffer.from(change.text), new Date()];
        await objects.put(
          change.bucket,
          change.keys.map((key) => ({ key, bytes, type: 'text/plain', at })),
        );
      }
      return ok({});
    },
    'POST damage': async (request) => {
      const { damage } = await shaped(request, z.strictObject({ damage: Damage }));
      await query(as(url, ADMIN), DAMAGE[damage]);
      return ok({});
    },
    'POST customers': async (request) => {
      const { customers } = await shaped(request, z.strictObject({ customers: z.int().positive().max(1_000) }));
      const [row] = await query(url, 'select count(*)::int as n from customers');
      await insertCustomers(url, { customers, from: Number(row?.['n']) + 100_001, at: new Date() });
      return ok({});
    },
  };
  return async (request) => {
    const route = routes[`${request.method} ${request.path.replace('/_control/', '')}`];
    return route === undefined ? null : await route(request);
  };
}
