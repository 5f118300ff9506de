// A scratch server loads with the same loader: plain SQL too, and what is in a backup cannot reach the machine.
import { chmod, mkdtemp } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { withDatabase } from '../../src/postgres/connect.ts';
import { type ScratchServer, withScratch } from '../../src/postgres/scratch.ts';
import { archive, plain, type Shop, startShop } from './candidate-fixture.ts';

let shop: Shop;
beforeAll(async () => {
  shop = await startShop();
});
afterAll(() => shop.stop());

async function inScratch<T>(use: (server: ScratchServer) => Promise<T>): Promise<T> {
  const dir = await mkdtemp(join(shop.dir, 'scratch-'));
  await chmod(dir, 0o711);
  const signal = new AbortController().signal;
  const path = '/usr/local/bin:/usr/bin:/bin';
  return await withScratch({ dir, name: 'op-41', path, version: null, signal }, use);
}

const asked = { readOnly: true, purpose: 'test', timeoutSeconds: 30 };

it('loads plain SQL and archives to the same rows, as a role that is no superuser', async () => {
  const [sql, custom] = [await shop.dump('s.sql', []), await shop.dump('s.dump', ['-Fc'])];
  await inScratch(async (server) => {
    for (const [name, backup] of Object.entries({ one: plain(sql), two: archive(custom), three: custom })) {
      const { leftOut } = await server.load(backup, name);
      expect(leftOut.toSorted()).toEqual(['event trigger watching', 'publication feed']);
      const [row] = await withDatabase(server.connection(name), asked, (query) =>
        query(
          "select (select count(*)::int from sales.orders) as orders, current_setting('is_superuser') as superuser",
        ),
      );
      expect(row).toEqual({ orders: 3000, superuser: 'off' });
    }
  });
});

it('lets nothing in a backup run a program, when it is loaded or when it is asked later', async () => {
  const sql = await shop.sql(
    `create function run() returns int language plpgsql as $$ begin copy (select 1) to program 'true'; return 1; end $$;
     create view trap as select run();`,
  );
  await inScratch(async (server) => {
    await server.load(sql, 'trap');
    const asking = withDatabase(server.connection('trap'), asked, (query) => query('select * from trap'));
    await expect(asking).rejects.toThrow(/program/);
  });
});
