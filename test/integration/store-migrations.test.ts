// A store of the version before is brought up to date with everything that is in it.
import { readFile } from 'node:fs/promises';
import pg from 'pg';
import { afterAll, expect, it } from 'vitest';
import { createStore } from '../../src/store/store.ts';
import { lookOf } from '../support/plans.ts';
import { SILENT, silentLog, startStores } from '../support/stores.ts';

const server = await startStores();
afterAll(() => server.stop());

it('keeps what waits to be told when incidents come to the outbox', async () => {
  const { url, sql, operations, ...rest } = await server.open();
  await operations.create(lookOf(), { by: 'U1', command: 'c1' });
  // As the first version has left it: without anything of the later migrations.
  const [row] = await sql('select * from holdfast.operations');
  const [entry] = await sql('select * from holdfast.journal');
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  await client.query('drop schema holdfast cascade; create schema holdfast');
  await client.query(await readFile('src/store/migrations/0001_operations.sql', 'utf8'));
  await client.query(
    `create table holdfast.migrations (id serial primary key, name varchar(255) not null, run_on timestamp not null)`,
  );
  await client.query(`insert into holdfast.migrations (name, run_on) values ('0001_operations', now())`);
  for (const [table, { number: _, ...values }] of [
    ['operations', row ?? {}],
    ['journal', entry ?? {}],
  ] as const) {
    const text = JSON.stringify(values);
    const columns = Object.keys(values).join(', ');
    await client.query(
      `insert into holdfast.${table} (${columns}) select ${columns} from json_populate_record(null::holdfast.${table}, $1)`,
      [text],
    );
  }
  await client.query(
    `insert into holdfast.outbox (operation, key, kind, telling) values ('op-1', 'card', 'card', '{"kind":"card"}')`,
  );
  await client.end();

  const store = createStore({ connectionString: url, ...SILENT, log: silentLog });
  await store.ready();
  expect(await store.operations.load('op-1')).toMatchObject({ id: 'op-1', requestedBy: 'U1' });
  expect(await store.audit()).toMatchObject({ entries: 1, lines: 1, broken: [] });
  expect(await store.outbox.take(10)).toMatchObject([{ subject: 'op-1', telling: { kind: 'card' } }]);
  await store.outbox.add('inc-1', { kind: 'card' });
  expect(await store.outbox.take(10)).toMatchObject([{ subject: 'inc-1' }]);
  await store.close();
  await rest.close();
});
