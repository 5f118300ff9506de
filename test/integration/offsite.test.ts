// Backups go out of the house encrypted, survive breaks on their way, and are restored from there into a real PostgreSQL.
import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { chmod, mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { generateX25519Identity, identityToRecipient } from 'age-encryption';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { directoryStore } from '../../src/archives/directory-store.ts';
import { openStore } from '../../src/archives/open-store.ts';
import type { Run } from '../../src/core/action.ts';
import type { Backup, Copy } from '../../src/core/facts.ts';
import { Secret } from '../../src/core/secret.ts';
import { System } from '../../src/core/system.ts';
import { type CopyOptions, copyBackup } from '../../src/platforms/shared/backup-copy.ts';
import { archivesOf, offsiteOf, readOffsite } from '../../src/platforms/shared/places.ts';
import type { ArchiveKeys } from '../../src/postgres/archive/archive.ts';
import { makeArchive } from '../../src/postgres/archive/make.ts';
import { openArchive } from '../../src/postgres/archive/open.ts';
import { readArchive } from '../../src/postgres/archive/read.ts';
import { withDatabase } from '../../src/postgres/connect.ts';
import { withScratch } from '../../src/postgres/scratch.ts';
import { offsiteFindings } from '../../src/watch/offsite-findings.ts';
import { type S3Proxy, startS3Proxy } from '../support/s3-proxy.ts';
import { type S3Server, startS3 } from '../support/s3-server.ts';
import { type SshTestHost, startSshHost } from '../support/ssh-host.ts';
import { type Ledger, ledger, PATH, runOf, startLedger } from './postgres-fixture.ts';

const exec = promisify(execFile);
const { signal } = new AbortController();
const PASSPHRASE = 'correct horse battery staple';
const ROWS = `select md5(string_agg(e::text, ',' order by id)) as entries, count(*)::int as rows from entries e`;
/** More than two parts of an upload. */
const BLOB = 40_000_000;

let db: Ledger;
let s3: S3Server;
let proxy: S3Proxy;
let remote: SshTestHost;
let backups = '';
/** The key outside of the house, and the one of the house's own backups. */
let outside = { identity: '', recipient: '' };
let inside = { identity: '', recipient: '' };
beforeAll(async () => {
  [db, s3, remote] = await Promise.all([startLedger(), startS3(), startSshHost()]);
  proxy = await startS3Proxy(s3.endpoint);
  [outside, inside] = await Promise.all([newKey(), newKey()]);
  backups = join(db.dir, 'backups');
  await mkdir(backups);
}, 180_000);
afterAll(async () => {
  await Promise.all([db?.stop(), s3?.stop(), proxy?.stop(), remote?.sshd.end()]);
});

async function newKey() {
  const identity = await generateX25519Identity();
  return { identity, recipient: await identityToRecipient(identity) };
}

let workDir = '';
let place: object = {};
beforeEach(async () => {
  workDir = await mkdtemp(join(db.dir, 'work-'));
  await chmod(workDir, 0o711);
  await rm(backups, { recursive: true, force: true });
  await mkdir(backups);
});

const toBucket = () => ({
  place: {
    kind: 's3',
    bucket: s3.bucket,
    prefix: `run-${randomBytes(4).toString('hex')}/`,
    region: 'eu-central-1',
    endpoint: proxy.endpoint,
  },
  s3: { accessKeyIdFrom: 'KEY_ID', secretAccessKeyFrom: 'SECRET_KEY' },
});
const toHost = async () => {
  const path = await mkdtemp(join(db.dir, 'remote-'));
  return { place: { kind: 'ssh', address: remote.sshd.address, path } };
};
const toDirectory = async () => ({ place: { kind: 'directory', path: await mkdtemp(join(db.dir, 'out-')) } });

/** The ledger; `elsewhere` has as its archives what is the place out of the house of `production`. */
function systemWith(offsite: object): System {
  const [production] = Object.values(ledger.environments);
  const settings = {
    archives: { place: { kind: 'directory', path: backups } },
    offsite: { ...offsite, encryptTo: [outside.recipient] },
  };
  return System.parse({
    ...ledger,
    environments: {
      production: { ...production, settings },
      elsewhere: { ...production, settings: { archives: offsite } },
    },
  });
}

const opening = {
  path: PATH,
  secretOf: (variable: string) => new Secret(variable.includes('KEY') ? 'S3RVER' : ''),
};

function actionWith(keys: ArchiveKeys = {}, overrides: Partial<CopyOptions> = {}) {
  return copyBackup({
    ...opening,
    workDir,
    platform: {
      download: async (_system, _environment, id, file, how) => directoryStore(backups).fetch(id, file, how),
      archiveKeys: async () => keys,
    },
    now: () => new Date('2025-11-22T09:00:00.000Z'),
    pause: 10,
    tries: 3,
    ...overrides,
  });
}

/** A backup of the ledger by our own hand, as it lies in the house with its manifest. */
async function capture(name: string, encryptTo: readonly string[] = []): Promise<Backup> {
  const file = join(workDir, name);
  const made = await makeArchive(db.url, file, {
    ...{ path: PATH, purpose: 'test', kind: 'manual', workDir, timeoutSeconds: 60, signal, encryptTo },
  });
  await directoryStore(backups).put(file, name, made, { signal });
  await rm(file);
  return await backupCalled(name);
}

async function backupCalled(name: string): Promise<Backup> {
  const all = await archivesOf(opening, systemWith(place), 'production')?.list(signal);
  const found = all?.find(({ id }) => id === name);
  if (found === undefined) throw new Error(`there is no ${name}`);
  return found;
}

function copying(system: System, overrides: Partial<Run> = {}) {
  return runOf({ system, ...overrides });
}

async function copiesOf(system: System): Promise<readonly Copy[]> {
  return (await readOffsite(opening, system, 'production'))?.copies ?? [];
}

/** What the watch says of the place, so many hours from now. */
async function watched(system: System, hours = 0): Promise<string[]> {
  const offsite = await readOffsite(opening, system, 'production');
  return offsiteFindings(system, offsite, new Date(Date.now() + hours * 3_600_000)).findings.map(({ text }) => text);
}

/** Takes a backup of the environment `elsewhere` and restores it into a PostgreSQL that is thrown away. */
async function restoredElsewhere(system: System, keys: ArchiveKeys) {
  const archives = archivesOf(opening, system, 'elsewhere');
  const [newest] = (await archives?.list(signal)) ?? [];
  if (archives == null || newest === undefined) throw new Error('nothing is there');
  const file = join(workDir, 'from-outside');
  await archives.store.fetch(newest.id, file, { signal });
  const how = { path: PATH, workDir, keys, signal };
  const archive = await readArchive(file, { ...how, recorded: newest.sha256 });
  const opened = await openArchive(file, archive, how);
  try {
    return await withScratch({ dir: workDir, name: 'op-41', path: PATH, version: null, signal }, async (server) => {
      await server.load(opened, 'ledger');
      const asked = { readOnly: true, purpose: 'test', timeoutSeconds: 30 };
      return await withDatabase(server.connection('ledger'), asked, (query) => query(ROWS));
    });
  } finally {
    await opened.close();
  }
}

const KINDS: readonly (readonly [string, () => object | Promise<object>])[] = [
  ['a bucket', toBucket],
  ['a machine behind ssh', toHost],
  ['a directory', toDirectory],
];

describe.each(KINDS)('a copy in %s', (_kind, open) => {
  it('is encrypted to the public key alone, and is restored from there row by row', async () => {
    place = await open();
    const system = systemWith(place);
    const backup = await capture('ledger_1.dump.zst');
    const run = copying(system);
    const outcome = await actionWith().do({ from: { environment: 'production', backup } }, run);
    expect(outcome).toMatchObject({ is: 'done' });
    const [copy, ...others] = await copiesOf(system);
    expect(others).toEqual([]);
    expect(copy).toMatchObject({
      id: `${backup.startedAt.replaceAll(/[-:]|\.\d+/g, '')}_grayledger_production_ledger_1.dump.zst.age`,
      of: 'ledger_1.dump.zst',
      ofSha256: backup.sha256,
      kind: 'manual',
      state: 'finished',
      copiedAt: '2025-11-22T09:00:00.000Z',
    });
    expect(outcome.evidence.says.join('\n')).toContain(`Read back there: SHA-256 ${copy?.sha256?.slice(0, 12)}…`);
    expect(outcome.evidence.says.join('\n')).toMatch(/it was read to its end: 4,339 rows in \d tables/);
    expect(await readdir(workDir)).toEqual([]);
    const restored = await restoredElsewhere(system, { ageIdentity: new Secret(outside.identity) });
    expect(restored).toEqual(await db.query(ROWS));
    expect(restored).toMatchObject([{ rows: 4280 }]);
  });
});

describe('a copy', () => {
  beforeEach(async () => {
    place = await toDirectory();
  });
  it('that is missing, or old, is told, and one that is there and young is not', async () => {
    const system = systemWith(place);
    expect(await watched(system)).toEqual([expect.stringMatching(/^There is no copy out of the house, at /)]);
    await doing(await capture('ledger_9.dump.zst'));
    expect(await watched(system)).toEqual([]);
    expect(await watched(system, system.backups.offsiteMaxAgeHours + 1)).toEqual([
      expect.stringMatching(/^The newest copy out of the house is of ledger_9\.dump\.zst, begun /),
    ]);
  });

  it('that cannot be looked for is told as that, and says nothing of the copies', async () => {
    const { path } = (place as { place: { path: string } }).place;
    await rm(path, { recursive: true });
    await writeFile(path, 'no directory');
    const offsite = await readOffsite(opening, systemWith(place), 'production');
    expect(offsiteFindings(systemWith(place), offsite, new Date())).toMatchObject({
      kinds: [],
      findings: [{ kind: 'offsite', about: 'place', text: expect.stringMatching(/could not be read: /) }],
    });
  });

  const outDir = () => (place as { place: { path: string } }).place.path;
  const doing = (backup: Backup, keys?: ArchiveKeys, overrides?: Partial<Run>) =>
    actionWith(keys).do({ from: { environment: 'production', backup } }, copying(systemWith(place), overrides));

  it('of a backup that is encrypted in the house is made without its key, and needs both keys to be restored', async () => {
    const backup = await capture('ledger_2.dump.zst.age', [inside.recipient]);
    const outcome = await doing(backup);
    expect(outcome).toMatchObject({ is: 'done' });
    expect(outcome.evidence.says.join('\n')).toContain('both keys are needed');
    const system = systemWith(place);
    const one = restoredElsewhere(system, { ageIdentity: new Secret(outside.identity) });
    await expect(one).rejects.toMatchObject({ code: 'archive-key-wrong' });
    const both = new Secret(`${inside.identity}\n${outside.identity}`);
    await rm(join(workDir, 'from-outside'));
    expect(await restoredElsewhere(system, { ageIdentity: both })).toEqual(await db.query(ROWS));
  });

  it('of a backup of the daily job under a gpg passphrase is restored through both layers', async () => {
    await writeFile(join(backups, 'backup_1.sql.gz.gpg'), await gpg(await gzipped(await db.dump('plain.dump'))));
    await rm(join(backups, 'backup_1.sql.gz.gpg.manifest.json'), { force: true });
    await exec('touch', ['-d', '2025-11-20T02:00:00Z', join(backups, 'backup_1.sql.gz.gpg')]);
    const backup = await backupCalled('backup_1.sql.gz.gpg');
    const keys = { passphrase: new Secret(PASSPHRASE) };
    expect(await doing(backup, keys)).toMatchObject({ is: 'done' });
    const [copy] = await copiesOf(systemWith(place));
    expect(copy).toMatchObject({ kind: 'scheduled', startedAt: '2025-11-20T02:00:00.000Z' });
    const manifest = JSON.parse(await readFile(join(outDir(), `${copy?.id}.manifest.json`), 'utf8'));
    expect(manifest.tables).toMatchObject({ 'public.entries': 4280 });
    expect(manifest.serverVersion).toMatch(/^\d+\.\d+$/);
    const opened = { ...keys, ageIdentity: new Secret(outside.identity) };
    expect(await restoredElsewhere(systemWith(place), opened)).toEqual(await db.query(ROWS));
  });

  it('of a backup that is cut off is not made: nothing leaves the house, and nothing stays on the disk', async () => {
    const whole = await readFile(await db.dump('whole.dump'));
    await writeFile(join(backups, 'cut.dump'), whole.subarray(0, whole.length / 2));
    await exec('touch', ['-d', '2025-11-20T02:00:00Z', join(backups, 'cut.dump')]);
    const backup = await backupCalled('cut.dump');
    await expect(doing(backup)).rejects.toMatchObject({ code: 'archive-truncated' });
    expect(await readdir(outDir())).toEqual([]);
    expect(await readdir(workDir)).toEqual([]);
  });

  it('of a backup that is not what was recorded is not made', async () => {
    const backup = await capture('ledger_3.dump.zst');
    await expect(doing({ ...backup, sha256: 'f'.repeat(64) })).rejects.toMatchObject({ code: 'archive-checksum' });
    expect(await readdir(outDir())).toEqual([]);
  });

  it('that is there already is read back and not made again, and one that was damaged there is told', async () => {
    const backup = await capture('ledger_4.dump.zst');
    await doing(backup);
    const [copy] = await copiesOf(systemWith(place));
    const before = await stat(join(outDir(), copy?.id ?? ''));
    const again = await doing(backup, {}, { operation: 'op-42' });
    expect(again.evidence.says.join('\n')).toContain('as recorded');
    expect((await stat(join(outDir(), copy?.id ?? ''))).mtimeMs).toBe(before.mtimeMs);
    const bytes = await readFile(join(outDir(), copy?.id ?? ''));
    bytes[bytes.length - 1] = (bytes.at(-1) ?? 0) ^ 1;
    await writeFile(join(outDir(), copy?.id ?? ''), bytes);
    expect(await doing(backup)).toMatchObject({
      is: 'failed',
      why: expect.stringContaining('is not what its manifest says'),
    });
  });

  it('has happened when it is there and can be read back, and has not when only some of it arrived', async () => {
    const backup = await capture('ledger_5.dump.zst');
    const args = { from: { environment: 'production', backup } };
    const run = copying(systemWith(place));
    await writeFile(join(outDir(), '.x.age.0123456789abcdef.part'), 'some of it');
    expect(await actionWith().probe(args, run)).toEqual({ is: 'not_happened' });
    await actionWith().do(args, run);
    expect(await actionWith().probe(args, run)).toMatchObject({ is: 'happened', outcome: { is: 'done' } });
  });

  it('is refused where no place out of the house is named, before anything is fetched', async () => {
    const backup = await capture('ledger_6.dump.zst');
    const bare = System.parse({ ...systemWith(place), environments: ledger.environments });
    const outcome = await actionWith().do({ from: { environment: 'production', backup } }, copying(bare));
    expect(outcome).toMatchObject({
      is: 'failed',
      untouched: true,
      why: expect.stringContaining('No place out of the house'),
    });
  });

  it('is described with where it goes and to how many keys', () => {
    const backup = { id: 'a001' } as Backup;
    expect(actionWith().describe({ from: { environment: 'production', backup } }, systemWith(place))).toBe(
      `age --encrypt to 1 public key, then send to ${outDir()}`,
    );
  });

  it('is kept when its operation is taken back, and what was laid out here is removed', async () => {
    const backup = await capture('ledger_7.dump.zst');
    await doing(backup);
    await mkdir(join(workDir, 'op-41'));
    const { undo } = actionWith();
    if (!('run' in undo)) throw new Error('it cannot be taken back');
    await undo.run({ from: { environment: 'production', backup } }, null, copying(systemWith(place)));
    expect(await readdir(workDir)).toEqual([]);
    expect(await copiesOf(systemWith(place))).toHaveLength(1);
  });
});

describe('the place out of the house', () => {
  it('that is away is told and not thrown, and one that is not named is null', async () => {
    const system = systemWith({ place: { kind: 'directory', path: join(db.dir, 'unmounted') } });
    expect(await readOffsite(opening, system, 'production')).toMatchObject({
      name: join(db.dir, 'unmounted'),
      copies: [],
      problem: expect.stringContaining('ENOENT'),
    });
    expect(await readOffsite(opening, system, 'elsewhere')).toBeNull();
    expect(offsiteOf(opening, system, 'nowhere')).toBeNull();
  });
});

describe('on the way to a bucket', () => {
  /** What is encrypted in the house to a key that nobody has here: it does not shrink, and is not opened. */
  async function large(): Promise<Backup> {
    const file = join(backups, 'large.dump.age');
    await writeFile(file, Buffer.concat([Buffer.from('age-encryption.org/v1\n'), randomBytes(BLOB)]));
    await exec('touch', ['-d', '2025-11-20T02:00:00Z', file]);
    return await backupCalled('large.dump.age');
  }
  const parts = () => proxy.seen.filter((kind) => kind.startsWith('PUT part'));
  beforeEach(() => {
    place = toBucket();
    proxy.seen.length = 0;
  });

  it('a break is survived within the step: no part is sent twice that has arrived', async () => {
    const backup = await large();
    // The client itself tries three times; this break lasts longer.
    proxy.breakNext('PUT part 2', 'before', 4);
    const run = copying(systemWith(place));
    const outcome = await actionWith().do({ from: { environment: 'production', backup } }, run);
    expect(outcome).toMatchObject({ is: 'done' });
    expect(parts()).toEqual(['PUT part 1', ...Array(5).fill('PUT part 2'), 'PUT part 3']);
    expect(run.notes.some((note) => /goes on in/.test(note))).toBe(true);
  });

  it('the end of the process is survived by the operation: the next worker goes on with what has arrived', async () => {
    const backup = await large();
    const args = { from: { environment: 'production', backup } };
    const stop = new AbortController();
    const dying = copying(systemWith(place), {
      signal: stop.signal,
      progress: ({ note }) => {
        if (/^3\d MB of/.test(note)) stop.abort(new Error('killed'));
      },
    });
    await expect(actionWith().do(args, dying)).rejects.toThrow('killed');
    const sent = parts();
    expect(sent).toEqual(['PUT part 1', 'PUT part 2']);
    expect(await actionWith().probe(args, copying(systemWith(place)))).toEqual({ is: 'not_happened' });
    expect(await actionWith().do(args, copying(systemWith(place)))).toMatchObject({ is: 'done' });
    expect(parts()).toEqual([...sent, 'PUT part 3']);
    expect(await readdir(workDir)).toEqual([]);
  });

  it('what was laid out and has become another file is laid out anew', async () => {
    const backup = await capture('ledger_8.dump.zst');
    const args = { from: { environment: 'production', backup } };
    await mkdir(join(workDir, 'op-41'));
    const file = join(workDir, 'op-41', 'production-ledger_8_dump_zst.age');
    await writeFile(file, 'left by somebody');
    await writeFile(`${file}.json`, '{}');
    expect(await actionWith().do(args, copying(systemWith(place)))).toMatchObject({ is: 'done' });
    expect((await copiesOf(systemWith(place)))[0]?.bytes).toBeGreaterThan(10_000);
  });

  it('only the answer to the last request may be lost: the copy is found, read back, and counts', async () => {
    const backup = await capture('ledger_9.dump.zst');
    proxy.breakNext('POST complete', 'after', 3);
    const outcome = await actionWith().do({ from: { environment: 'production', backup } }, copying(systemWith(place)));
    expect(outcome).toMatchObject({ is: 'done' });
    expect(await copiesOf(systemWith(place))).toHaveLength(1);
  });

  it('a break without an end fails the step, says why, and has the bucket forget what has arrived', async () => {
    const backup = await capture('ledger_10.dump.zst');
    proxy.breakNext('PUT part', 'before', 1000);
    const doing = actionWith().do({ from: { environment: 'production', backup } }, copying(systemWith(place)));
    await expect(doing).rejects.toThrow(/^while sending .* to s3:/);
    expect(proxy.seen).toContain('DELETE upload');
    expect(await copiesOf(systemWith(place))).toEqual([]);
    expect(await readdir(workDir)).toEqual([]);
    proxy.breakNext('', 'before', 0);
  });

  it('a lost lease stops it before anything is sent', async () => {
    const backup = await capture('ledger_11.dump.zst');
    const run = copying(systemWith(place), { fence: () => Promise.reject(new Error('the lease is lost')) });
    await expect(actionWith().do({ from: { environment: 'production', backup } }, run)).rejects.toThrow(
      'the lease is lost',
    );
    expect(proxy.seen.filter((kind) => kind.startsWith('P'))).toEqual([]);
  });
});

it('a copy is a store like every other: a key that is missing for it is named', () => {
  const { place: bucket } = toBucket();
  expect(() => openStore({ place: bucket as never }, opening)).toThrow('No key for the bucket backups is named.');
});

async function gzipped(file: string): Promise<Buffer> {
  const { stdout } = await exec(join(db.server.bin, 'pg_restore'), ['--no-owner', '-f', '-', file], {
    maxBuffer: 50_000_000,
  });
  await writeFile(`${file}.sql`, stdout);
  await exec('gzip', ['-f', `${file}.sql`]);
  return await readFile(`${file}.sql.gz`);
}

/** As in the runbook (P14). */
async function gpg(clear: Buffer): Promise<Buffer> {
  const home = await mkdtemp(join(db.dir, 'gpg-'));
  await writeFile(join(home, 'clear'), clear);
  await writeFile(join(home, 'passphrase'), PASSPHRASE);
  const args = ['--batch', '--pinentry-mode', 'loopback', '--passphrase-file', join(home, 'passphrase')];
  const options = { env: { PATH, GNUPGHOME: home }, cwd: home };
  await exec('gpg', [...args, '--symmetric', '--cipher-algo', 'AES256', '-o', 'out', 'clear'], options);
  const out = await readFile(join(home, 'out'));
  await exec('gpgconf', ['--kill', 'all'], options);
  return out;
}
