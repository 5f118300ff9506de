// Damage on disk is found where counting rows finds none, and what could not be looked at never passes.
import { open } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type PostgresServer, startPostgres } from '../../sandbox/servers/postgres.ts';
import { Secret } from '../../src/core/secret.ts';
import { checkStructure } from '../../src/postgres/structure.ts';
import { ask } from './swap-fixture.ts';

let server: PostgresServer;
beforeAll(async () => {
  server = await startPostgres();
});
afterAll(() => server.stop());

const options = { purpose: 'holdfast op-41 s6', signal: new AbortController().signal, jobs: 2 };
const told = (checks: Awaited<ReturnType<typeof checkStructure>>) =>
  checks.map(({ name, status }) => `${status} ${name}`);

async function ledger(name: string): Promise<Secret> {
  await ask(server.url, `create database ${name}`);
  await ask(
    server.urlOf(name),
    `create table entries (id int primary key, memo text); create index on entries (memo);
     insert into entries select n, md5(n::text) from generate_series(1, 3000) n; analyze`,
  );
  return new Secret(server.urlOf(name));
}

/** Overwrites bytes of a relation's file while the server is stopped. */
async function damage(name: string, relation: string, at: number, bytes: Uint8Array): Promise<void> {
  const [row] = await ask(server.urlOf(name), `select pg_relation_filepath('${relation}') as path`);
  await ask(server.url, 'checkpoint');
  await server.kill();
  const file = await open(join(server.dir, 'data', String(row?.['path'])), 'r+');
  await file.write(bytes, 0, bytes.length, at);
  await file.close();
  await server.restart();
}

describe('the structure of a database', () => {
  it('passes when it is whole, and amcheck is gone again', async () => {
    const database = await ledger('whole');
    const checks = await checkStructure(database, { ...options, heapAllIndexed: true });
    expect(told(checks)).toEqual(['pass tables on disk', 'pass indexes on disk']);
    expect(checks[0]?.figure).toMatch(/^\d+ tables read to the end, 0 damaged$/);
    const left = "select nspname from pg_namespace where nspname ~ 'holdfast' union select extname from pg_extension";
    expect(await ask(database.open(), left)).toEqual([{ nspname: 'plpgsql' }]);
  });

  it('leaves an amcheck alone that was there before', async () => {
    const database = await ledger('theirs');
    await ask(database.open(), 'create schema tools; create extension amcheck schema tools');
    expect(told(await checkStructure(database, options))).toEqual(['pass tables on disk', 'pass indexes on disk']);
    expect(await ask(database.open(), "select 1 as there from pg_extension where extname = 'amcheck'")).toHaveLength(1);
  });

  it('fails naming a table with a damaged page, whose rows are all counted', async () => {
    const database = await ledger('bad_heap');
    // The header of the first row, which lies at the end of its page: it says now that the row has five columns.
    await damage('bad_heap', 'entries', 8192 - 64 + 18, new Uint8Array([5, 0]));
    expect(await ask(database.open(), 'select count(*)::int as rows from entries')).toEqual([{ rows: 3000 }]);
    const checks = await checkStructure(database, options);
    expect(told(checks)).toEqual(['fail tables on disk', 'pass indexes on disk', 'fail public.entries']);
    expect(checks[2]?.figure).toMatch(/^damaged: block 0: number of attributes 5 exceeds/);
  });

  it('fails naming an index with a damaged page, while its table is whole', async () => {
    const database = await ledger('bad_index');
    await damage('bad_index', 'entries_pkey', 8192 + 8192 - 512, new Uint8Array(256).fill(0x11));
    const checks = await checkStructure(database, options);
    expect(told(checks)).toEqual(['pass tables on disk', 'fail indexes on disk', 'fail public.entries_pkey']);
  });

  it('fails where a whole page header was overwritten', async () => {
    const database = await ledger('bad_page');
    await damage('bad_page', 'entries', 8192, new Uint8Array(64).fill(0xff));
    const checks = await checkStructure(database, options);
    expect(checks.find(({ name }) => name === 'public.entries')).toMatchObject({ status: 'fail' });
  });

  it('is a warning with what to do, and not a pass, for a role that may not look', async () => {
    await ledger('forbidden');
    await ask(server.url, 'create role looker login');
    const looker = new Secret(server.urlOf('forbidden', 'looker'));
    const [check, ...others] = await checkStructure(looker, options);
    expect(others).toEqual([]);
    expect(check).toMatchObject({ name: 'structure on disk', status: 'warn' });
    expect(check?.figure).toMatch(/^not checked: permission denied .*; do, as a superuser: CREATE EXTENSION amcheck/);
    await ask(server.urlOf('forbidden'), 'create extension amcheck');
    const [refused] = await checkStructure(looker, options);
    expect(refused?.figure).toMatch(
      /^not checked: role may not call amcheck; .*GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA public/,
    );
    await ask(server.urlOf('forbidden'), 'grant execute on all functions in schema public to looker');
    expect(told(await checkStructure(looker, options))).toEqual(['pass tables on disk', 'pass indexes on disk']);
  });

  it('is a warning where a relation could not be read in time', async () => {
    const database = await ledger('locked');
    const holder = ask(
      database.open(),
      'begin; lock table entries in access exclusive mode; select pg_sleep(2); commit',
    );
    await expect
      .poll(() => ask(server.url, "select 1 as there from pg_locks where mode = 'AccessExclusiveLock' and granted"))
      .not.toEqual([]);
    const checks = await checkStructure(database, { ...options, timeoutSeconds: 0.5 });
    await holder;
    expect(told(checks)).toContain('warn public.entries');
    expect(told(checks)).toContain('warn tables on disk');
    expect(checks.find(({ name }) => name === 'public.entries')?.figure).toContain('not checked: canceling statement');
  });
});
