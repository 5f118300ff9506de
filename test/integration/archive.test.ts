// Real dumps of a real database in every format, compression and encryption: whole, cut off, with a flipped bit, made by us.
import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { copyFile, cp, mkdtemp, readdir, readFile, rm, stat, symlink, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { gzipSync, zstdCompressSync } from 'node:zlib';
import { Encrypter, generateX25519Identity, identityToRecipient } from 'age-encryption';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Refusal } from '../../src/core/errors.ts';
import { Secret } from '../../src/core/secret.ts';
import type { ArchiveKeys } from '../../src/postgres/archive/archive.ts';
import { checksum } from '../../src/postgres/archive/checksum.ts';
import { openArchive } from '../../src/postgres/archive/open.ts';
import { type ReadOptions, readArchive } from '../../src/postgres/archive/read.ts';
import { type Ledger, PATH, startLedger } from './postgres-fixture.ts';

const run = promisify(execFile);
const PASSPHRASE = 'correct horse; battery "staple"';
const formats = { custom: 'c', tar: 't', plain: 'p' } as const;
const compressions = ['none', 'gzip', 'zstd'] as const;
const encryptions = ['none', 'age', 'gpg'] as const;

let db: Ledger;
let dir = '';
let workDir = '';
let keys: ArchiveKeys = {};
let ageIdentity = '';

beforeAll(async () => {
  db = await startLedger();
  dir = await mkdtemp(join(tmpdir(), 'holdfast-archive-'));
  workDir = await mkdtemp(join(dir, 'work-'));
  ageIdentity = await generateX25519Identity();
  keys = { ageIdentity: new Secret(`# made for a test\n${ageIdentity}\n`), passphrase: new Secret(PASSPHRASE) };
  for (const letter of Object.values(formats)) await dump(['-F', letter, '-f', join(dir, `bare.${letter}`)]);
});
afterAll(async () => {
  await db.stop();
  await rm(dir, { recursive: true, force: true });
});

const dump = (args: readonly string[]) => run(join(db.server.bin, 'pg_dump'), [...args, db.server.urlOf('ledger')]);
const read = (file: string, options: Partial<ReadOptions> = {}) =>
  readArchive(file, { path: PATH, workDir, keys, ...options });
const codeOf = async (reading: Promise<unknown>) => {
  const thrown: unknown = await reading.catch((error: unknown) => error);
  return thrown instanceof Refusal ? thrown.code : `not refused: ${String(thrown)}`;
};

async function encrypted(clear: Buffer, encryption: (typeof encryptions)[number]): Promise<Uint8Array> {
  if (encryption === 'none') return clear;
  if (encryption === 'gpg') return await gpg(clear);
  const encrypter = new Encrypter();
  encrypter.addRecipient(await identityToRecipient(ageIdentity));
  return await encrypter.encrypt(clear);
}

/** As in the runbook (P14), with the passphrase handed in. */
async function gpg(clear: Buffer): Promise<Buffer> {
  const home = await mkdtemp(join(tmpdir(), 'holdfast-gpg-'));
  await writeFile(join(home, 'clear'), clear);
  await writeFile(join(home, 'passphrase'), PASSPHRASE);
  const args = ['--batch', '--pinentry-mode', 'loopback', '--passphrase-file', join(home, 'passphrase')];
  const options = { env: { PATH, GNUPGHOME: home } };
  try {
    await run('gpg', [...args, '--symmetric', '--cipher-algo', 'AES256', '-o', 'out', 'clear'], {
      ...options,
      cwd: home,
    });
    return await readFile(join(home, 'out'));
  } finally {
    await run('gpgconf', ['--kill', 'all'], options);
    await rm(home, { recursive: true, force: true });
  }
}

/** The names tell the opposite of what is in the files: nobody may look at them. */
async function archive(
  format: keyof typeof formats,
  compression: (typeof compressions)[number],
  encryption: (typeof encryptions)[number],
): Promise<string> {
  const bare = await readFile(join(dir, `bare.${formats[format]}`));
  const packed = { none: () => bare, gzip: () => gzipSync(bare), zstd: () => zstdCompressSync(bare) }[compression]();
  const file = join(dir, `${format}-${compression}-${encryption}.xlsx`);
  await writeFile(file, await encrypted(packed, encryption));
  return file;
}

