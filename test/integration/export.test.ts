// Some tables leave the house as one encrypted file: these, whole, in one moment, and nothing else.
import { randomBytes } from 'node:crypto';
import { chmod, mkdtemp, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { generateX25519Identity, identityToRecipient } from 'age-encryption';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { openStore } from '../../src/archives/open-store.ts';
import { OffsitePlace } from '../../src/archives/settings.ts';
import { Secret } from '../../src/core/secret.ts';
import { System } from '../../src/core/system.ts';
import { exportData } from '../../src/platforms/shared/data-export.ts';
import { inspectArchive } from '../../src/postgres/archive/read.ts';
import { startS3Proxy } from '../support/s3-proxy.ts';
import { type S3Server, startS3 } from '../support/s3-server.ts';
import { type Ledger, ledger, PATH, runOf, startLedger } from './postgres-fixture.ts';

const { signal } = new AbortController();
const FILE = '2025-11-22_grayledger_production_export_op-41.dump.zst.age';
const opening = { path: PATH, secretOf: () => new Secret('S3RVER') };

let db: Ledger;
let s3: S3Server;
let key = { identity: '', recipient: '' };
beforeAll(async () => {
  [db, s3] = await Promise.all([startLedger(), startS3()]);
  const identity = await generateX25519Identity();
  key = { identity, recipient: await identityToRecipient(identity) };
}, 120_000);
afterAll(async () => {
  await Promise.all([db?.stop(), s3?.stop()]);
});

let workDir = '';
beforeEach(async () => {
  workDir = await mkdtemp(join(db.dir, 'work-'));
  await chmod(workDir, 0o711);
});

const toBucket = (endpoint = s3.endpoint, prefix = 'exports/') => ({
  place: { kind: 's3', bucket: s3.bucket, prefix, region: 'eu-central-1', endpoint },
  s3: { accessKeyIdFrom: 'KEY_ID', secretAccessKeyFrom: 'SECRET_KEY' },
});

function at(place: object) {
  const offsite = { ...place, encryptTo: [key.recipient] };
  const [production] = Object.values(ledger.environments);
  const environments = { production: { ...production, settings: { offsite } } };
  const system = System.parse({ ...ledger, environments });
  const action = exportData({ ...opening, workDir, pause: 1, platform: { connection: async () => db.url } });
  return { system, action, store: openStore(OffsitePlace.parse(offsite), opening) };
}

const args = (tables: string[]) => ({ environment: 'production', tables, file: FILE });

async function directory() {
  const path = await mkdtemp(join(db.dir, 'out-'));
  return { path, ...at({ place: { kind: 'directory', path } }) };
}

describe('an export', () => {
  it.each(['directory', 's3'])(
    'to a %s holds these tables and no other, for whoever has the key, once',
    async (kind) => {
      const { system, action, store } = kind === 's3' ? at(toBucket()) : await directory();
      const wanted = args(['public.entries', 'billing.invoices']);
      expect(await action.probe(wanted, runOf({ system }))).toEqual({ is: 'not_happened' });
      const outcome = await action.do(wanted, runOf({ system }));
      expect(outcome).toMatchObject({ is: 'done' });
      expect(outcome.evidence.says[1]).toBe('Rows: billing.invoices 7, public.entries 4,280.');
      expect(await action.do(wanted, runOf({ system }))).toMatchObject({ is: 'done' });
      expect(await action.probe(wanted, runOf({ system }))).toMatchObject({ is: 'happened' });
      expect((await store.list(signal)).map(({ name }) => name)).toEqual([FILE]);

      const fetched = join(workDir, 'fetched.age');
      await store.fetch(FILE, fetched, { signal });
      expect((await readFile(fetched)).toString('latin1')).not.toContain('PGDMP');
      const keys = { ageIdentity: new Secret(key.identity) };
      const { contents } = await inspectArchive(fetched, { path: PATH, workDir, keys, recorded: null, signal });
      expect(Object.entries(contents).map(([table, { rows }]) => [table, rows])).toEqual(
        expect.arrayContaining([
          ['public.entries', 4280],
          ['billing.invoices', 7],
        ]),
      );
      expect(Object.keys(contents)).toHaveLength(2);
      expect(await readdir(join(workDir, 'op-41')).catch(() => [])).toEqual([]);
    },
  );

  it.each([
    ['breaks off', 'PUT part', 'before', 4],
    ['loses the last reply', 'POST complete', 'after', 3],
  ] as const)('goes on over a way that %s, and is there once', async (_, kind, when, times) => {
    const proxy = await startS3Proxy(s3.endpoint);
    try {
      const { system, action, store } = at(toBucket(proxy.endpoint, `${randomBytes(4).toString('hex')}/`));
      proxy.breakNext(kind, when, times);
      const outcome = await action.do(args(['public.entries']), runOf({ system }));
      expect(outcome).toMatchObject({ is: 'done' });
      expect(proxy.seen.filter((one) => one.startsWith(kind)).length).toBeGreaterThanOrEqual(times);
      expect((await store.list(signal)).map(({ name, problem }) => [name, problem])).toEqual([[FILE, null]]);
      expect(await readdir(join(workDir, 'op-41'))).toEqual([]);
    } finally {
      await proxy.stop();
    }
  });

  it('that cannot be sent at all leaves nothing there', async () => {
    const proxy = await startS3Proxy(s3.endpoint);
    try {
      const { system, action, store } = at(toBucket(proxy.endpoint, `${randomBytes(4).toString('hex')}/`));
      proxy.breakNext('PUT part', 'before', 1000);
      await expect(action.do(args(['public.entries']), runOf({ system }))).rejects.toThrow(/sending .* to s3:/);
      expect(proxy.seen).toContain('DELETE upload');
      expect(await store.list(signal)).toEqual([]);
      expect(await readdir(join(workDir, 'op-41'))).toEqual([]);
    } finally {
      await proxy.stop();
    }
  });

  it('of a table that is not there is refused, and nothing is sent', async () => {
    const { path, system, action } = await directory();
    const doing = action.do(args(['public.entries', 'public.gone']), runOf({ system }));
    await expect(doing).rejects.toThrow('no ordinary table public.gone');
    expect(await readdir(path)).toEqual([]);
  });

  it('that is not what its manifest says is no success', async () => {
    const { path, system, action } = await directory();
    const wanted = args(['billing.invoices']);
    expect((await action.do(wanted, runOf({ system }))).is).toBe('done');
    const file = await readFile(join(path, FILE));
    file[file.length - 1] = (file.at(-1) ?? 0) ^ 1;
    await chmod(join(path, FILE), 0o600);
    await writeFile(join(path, FILE), file);
    expect(await action.do(wanted, runOf({ system }))).toMatchObject({
      is: 'failed',
      why: expect.stringContaining('is not what its manifest says'),
    });
  });
});
