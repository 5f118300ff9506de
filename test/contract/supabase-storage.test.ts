// The Storage client, manifests, comparisons, copies and buckets against the simulated Supabase, also when it behaves badly.
import { createHash } from 'node:crypto';
import { mkdtemp, readdir, readFile, rm, stat, truncate, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { Secret } from '../../src/core/secret.ts';
import type { StorageClient } from '../../src/platforms/supabase/storage/client.ts';
import { compareManifests } from '../../src/platforms/supabase/storage/compare.ts';
import { copyObjects, pathOf } from '../../src/platforms/supabase/storage/copy.ts';
import {
  bucketsSay,
  differenceSays,
  manifestChecks,
  manifestSays,
} from '../../src/platforms/supabase/storage/evidence.ts';
import { listObjects } from '../../src/platforms/supabase/storage/listing.ts';
import { type Entry, entriesOf, makeManifest, readManifest } from '../../src/platforms/supabase/storage/manifest.ts';
import { recreateBuckets } from '../../src/platforms/supabase/storage/recreate-buckets.ts';
import { type SupabaseBench, startSupabaseBench, storageOf } from '../support/supabase.ts';

const BUCKETS = ['uploads', 'invoices', 'maintenance'];
const OBJECTS = { uploads: 1_058, invoices: 24, maintenance: 16 };
const signal = new AbortController().signal;
const now = () => new Date('2025-11-21T02:00:00.000Z');

let bench: SupabaseBench;
let client: StorageClient;
let dir: string;
beforeAll(async () => {
  bench = await startSupabaseBench();
  client = storageOf(bench.production);
});
afterAll(() => bench.stop());
beforeEach(async () => {
  dir = await mkdtemp(join(bench.dir, 'test-'));
});
afterEach(async () => {
  await bench.production.control.clearFaults();
  await bench.staging.control.clearFaults();
  await rm(dir, { recursive: true, force: true });
});

const fault = (path: string, what: Parameters<typeof bench.production.control.fault>[0]['do'], times?: number) =>
  bench.production.control.fault({ match: { path }, do: what, ...(times === undefined ? {} : { times }) });

async function all<T>(items: AsyncIterable<T>): Promise<T[]> {
  const found: T[] = [];
  for await (const item of items) found.push(item);
  return found;
}

async function manifest(name: string, buckets: readonly string[] = BUCKETS) {
  const file = join(dir, name);
  return { file, summary: await makeManifest(client, buckets, file, { signal, now }) };
}

/** Gives a late answer no more than a second. */
const reader = (kind: string) => (kind === 'stall' ? storageOf(bench.production, { timeout: 1_000 }) : client);
const keysOf = async (bucket: string) => (await all(listObjects(client, bucket, signal))).map(({ key }) => key);
const requests = async (path: RegExp) =>
  (await bench.production.control.log()).filter((one) => path.test(one.path)).length;

describe('the Storage client', () => {
  it('lists every object once, from nested folders and folders of more than one page', async () => {
    const keys = await keysOf('uploads');
    expect(keys).toHaveLength(OBJECTS.uploads);
    expect(new Set(keys).size).toBe(OBJECTS.uploads);
    expect(keys).toContain('customers/0/Ünterlagen & Fotos/plan #0 (100%).txt');
    expect(keys).toContain('imports/2025/row-01039.json');
  });

  it.each([10, 50, 100, 1_000])(
    'takes no page of %s for the last one when the server gives fewer than asked for',
    async (limit) => {
      await fault('/object/list/', { kind: 'short-pages', limit });
      expect(new Set(await keysOf('uploads')).size).toBe(OBJECTS.uploads);
    },
  );

  it('overlooks and doubles nothing when objects before the page are added and removed meanwhile', async () => {
    const seen: string[] = [];
    const early = Array.from({ length: 15 }, (_, n) => `imports/2025/aaa-${n}.json`);
    const control = bench.production.control;
    for (const step of ['put', 'remove'] as const) {
      seen.length = 0;
      for await (const { key } of listObjects(client, 'uploads', signal)) {
        seen.push(key);
        if (key !== 'imports/2025/row-00500.json') continue;
        if (step === 'put') await control.change({ kind: 'put', bucket: 'uploads', keys: early, text: 'new' });
        else await control.change({ kind: 'remove', bucket: 'uploads', keys: early });
      }
      expect(new Set(seen).size).toBe(seen.length);
      expect(seen.filter((key) => key.startsWith('imports/2025/row-'))).toHaveLength(1_040);
    }
  });

  it('gives up on a folder that changes faster than it can be listed', async () => {
    const rows = Array.from({ length: 1_040 }, (_, n) => `imports/2025/row-${String(n).padStart(5, '0')}.json`);
    const staging = storageOf(bench.staging);
    await recreateBuckets(
      staging,
      [{ name: 'busy', public: false, fileSizeLimit: null, allowedMimeTypes: null }],
      signal,
    );
    await bench.staging.control.change({ kind: 'put', bucket: 'busy', keys: rows, text: 'x' });
    const listing = async () => {
      for await (const { key } of listObjects(staging, 'busy', signal)) {
        if (key === rows[0])
          await bench.staging.control.change({ kind: 'remove', bucket: 'busy', keys: rows.slice(900, 1_010) });
      }
    };
    await expect(listing()).rejects.toThrow(
      'while listing busy/imports/2025/: it changes faster than it can be listed',
    );
  });

  it.each([
    ['500', { kind: 'answer', status: 500 }],
    ['429', { kind: 'answer', status: 429, headers: { 'retry-after': '0' } }],
    ['544', { kind: 'answer', status: 544 }],
    ['a connection that breaks', { kind: 'reset' }],
    ['half of the JSON', { kind: 'truncate' }],
    ['half of the bytes', { kind: 'truncate', cut: true }],
    ['an answer after the time limit', { kind: 'stall', ms: 2_000 }],
  ] as const)('reads again after %s', async (_what, what) => {
    await fault('/bucket$', what, 1);
    expect(await reader(what.kind).buckets(signal)).toHaveLength(3);
  });

  it.each([
    ['500', { kind: 'answer', status: 500 }, 'it answers with 500 (asked for by the sandbox)'],
    ['half of the JSON', { kind: 'truncate' }, 'its answer broke off'],
    ['broken connections', { kind: 'reset' }, 'the connection broke'],
    ['late answers', { kind: 'stall', ms: 2_000 }, 'it took too long'],
  ] as const)('gives up after three attempts with %s, and tells why', async (_what, what, why) => {
    const before = await requests(/\/bucket$/);
    await fault('/bucket$', what);
    await expect(reader(what.kind).buckets(signal)).rejects.toThrow(
      `did not answer in 3 attempts, the last time because ${why}`,
    );
    await expect.poll(() => requests(/\/bucket$/)).toBe(before + 3);
  });

  it('follows no redirect with the key', async () => {
    await fault('/bucket$', { kind: 'answer', status: 302, headers: { location: `${bench.staging.url}/stolen` } });
    await expect(client.buckets(signal)).rejects.toThrow(
      'it answers with 302 (asked for by the sandbox), a redirect that our key must not follow',
    );
    expect((await bench.staging.control.log()).filter(({ path }) => path === '/stolen')).toEqual([]);
  });

  it.each([
    ['another key', () => storageOf(bench.production, { key: new Secret('nonsense') }), '401 (Invalid API key)'],
    ["another project's key", () => storageOf({ ...bench.production, serviceKey: bench.staging.serviceKey }), '401'],
  ])('refuses with %s, and names the variable to check', async (_what, make, why) => {
    const refused = make().buckets(signal);
    await expect(refused).rejects.toMatchObject({
      name: 'Refusal',
      code: 'storage-unauthorized',
      why: expect.stringContaining(why),
    });
    await expect(refused).rejects.toThrow('Check FIELDSERVICE_KEY');
    await expect(refused).rejects.not.toThrow(/nonsense|eyJ/);
  });

  it('refuses when the project denies it', async () => {
    await fault('/object/list/', { kind: 'answer', status: 403 });
    await expect(keysOf('uploads')).rejects.toMatchObject({ name: 'Refusal', code: 'storage-unauthorized' });
    await bench.production.control.clearFaults();
    const body = { statusCode: '403', error: 'Unauthorized', message: 'Invalid Compact JWS' };
    await fault('/object/list/', { kind: 'answer', status: 400, body });
    await expect(keysOf('uploads')).rejects.toThrow('it answers with 403 (Invalid Compact JWS)');
  });

  it('asks nothing with a key that cannot be one, and does not show it', () => {
    const make = () => storageOf(bench.production, { key: new Secret('two\nlines') });
    expect(make).toThrow('FIELDSERVICE_KEY does not hold a key');
    expect(make).not.toThrow(/two|lines/);
  });

  it('stops when the work is aborted', async () => {
    await fault('/bucket$', { kind: 'stall', ms: 900 });
    await expect(client.buckets(AbortSignal.timeout(50))).rejects.toThrow('aborted');
  });
});

describe('a storage manifest', () => {
  it('holds each object with its key, size, type, date and etag, and a summary with counts and sizes', async () => {
    const { file, summary } = await manifest('m1');
    expect(Object.fromEntries(summary.buckets.map(({ name, objects }) => [name, objects]))).toEqual(OBJECTS);
    const entries = await all(entriesOf(file, signal));
    const bytes = entries
      .filter(({ bucket }) => bucket === 'invoices')
      .reduce((sum, entry) => sum + (entry.bytes ?? 0), 0);
    expect(summary.buckets.find(({ name }) => name === 'invoices')).toEqual({
      name: 'invoices',
      public: false,
      fileSizeLimit: 5_000_000,
      allowedMimeTypes: ['application/pdf'],
      objects: 24,
      bytes,
      unfinished: 0,
    });
    expect(entries.find(({ key }) => key === '2025/01/0.pdf')).toEqual({
      bucket: 'invoices',
      key: '2025/01/0.pdf',
      bytes: 14,
      contentType: 'application/pdf',
      updatedAt: '2025-09-01T09:00:00.000Z',
      etag: createHash('md5').update('2025/01/0.pdf\n').digest('hex'),
    });
    expect(summary.sha256).toBe(
      createHash('sha256')
        .update(await readFile(file))
        .digest('hex'),
    );
    expect(await readManifest(file)).toEqual(summary);
    expect((await stat(file)).mode & 0o777).toBe(0o600);
    expect((await readdir(dir)).toSorted()).toEqual(['m1', 'm1.json']);
  });

  it('says plainly that the objects are not in it', async () => {
    const { summary } = await manifest('m1');
    expect(manifestSays(summary, null)).toEqual([
      expect.stringMatching(/^Manifest of 3 buckets: 1,098 objects, \d+ kB, SHA-256 [0-9a-f]{12}…\.$/),
      'A manifest says which objects there were. It does not hold them and cannot bring them back, and neither can a backup of the database.',
    ]);
  });

  it('tells missing, empty and forgotten buckets, and does not skip them', async () => {
    const bucket = { name: 'empty', public: false, fileSizeLimit: null, allowedMimeTypes: null };
    await recreateBuckets(
      storageOf(bench.staging),
      [bucket, { ...bucket, name: 'forgotten' }, { ...bucket, name: 'busy' }],
      signal,
    );
    const summary = await makeManifest(storageOf(bench.staging), ['empty', 'gone'], join(dir, 'm'), { signal, now });
    expect(manifestChecks(summary).map(({ name, status, figure }) => `${status} ${name}: ${figure}`)).toEqual([
      'warn Bucket empty: empty',
      'fail Bucket gone: not there, or not to be seen with our key',
      'warn Buckets without a manifest: busy and forgotten',
    ]);
  });

  it('says of every bucket that it cannot be seen when the key sees none', async () => {
    const anon = storageOf({ url: bench.production.url, serviceKey: bench.production.anonKey });
    const summary = await makeManifest(anon, BUCKETS, join(dir, 'm'), { signal, now });
    expect(manifestChecks(summary).map(({ status }) => status)).toEqual(['fail', 'fail', 'fail']);
  });

  it('is not there at all when the listing fails', async () => {
    await fault('/object/list/maintenance', { kind: 'answer', status: 500 });
    await expect(manifest('m1')).rejects.toThrow('while listing maintenance/');
    expect(await readdir(dir)).toEqual([]);
  });

  it.each([
    [
      'a changed byte',
      async (file: string) => writeFile(file, (await readFile(file, 'utf8')).replace('row-00007', 'row-x0007')),
      'SHA-256',
    ],
    ['a missing end', async (file: string) => truncate(file, 5_000), 'SHA-256'],
    ['a damaged line', async (file: string) => writeFile(file, '{"bucket":1}\n'), 'a line of it is damaged'],
    ['no summary', async (file: string) => rm(`${file}.json`), 'reading the storage manifest'],
  ])('is not read to its end with %s', async (_what, damage, why) => {
    const { file } = await manifest('m1', ['uploads']);
    await damage(file);
    await expect(all(entriesOf(file, signal))).rejects.toThrow(why);
  });
});

describe('two storage manifests', () => {
  it('are the same when nothing has changed', async () => {
    const [a, b] = [await manifest('a'), await manifest('b')];
    const differences = await compareManifests(a.file, b.file, signal);
    expect(differenceSays(differences)).toEqual([
      'invoices: nothing changed.',
      'maintenance: nothing changed.',
      'uploads: nothing changed.',
    ]);
    expect(a.summary.sha256).toBe(b.summary.sha256);
  });

  it('show what was removed, added and changed', async () => {
    const a = await manifest('a');
    const control = bench.production.control;
    await control.change({ kind: 'remove', bucket: 'invoices', keys: ['2025/01/0.pdf'] });
    await control.change({ kind: 'put', bucket: 'uploads', keys: ['readme-0.txt', 'new.txt'], text: 'other content' });
    const b = await manifest('b', ['uploads', 'invoices']);
    const differences = await compareManifests(a.file, b.file, signal);
    expect(differences).toMatchObject([
      { bucket: 'invoices', added: 0, removed: 1, changed: 0, unchanged: 23, gone: ['2025/01/0.pdf'] },
      { bucket: 'maintenance', removed: 16 },
      { bucket: 'uploads', added: 1, removed: 0, changed: 1, unchanged: 1_057 },
    ]);
    expect(differenceSays(differences)[0]).toBe(
      'invoices: 0 objects added, 1 removed and 0 changed; gone: 2025/01/0.pdf.',
    );
    await control.change({ kind: 'remove', bucket: 'uploads', keys: ['new.txt'] });
  });
});

describe('a copy of the objects', () => {
  const copy = (file: string, more = {}) => copyObjects(client, file, join(dir, 'copy'), { signal, ...more });

  it('holds every byte, and is kept by the next run', async () => {
    const { file, summary } = await manifest('m', ['maintenance', 'invoices']);
    const first = await copy(file);
    expect(first).toMatchObject({
      copied: summary.buckets.reduce((sum, { objects }) => sum + objects, 0),
      kept: 0,
      failed: 0,
    });
    expect(await readFile(join(dir, 'copy/maintenance/jobs/3/before/photo.jpg'), 'utf8')).toBe(
      'jobs/3/before/photo.jpg\n'.repeat(4),
    );
    const before = await requests(/^\/storage\/v1\/object\/maintenance\//);
    expect(await copy(file)).toMatchObject({ copied: 0, kept: first.copied, bytes: first.bytes });
    expect(await requests(/^\/storage\/v1\/object\/maintenance\//)).toBe(before);
    expect(manifestSays(summary, first)[1]).toMatch(
      /^Copied \d+ objects, kept 0 that were copied before: \d+ \S+, each read again\.$/,
    );
  });

  it('goes on where it was interrupted, and mends what is not what the manifest says', async () => {
    const { file } = await manifest('m', ['maintenance']);
    const stop = new AbortController();
    const interrupted = copy(file, {
      signal: stop.signal,
      parallel: 1,
      onObjects: (n: number) => n === 5 && stop.abort(),
    });
    await expect(interrupted).rejects.toThrow('aborted');
    const photo = join(dir, 'copy/maintenance/jobs/9/before/photo.jpg');
    const { size, mtime } = await stat(photo);
    await writeFile(photo, 'x'.repeat(size));
    await utimes(photo, mtime, mtime);
    expect(await copy(file)).toMatchObject({ copied: 12, kept: 4, failed: 0 });
    expect(await readFile(photo, 'utf8')).toBe('jobs/9/before/photo.jpg\n'.repeat(3));
    const names = await readdir(join(dir, 'copy'), { recursive: true });
    expect(names.filter((name) => name.endsWith('%'))).toEqual([]);
  });

  it('tells what cannot be copied, and copies the others', async () => {
    const { file } = await manifest('m', ['invoices', 'uploads']);
    const control = bench.production.control;
    await control.change({ kind: 'lose-bytes', bucket: 'invoices', key: '2025/03/2.pdf' });
    await control.change({ kind: 'put', bucket: 'invoices', keys: ['2025/04/3.pdf'], text: 'changed' });
    await fault('/readme-1.txt$', { kind: 'truncate' });
    const { failed, failures, copied } = await copy(file);
    expect(failed).toBe(3);
    expect(copied).toBe(OBJECTS.uploads - 1 + 23 - 2);
    expect(failures.map(({ object, why }) => `${object}: ${why}`).toSorted()).toEqual([
      'invoices/2025/03/2.pdf: it is not there any more',
      expect.stringMatching(/^invoices\/2025\/04\/3\.pdf: 7 bytes instead of \d+: it was changed since/),
      expect.stringMatching(
        /^uploads\/readme-1\.txt: \d+ bytes instead of \d+: it was changed since the manifest was made, or did not arrive whole/,
      ),
    ]);
  });

  it('reads an object again when its connection breaks in the middle', async () => {
    const { file } = await manifest('m', ['maintenance']);
    await fault('/jobs/7/', { kind: 'truncate', cut: true }, 2);
    expect(await copy(file)).toMatchObject({ copied: 16, failed: 0 });
  });

  it('stops when the project does not answer any more', async () => {
    const { file } = await manifest('m', ['maintenance']);
    await fault('/object/maintenance/', { kind: 'answer', status: 503 });
    await expect(copy(file)).rejects.toThrow('did not answer in 3 attempts');
  });

  it('stops when the key is refused', async () => {
    const { file } = await manifest('m', ['maintenance']);
    const stranger = storageOf(bench.production, { key: new Secret('nonsense') });
    await expect(copyObjects(stranger, file, join(dir, 'copy'), { signal })).rejects.toMatchObject({ name: 'Refusal' });
  });

  it('copies what was uploaded in parts by its size and date', async () => {
    const { file } = await manifest('m', ['maintenance']);
    const lines = (await readFile(file, 'utf8')).replaceAll(
      /"etag":"[0-9a-f]{32}"/g,
      '"etag":"d41d8cd98f00b204e9800998ecf8427e-2"',
    );
    await writeFile(file, lines);
    const summary = await readManifest(file);
    await writeFile(
      `${file}.json`,
      JSON.stringify({ ...summary, sha256: createHash('sha256').update(lines).digest('hex') }),
    );
    expect(await copy(file)).toMatchObject({ copied: 16, kept: 0 });
    expect(await copy(file)).toMatchObject({ copied: 0, kept: 16 });
  });
});

describe('the path of a copy', () => {
  it.each([
    ['a/../../etc/passwd', 'a/%2E%2E/%2E%2E/etc/passwd'],
    ['/leading//double', '%/leading/%/double'],
    ['100%\\x\u0000.txt', '100%25%5cx%00.txt'],
    ['./x', '%2E/x'],
    ['Ünter #1 (a).txt', 'Ünter #1 (a).txt'],
  ])('of %j stays in its directory', (key, expected) => {
    expect(pathOf('/copies', { bucket: 'uploads', key } satisfies Pick<Entry, 'bucket' | 'key'>)).toBe(
      `/copies/uploads/${expected}`,
    );
  });
});

describe('the buckets of another project', () => {
  it('are made with their settings, read again, and left alone the second time', async () => {
    const { summary } = await manifest('m');
    const wanted = summary.buckets.map(({ name, public: isPublic, fileSizeLimit, allowedMimeTypes }) => ({
      name,
      public: isPublic,
      fileSizeLimit,
      allowedMimeTypes,
    }));
    const staging = storageOf(bench.staging);
    const first = await recreateBuckets(staging, wanted, signal);
    expect(first).toEqual({ made: ['invoices', 'maintenance', 'uploads'], kept: [], differing: [] });
    expect((await staging.buckets(signal)).filter(({ name }) => BUCKETS.includes(name))).toEqual(wanted);
    expect(bucketsSay(first)).toEqual([
      'Made the buckets invoices, maintenance and uploads, with their settings.',
      'They are empty, or hold what they held: no object is brought back by this.',
    ]);
    const second = await recreateBuckets(
      staging,
      wanted.map((bucket) => (bucket.name === 'uploads' ? { ...bucket, public: true } : bucket)),
      signal,
    );
    expect(second).toEqual({ made: [], kept: ['invoices', 'maintenance'], differing: ['uploads'] });
  });

  it('are found when the answer to making them was lost, and asked for only once', async () => {
    const bucket = { name: 'lost-reply', public: false, fileSizeLimit: null, allowedMimeTypes: null };
    await bench.staging.control.fault({ match: { method: 'POST', path: '/bucket$' }, do: { kind: 'lose-reply' } });
    expect(await recreateBuckets(storageOf(bench.staging), [bucket], signal)).toMatchObject({ made: ['lost-reply'] });
    const asked = (await bench.staging.control.log()).filter(
      ({ method, path, fault: struck }) => method === 'POST' && path.endsWith('/bucket') && struck !== null,
    );
    expect(asked).toHaveLength(1);
  });

  it('are missed when they cannot be found afterwards', async () => {
    const bucket = { name: 'never', public: false, fileSizeLimit: null, allowedMimeTypes: null };
    await bench.staging.control.fault({
      match: { method: 'POST', path: '/bucket$' },
      do: { kind: 'answer', status: 500 },
    });
    await expect(recreateBuckets(storageOf(bench.staging), [bucket], signal)).rejects.toThrow(
      /never cannot be found there afterwards \(never: it answers with 500/,
    );
  });
});