const matrix = (Object.keys(formats) as (keyof typeof formats)[]).flatMap((format) =>
  compressions.flatMap((compression) => encryptions.map((encryption) => ({ format, compression, encryption }))),
);
const contents = {
  'billing.invoices': 7,
  'public.accounts': 50,
  'public.entries': 4280,
  'public.schema_migrations': 2,
};

describe.each(matrix)('a $format dump, compression $compression, encryption $encryption', (kind) => {
  const { format, compression, encryption } = kind;
  let file = '';
  beforeAll(async () => {
    file = await archive(format, compression, encryption);
  });
  const changed = async (change: (bytes: Buffer) => Buffer) => {
    const other = join(dir, `changed-${randomBytes(4).toString('hex')}`);
    await writeFile(other, change(await readFile(file)));
    return other;
  };

  it('tells what it is and counts its rows', async () => {
    const { rows, ...archive } = await read(file).then(({ contents: all, ...rest }) => ({
      ...rest,
      rows: Object.fromEntries(Object.entries(all).map(([table, data]) => [table, data.rows])),
    }));
    expect(rows).toEqual(contents);
    expect([...archive.tables].sort()).toEqual(Object.keys(contents).sort());
    expect(archive).toMatchObject({ ...kind, ...(await checksum(file)), extensions: ['pg_trgm'] });
    expect(archive.serverVersion).toMatch(/^\d+\.\d+$/);
    if (format === 'plain') expect(archive.dumpedAt).toBeNull();
    else expect(archive.dumpedAt).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.000Z$/);
    expect(await readdir(workDir)).toEqual([]);
  });

  it('is refused when it is cut off anywhere', async () => {
    const { length } = await readFile(file);
    // A tar ends with two blocks of zeros, a plain dump with blank lines: without those nothing is missing.
    for (const at of [700, Math.floor(length / 2), length - (format === 'tar' ? 1025 : 30)]) {
      const cut = await changed((bytes) => bytes.subarray(0, at));
      expect([at, await codeOf(read(cut))]).toEqual([
        at,
        expect.stringMatching(/^(archive-truncated|archive-damaged|archive-key-wrong)$/),
      ]);
    }
  });

  it('is refused with any flipped bit by its recorded checksum, and mostly without one', async () => {
    const { sha256 } = await checksum(file);
    const { length } = await readFile(file);
    let unnoticed = 0;
    for (const part of [0.3, 0.99]) {
      const flipped = await changed((bytes) => {
        const at = Math.floor(length * part);
        bytes[at] = (bytes[at] ?? 0) ^ 0x10;
        return bytes;
      });
      expect(await codeOf(read(flipped, { recorded: sha256 }))).toBe('archive-checksum');
      if (!(await codeOf(read(flipped))).startsWith('archive-')) unnoticed += 1;
    }
    // Only bare data, or zstd without its checksum, can be changed without anybody noticing.
    const isGuarded = encryption !== 'none' || compression === 'gzip';
    if (isGuarded) expect(unnoticed).toBe(0);
    expect(await read(file, { recorded: sha256 })).toMatchObject({ sha256 });
  });

  it('opens in a form that can be loaded, and leaves nothing behind', async () => {
    const opened = await openArchive(file, await read(file), { path: PATH, workDir, keys });
    if (opened.is === 'sql') {
      for (const _time of [1, 2]) {
        const sql = Buffer.concat(await (await opened.sql()).toArray());
        expect(sql.equals(await readFile(join(dir, 'bare.p')))).toBe(true);
      }
      expect(await readdir(workDir)).toEqual([]);
    } else {
      const clear = await readFile(opened.file);
      expect(clear.equals(await readFile(join(dir, `bare.${formats[format]}`)))).toBe(true);
      expect(opened.parallel).toBe(format === 'custom');
      for (const name of await readdir(workDir)) expect((await stat(join(workDir, name))).mode & 0o777).toBe(0o600);
    }
    await opened.close();
    expect(await readdir(workDir)).toEqual([]);
    expect((await stat(file)).size).toBeGreaterThan(0);
  });
});

