// What the store does when the database cannot be reached, breaks off, or stops answering.
import { readdir } from 'node:fs/promises';
import { afterAll, beforeEach, describe, expect, it } from 'vitest';
import { freePort } from '../../sandbox/servers/free-port.ts';
import { firstBroken } from '../../src/core/chain.ts';
import { Fault } from '../../src/core/errors.ts';
import { createStore, type Store } from '../../src/store/store.ts';
import { type CutProxy, startCutProxy } from '../support/cut-proxy.ts';
import { lookOf } from '../support/plans.ts';
import { type OpenStore, SILENT, silentLog, startStores } from '../support/stores.ts';

const server = await startStores();
const toClose: (() => Promise<void>)[] = [];
afterAll(async () => {
  for (const close of toClose.reverse()) await close();
  await server.stop();
});

const intake = { key: 'k1', text: 'verify', user: 'U1', channel: 'C1', team: 'T1' };
const storeAt = (connectionString: string): Store => {
  const store = createStore({ connectionString, ...SILENT, log: silentLog });
  toClose.push(() => store.close());
  return store;
};

describe('a commit whose answer is lost', () => {
  let direct: OpenStore;
  let proxied: Store;
  let proxy: CutProxy;
  beforeEach(async () => {
    direct = await server.open();
    proxy = await startCutProxy(server.port);
    toClose.push(() => proxy.stop());
    proxied = storeAt(direct.url.replace(`:${server.port}`, `:${proxy.port}`));
    await direct.operations.create(lookOf(), { by: 'U1', command: 'c1' });
  });

  it('is a success when the change was written', async () => {
    proxy.cutAtCommit('before its answer');
    const after = await proxied.operations.change('op-1', () => [{ type: 'started' }]);
    expect(after.state).toBe('running');
    const entries = await direct.operations.journal('op-1');
    expect(entries.map(({ event }) => event.type)).toEqual(['proposed', 'started']);
    expect(firstBroken(entries)).toBeNull();
  });

  it('is a Fault when the change was not written', async () => {
    proxy.cutAtCommit('before it arrives');
    await expect(proxied.operations.change('op-1', () => [{ type: 'started' }])).rejects.toThrow(Fault);
    expect(await direct.operations.journal('op-1')).toHaveLength(1);
  });

  it.each(['before it arrives', 'before its answer'] as const)('still creates one operation (cut %s)', async (when) => {
    proxy.cutAtCommit(when);
    const created = await proxied.operations.create(lookOf({ operation: 'op-2' }), { by: 'U1', command: 'c2' });
    expect(await direct.operations.load('op-2')).toEqual(created);
    expect(await direct.operations.open(null)).toHaveLength(2);
  });

  it.each(['before it arrives', 'before its answer'] as const)('still accepts one command (cut %s)', async (when) => {
    proxy.cutAtCommit(when);
    expect((await proxied.commands.accept(intake)).first).toBe(true);
    expect(await direct.sql('select count(*)::int as rows from holdfast.commands')).toEqual([{ rows: 1 }]);
  });

  it('leaves a store that goes on working', async () => {
    proxy.cutAtCommit('before it arrives');
    await proxied.operations.change('op-1', () => [{ type: 'started' }]).catch(() => {});
    expect(await proxied.operations.change('op-1', () => [{ type: 'started' }])).toMatchObject({ state: 'running' });
  });
});

it('survives that all its connections are killed, idle and busy ones', async () => {
  const store = await server.open();
  await store.operations.create(lookOf(), { by: 'U1', command: 'c1' });
  const busy = Array.from({ length: 5 }, () =>
    store.operations.change('op-1', () => []).catch((error: unknown) => error),
  );
  await store.sql(
    'select pg_terminate_backend(pid) from pg_stat_activity where pid <> pg_backend_pid() and datname = current_database()',
  );
  for (const end of await Promise.all(busy)) if (end instanceof Error) expect(end).toBeInstanceOf(Fault);
  await expect.poll(() => store.operations.load('op-1')).toMatchObject({ id: 'op-1' });
});

describe('a database that is away', () => {
  const faultWithin3Seconds = async (work: Promise<unknown>) => {
    const before = performance.now();
    const thrown = await work.catch((error: unknown) => error);
    expect(performance.now() - before).toBeLessThan(3_000);
    expect(thrown).toBeInstanceOf(Fault);
    return String(thrown);
  };

  it('is a Fault at once when nobody listens, and the password is not in it', async () => {
    const store = storeAt(`postgres://holdfast:hunter22@127.0.0.1:${await freePort()}/holdfast`);
    const message = await faultWithin3Seconds(store.commands.accept(intake));
    expect(message).toContain('while storing a command: connect ECONNREFUSED');
    expect(message).not.toContain('hunter22');
    await faultWithin3Seconds(store.operations.due());
    await faultWithin3Seconds(store.ready());
  });

  it('is a Fault within 3 seconds when it takes connections but never answers', async () => {
    const proxy = await startCutProxy(server.port);
    toClose.push(() => proxy.stop());
    proxy.freeze();
    const store = storeAt(`postgres://postgres@127.0.0.1:${proxy.port}/postgres`);
    await faultWithin3Seconds(store.commands.accept(intake));
  });

  it('is a Fault within 3 seconds when it stops answering on an open connection, and nothing is stored', async () => {
    const direct = await server.open();
    const proxy = await startCutProxy(server.port);
    toClose.push(() => proxy.stop());
    const store = storeAt(direct.url.replace(`:${server.port}`, `:${proxy.port}`));
    await store.commands.accept({ ...intake, key: 'before' });
    proxy.freeze();
    await faultWithin3Seconds(store.commands.accept(intake));
    expect(await direct.sql('select key from holdfast.commands')).toEqual([{ key: 'before' }]);
  });
});

describe('the schema', () => {
  it('is brought up to date once when many processes start at the same time', async () => {
    const { url, sql } = await server.open();
    await sql('drop schema holdfast cascade');
    await Promise.all(Array.from({ length: 4 }, () => storeAt(url).ready()));
    const { length } = await readdir('src/store/migrations');
    expect(await sql('select count(*)::int as rows from holdfast.migrations')).toEqual([{ rows: length }]);
  });

  it('leaves nothing behind in the session that pgbouncer could give to somebody else', async () => {
    const { url, sql } = await server.open();
    await storeAt(url).ready();
    expect(await sql(`select * from pg_locks where locktype = 'advisory'`)).toEqual([]);
  });
});