describe('a directory of pg_dump', () => {
  let directory = '';
  beforeAll(async () => {
    directory = join(dir, 'bare.d');
    await dump(['-F', 'd', '-f', directory]);
  });
  const changed = async (name: (names: string[]) => string | undefined, change: (file: string) => Promise<void>) => {
    const copy = join(dir, `copy-${randomBytes(4).toString('hex')}`);
    await cp(directory, copy, { recursive: true });
    const found = name((await readdir(copy)).sort());
    if (found === undefined) throw new Error('there is no such file');
    await change(join(copy, found));
    return copy;
  };

  it('is read like a file, and opened as it is', async () => {
    const archive = await read(directory);
    expect(archive).toMatchObject({ format: 'directory', compression: 'none', encryption: 'none' });
    expect(archive.contents['public.entries']?.rows).toBe(4280);
    const opened = await openArchive(directory, archive, { path: PATH, workDir });
    expect(opened).toMatchObject({ is: 'for-pg-restore', file: directory, parallel: true });
    await opened.close();
    expect(await readdir(directory)).toContain('toc.dat');
  });

  /** As people pack it, or as a store gives it. */
  const tarOf = async (...args: readonly string[]) => {
    const file = join(dir, `packed-${randomBytes(4).toString('hex')}.tar`);
    await run('tar', ['-cf', file, ...args]);
    return file;
  };

  it.each([
    ['by its store', async () => tarOf('-C', directory, 'toc.dat', ...(await others()))],
    ['in its folder', () => tarOf('-C', dir, 'bare.d')],
    ['from within', () => tarOf('-C', directory, '.')],
    ['in its folder and compressed', () => tarOf('-z', '-C', dir, 'bare.d')],
  ])('that was packed as a tar %s is read, and laid out to be loaded in parallel', async (_, packed) => {
    const file = await packed();
    const archive = await read(file);
    expect(archive).toMatchObject({ ...(await checksum(file)), format: 'directory', database: 'ledger' });
    expect(archive.contents['public.entries']?.rows).toBe(4280);
    const opened = await openArchive(file, archive, { path: PATH, workDir });
    if (opened.is !== 'for-pg-restore') throw new Error('it is for pg_restore');
    expect(opened.parallel).toBe(true);
    expect((await readdir(opened.file)).sort()).toEqual((await readdir(directory)).sort());
    const { stdout } = await run(join(db.server.bin, 'pg_restore'), ['--list', opened.file]);
    expect(stdout).toContain('TABLE DATA public entries');
    await opened.close();
    expect(await readdir(workDir)).toEqual([]);
  });
  const others = async () => (await readdir(directory)).filter((name) => name !== 'toc.dat').sort();

  it('that was packed is refused where it is cut off, lacks a file, or holds anything else', async () => {
    const whole = await tarOf('-C', dir, 'bare.d');
    const { size } = await stat(whole);
    for (const part of [0.3, 0.9]) {
      const cut = `${whole}.cut`;
      await copyFile(whole, cut);
      await truncate(cut, Math.floor(size * part));
      expect(await codeOf(read(cut))).toBe('archive-truncated');
    }
    const [first = ''] = await others();
    expect(await codeOf(read(await tarOf('-C', directory, `--exclude=${first}`, '.')))).toBe('archive-damaged');
    expect(await codeOf(read(await tarOf('-C', directory, '--exclude=toc.dat', '.')))).toBe('not-an-archive');
    const odd = join(dir, 'odd');
    await cp(directory, odd, { recursive: true });
    await writeFile(join(odd, 'evil.sh'), '#!/bin/sh\n');
    expect(await codeOf(read(await tarOf('-C', odd, '.')))).toBe('not-an-archive');
    await rm(join(odd, 'evil.sh'));
    await symlink('/etc/passwd', join(odd, '1.dat'));
    expect(await codeOf(read(await tarOf('-C', odd, '.')))).toBe('not-an-archive');
    const outside = await tarOf('-C', directory, '--transform=s,^toc,../../toc,', '-P', 'toc.dat');
    expect(await codeOf(read(outside))).toBe('not-an-archive');
    expect(await readdir(workDir)).toEqual([]);
  });

  it('that lacks a file is refused as damaged', async () => {
    const copy = await changed((names) => names.find((name) => name.endsWith('.gz')), rm);
    expect(await codeOf(read(copy))).toBe('archive-damaged');
  });

  it('with a file that is cut off is refused', async () => {
    const copy = await changed(
      (names) => names.find((name) => name.endsWith('.gz')),
      async (file) => truncate(file, Math.floor((await stat(file)).size / 2)),
    );
    expect(await codeOf(read(copy))).toMatch(/^archive-(damaged|truncated)$/);
  });

  it('with one file more than was recorded is refused', async () => {
    const { sha256 } = await read(directory);
    const copy = await changed(
      (names) => names[0],
      (file) => copyFile(file, `${file}.copy`),
    );
    expect(await codeOf(read(copy, { recorded: sha256 }))).toBe('archive-checksum');
  });
});

describe('an archive that nobody should restore', () => {
  const reasonOf = async (content: string | Buffer) => {
    const file = join(dir, `other-${randomBytes(4).toString('hex')}`);
    await writeFile(file, content);
    const thrown: unknown = await read(file).catch((error: unknown) => error);
    return thrown instanceof Refusal ? `${thrown.code}: ${thrown.why.split(': ').at(-1)}` : String(thrown);
  };

  it.each([
    ['nothing in gzip', gzipSync(''), 'not-an-archive: it is empty.'],
    ['a web page in zstd', zstdCompressSync('<html>'), 'not-an-archive: it is a web page.'],
    [
      'gzip in gzip',
      gzipSync(gzipSync('-- PostgreSQL database dump\n')),
      'not-an-archive: under one layer there is another, of gzip.',
    ],
    ['bzip2', Buffer.from('BZh91AY&SY'), 'not-an-archive: it is a bzip2 file.'],
    [
      'a cluster',
      gzipSync('--\n-- PostgreSQL database cluster dump\n--\n'),
      'not-an-archive: it is of a whole server (pg_dumpall).',
    ],
    ['random bytes', Buffer.alloc(4096, 0xee), 'not-an-archive: it does not begin like one.'],
  ])('is refused with the reason: %s', async (_what, content, why) => {
    expect(await reasonOf(content)).toBe(why);
  });

  it.each(['c', 't', 'p'])('is refused when it was cut off before it was compressed: pg_dump -F%s', async (letter) => {
    const bare = await readFile(join(dir, `bare.${letter}`));
    expect(await reasonOf(gzipSync(bare.subarray(0, bare.length / 2)))).toBe('archive-truncated: its end is missing.');
  });

  it('for want of a table or of a single row is refused as empty in every format', async () => {
    await db.query('create database hollow', 'postgres');
    const codes = async () => {
      const found: string[] = [];
      for (const letter of Object.values(formats)) {
        const file = join(dir, `hollow.${letter}`);
        await run(join(db.server.bin, 'pg_dump'), ['-F', letter, '-f', file, db.server.urlOf('hollow')]);
        found.push(await codeOf(read(file)));
      }
      return found;
    };
    expect(await codes()).toEqual(['archive-empty', 'archive-empty', 'archive-empty']);
    await db.query('create table people (id int); create table votes (id int)', 'hollow');
    expect(await codes()).toEqual(['archive-empty', 'archive-empty', 'archive-empty']);
    await db.query('insert into votes values (1)', 'hollow');
    expect(await codes()).toEqual(Array.from({ length: 3 }, () => expect.stringContaining('not refused')));
  });
});

describe('an encrypted archive', () => {
  it('for which there is no key, or another, is refused with that reason and no key in it', async () => {
    const other = new Secret(await generateX25519Identity());
    const wrong = { age: { ageIdentity: other }, gpg: { passphrase: new Secret('hunter2') } };
    for (const encryption of ['age', 'gpg'] as const) {
      const file = await archive('custom', 'none', encryption);
      expect(await codeOf(read(file, { keys: {} }))).toBe('archive-key-missing');
      expect(await codeOf(read(file, { keys: wrong[encryption] }))).toBe('archive-key-wrong');
    }
    expect(await readdir(workDir)).toEqual([]);
  });

  it('opens by a passphrase of age too', async () => {
    const encrypter = new Encrypter();
    encrypter.setPassphrase(PASSPHRASE);
    encrypter.setScryptWorkFactor(10);
    const file = join(dir, 'passphrase.age');
    await writeFile(file, await encrypter.encrypt(await readFile(join(dir, 'bare.p'))));
    expect(await read(file)).toMatchObject({ format: 'plain', encryption: 'age' });
    expect(await codeOf(read(file, { keys: { passphrase: new Secret('hunter2') } }))).toBe('archive-key-wrong');
  });

  it('made by Debian’s age is read', async () => {
    const file = join(dir, 'debian.age');
    await run('age', ['-r', await identityToRecipient(ageIdentity), '-o', file, join(dir, 'bare.c')]);
    expect(await read(file)).toMatchObject({ format: 'custom', encryption: 'age' });
  });
});

describe('an archive that is read or opened', () => {
  it('is let go at once when the work is aborted, and leaves nothing behind', async () => {
    const file = await archive('custom', 'gzip', 'gpg');
    const stop = new AbortController();
    const reading = read(file, { signal: stop.signal });
    setTimeout(() => stop.abort(new Error('the lease was lost')), 20);
    await expect(reading).rejects.toThrow('the lease was lost');
    expect(await readdir(workDir)).toEqual([]);
  });

  it('laid out for pg_restore has the positions in it that pg_dump could not note in a pipe', async () => {
    await db.query("create table files as select lo_from_bytea(0, decode(repeat('00ff', 3000), 'hex')) as file");
    const sought = join(dir, 'sought.dump');
    await dump(['-Fc', '-Z0', '-f', sought]);
    const piped = join(dir, 'piped.dump');
    const { stdout } = await run(join(db.server.bin, 'pg_dump'), ['-Fc', '-Z0', db.server.urlOf('ledger')], {
      encoding: 'buffer',
      maxBuffer: 10_000_000,
    });
    await writeFile(piped, gzipSync(stdout));
    const opened = await openArchive(piped, await read(piped), { path: PATH, workDir, keys });
    if (opened.is !== 'for-pg-restore') throw new Error('it is not for pg_restore');
    // The header tells when each was made; all the rest is the same.
    const withoutTime = async (file: string) => (await readFile(file)).fill(0, 16, 51);
    expect((await withoutTime(opened.file)).equals(await withoutTime(sought))).toBe(true);
    expect(stdout.fill(0, 16, 51).equals(await withoutTime(sought))).toBe(false);
    await opened.close();
    await db.query('select lo_unlink(file) from files; drop table files');
  });

  it.each(['custom', 'plain'] as const)('in several frames of zstd is read through all of them: %s', async (format) => {
    const bare = await readFile(join(dir, `bare.${formats[format]}`));
    const frames = [bare.subarray(0, 3000), bare.subarray(3000)].map((part) => zstdCompressSync(part));
    const file = join(dir, `frames-${format}.zst`);
    await writeFile(file, Buffer.concat(frames));
    const whole = await read(join(dir, `bare.${formats[format]}`));
    expect((await read(file)).contents).toEqual(whole.contents);
    await truncate(file, Buffer.concat(frames).length - 4);
    expect(await codeOf(read(file))).toBe('archive-truncated');
  });

  it('whose window needs more memory than there should be for it is refused with what to do', async () => {
    const file = join(dir, 'wide.zst');
    // Of unknown size, as from a pipe: a known one would make the window smaller.
    await run('sh', ['-c', 'zstd --long=31 -q -c < "$0" > "$1"', join(dir, 'bare.p'), file]);
    expect(await codeOf(read(file))).toBe('archive-window');
  });

  it('that cannot be laid out for pg_restore leaves nothing of it', async () => {
    const file = await archive('custom', 'zstd', 'none');
    const layers = await read(file);
    await truncate(file, Math.floor(layers.bytes / 2));
    await expect(openArchive(file, layers, { path: PATH, workDir, keys })).rejects.toThrow('is cut off');
    expect(await readdir(workDir)).toEqual([]);
  });
});
