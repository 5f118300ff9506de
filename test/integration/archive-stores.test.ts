// The three places where backups are kept, through one suite: a directory, a machine behind ssh, a bucket of S3.
import { createHash, randomBytes } from 'node:crypto';
import { mkdir, mkdtemp, readdir, readFile, rm, stat, symlink, truncate, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inspect } from 'node:util';
import { execa } from 'execa';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { freePort } from '../../sandbox/servers/free-port.ts';
import type { ArchiveStore, Notes } from '../../src/archives/archive-store.ts';
import { directoryStore } from '../../src/archives/directory-store.ts';
import { s3Store } from '../../src/archives/s3-store.ts';
import { sshStore } from '../../src/archives/ssh-store.ts';
import { Refusal } from '../../src/core/errors.ts';
import type { Manifest } from '../../src/core/manifest.ts';
import { Secret } from '../../src/core/secret.ts';
import { type Host, localHost } from '../../src/lib/host.ts';
import { startS3Proxy } from '../support/s3-proxy.ts';
import { type S3Server, startS3 } from '../support/s3-server.ts';
import { type SshTestHost, startSshHost } from '../support/ssh-host.ts';

const { signal } = new AbortController();
let dir = '';
let remote: SshTestHost;
let s3: S3Server;
beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'holdfast-stores-'));
  [remote, s3] = await Promise.all([startSshHost(), startS3()]);
});
afterAll(async () => {
  await Promise.all([remote.sshd.end(), s3.stop(), rm(dir, { recursive: true, force: true })]);
});

type Opened = {
  readonly store: ArchiveStore;
  /** Puts a file there as another program would, without a manifest. */
  lay(name: string, contents: string): Promise<void>;
  /** The same of files in a folder. */
  layFolder(folder: string, files: Readonly<Record<string, Buffer>>): Promise<void>;
  /** All names that are there, hidden ones too. */
  names(): Promise<string[]>;
};
type Kind = { readonly kind: string; open(): Promise<Opened> };

async function inDirectory(open: (path: string) => ArchiveStore): Promise<Opened> {
  const path = await mkdtemp(join(dir, 'store-'));
  return {
    store: open(path),
    lay: (name, contents) => writeFile(join(path, name), contents),
    async layFolder(folder, files) {
      await mkdir(join(path, folder));
      for (const [name, contents] of Object.entries(files)) await writeFile(join(path, folder, name), contents);
    },
    names: async () => (await readdir(path)).sort(),
  };
}

async function inBucket(): Promise<Opened> {
  const prefix = `run-${randomBytes(4).toString('hex')}/daily/`;
  const { bucket, endpoint, credentials, files } = s3;
  const client = s3Store({ bucket, prefix, region: 'eu-central-1', endpoint }, credentials);
  const path = join(files, prefix);
  await mkdir(path, { recursive: true });
  const lay = async (name: string, contents: string | Buffer) => {
    await writeFile(join(path, `${name}._S3rver_object`), contents);
    await writeFile(join(path, `${name}._S3rver_metadata.json`), '{}');
    const md5 = createHash('md5').update(contents).digest('hex');
    await writeFile(join(path, `${name}._S3rver_object.md5`), md5);
  };
  return {
    store: client,
    lay,
    async layFolder(folder, files) {
      await mkdir(join(path, folder));
      for (const [name, contents] of Object.entries(files)) await lay(`${folder}/${name}`, contents);
    },
    async names() {
      // The server removes a folder with its last object.
      const found = (await readdir(path).catch(() => [])).filter((name) => name.endsWith('._S3rver_object'));
      return found.map((name) => name.replace('._S3rver_object', '')).sort();
    },
  };
}

const kinds: readonly Kind[] = [
  { kind: 'a directory', open: () => inDirectory(directoryStore) },
  { kind: 'a machine behind ssh', open: () => inDirectory((path) => sshStore(remote.host, path)) },
  { kind: 'a bucket of S3', open: inBucket },
];

/** What a sending notes, as it survives the process. */
function notesInMemory(): Notes & { text: string | null } {
  const notes = {
    text: null as string | null,
    read: async () => notes.text,
    write: async (text: string) => {
      notes.text = text;
    },
  };
  return notes;
}

/** A file with a manifest that fits it. */
async function made(bytes = 30_000, kind: Manifest['kind'] = 'scheduled') {
  const file = join(dir, `made-${randomBytes(4).toString('hex')}`);
  const contents = randomBytes(bytes);
  await writeFile(file, contents);
  const manifest: Manifest = {
    version: 1,
    sha256: createHash('sha256').update(contents).digest('hex'),
    bytes,
    kind,
    database: 'provote',
    serverVersion: '15.18',
    moment: '2025-11-22T02:00:00.000Z',
    tables: { 'public.polls_poll': 42 },
  };
  return { file, contents, manifest };
}

describe.each(kinds)('$kind as a store', ({ open }) => {
  let opened: Opened;
  let store: ArchiveStore;
  beforeEach(async () => {
    opened = await open();
    store = opened.store;
  });
  const target = () => join(dir, `fetched-${randomBytes(4).toString('hex')}`);

  it('gives back byte for byte what was put into it, with its manifest', async () => {
    const { file, contents, manifest } = await made();
    await store.put(file, 'a.dump', manifest, { signal });
    const [listed, ...others] = await store.list(signal);
    expect(others).toEqual([]);
    expect(listed).toMatchObject({ name: 'a.dump', bytes: 30_000, manifest, problem: null });
    expect(Math.abs(Date.parse(listed?.modifiedAt ?? '') - Date.now())).toBeLessThan(60_000);
    const seen: number[] = [];
    const to = target();
    await store.fetch('a.dump', to, { signal, onBytes: (bytes) => seen.push(bytes) });
    expect((await readFile(to)).equals(contents)).toBe(true);
    expect((await stat(to)).mode & 0o777).toBe(0o600);
    expect(seen.at(-1)).toBe(30_000);
    expect(await opened.names()).toEqual(['a.dump', 'a.dump.manifest.json']);
  });

  it('gives a directory of pg_dump as a tar of its files, always the same, and removes what pg_dump wrote', async () => {
    const files = {
      '3001.dat.gz': randomBytes(700_000),
      '3002.dat.gz': randomBytes(512),
      'blobs_3003.toc': Buffer.alloc(0),
      'toc.dat': Buffer.from('PGDMP and so on'),
    };
    await opened.layFolder('nightly.d', files);
    await opened.layFolder('not-finished.d', { '3001.dat.gz': randomBytes(10) });
    const listed = await store.list(signal);
    expect(listed).toMatchObject([{ name: 'nightly.d', manifest: null, problem: null }]);
    const [to, again] = [target(), target()];
    await store.fetch('nightly.d', to, { signal });
    await store.fetch('nightly.d', again, { signal });
    expect((await stat(to)).size).toBe(listed[0]?.bytes);
    expect((await readFile(again)).equals(await readFile(to))).toBe(true);
    expect((await execa('tar', ['-tf', to])).stdout.split('\n')).toEqual([
      'toc.dat',
      '3001.dat.gz',
      '3002.dat.gz',
      'blobs_3003.toc',
    ]);
    for (const [name, contents] of Object.entries(files)) {
      const { stdout } = await execa('tar', ['-xOf', to, name], { encoding: 'buffer' });
      expect(contents.equals(stdout)).toBe(true);
    }
    expect(await store.sha256('nightly.d', { signal })).toBe(
      createHash('sha256')
        .update(await readFile(to))
        .digest('hex'),
    );
    await store.remove('nightly.d', { signal });
    await store.remove('nightly.d', { signal });
    expect(await store.list(signal)).toEqual([]);
  });

  it('carries a file of more than one part of an upload', async () => {
    const { file, contents, manifest } = await made(40_000_000);
    await store.put(file, 'large.dump', manifest, { signal });
    const to = target();
    await store.fetch('large.dump', to, { signal });
    expect((await readFile(to)).equals(contents)).toBe(true);
  });

  it('lists files of others too, and neither what still arrives nor what has no plain name', async () => {
    await opened.lay('backup_20251122_020000.sql.gz', 'hello');
    for (const name of ['b.sql.part', 'b.sql.tmp', '.hidden', 'two words.sql', '-rf', 'a\ttab']) {
      await opened.lay(name, 'x');
    }
    expect(await store.list(signal)).toMatchObject([
      { name: 'backup_20251122_020000.sql.gz', bytes: 5, manifest: null, problem: null },
    ]);
  });

  it('tells when a file and its manifest do not fit, or the manifest cannot be read', async () => {
    const { file, manifest } = await made();
    await store.put(file, 'a.dump', manifest, { signal });
    await opened.lay('a.dump', 'shorter');
    await opened.lay('b.dump', 'hello');
    await opened.lay('b.dump.manifest.json', '{ "version": 1');
    const problems = Object.fromEntries((await store.list(signal)).map(({ name, problem }) => [name, problem]));
    expect(problems).toEqual({
      'a.dump': 'it has 7 bytes, and 30000 when it was made',
      'b.dump': 'its manifest cannot be read',
    });
  });

  it('never overwrites a backup, and leaves nothing of the attempt', async () => {
    const [first, second] = [await made(), await made()];
    await store.put(first.file, 'a.dump', first.manifest, { signal });
    await expect(store.put(second.file, 'a.dump', second.manifest, { signal })).rejects.toThrow(
      'There is a backup named a.dump in',
    );
    const to = target();
    await store.fetch('a.dump', to, { signal });
    expect((await readFile(to)).equals(first.contents)).toBe(true);
    expect((await store.list(signal))[0]?.manifest).toEqual(first.manifest);
    expect(await opened.names()).toEqual(['a.dump', 'a.dump.manifest.json']);
  });

  it('never overwrites a file on this machine', async () => {
    const { file, manifest } = await made();
    await store.put(file, 'a.dump', manifest, { signal });
    const to = target();
    await writeFile(to, 'mine');
    await expect(store.fetch('a.dump', to, { signal })).rejects.toThrow(/^while fetching a\.dump from .*exist/);
    expect(await readFile(to, 'utf8')).toBe('mine');
  });

  it('takes nothing that is not what its manifest says', async () => {
    const { file, manifest } = await made();
    await truncate(file, 29_999);
    await expect(store.put(file, 'a.dump', manifest, { signal })).rejects.toThrow('read back, its SHA-256 is');
    expect(await store.list(signal)).toEqual([]);
    expect((await opened.names()).filter((name) => !name.endsWith('.manifest.json'))).toEqual([]);
  });

  it('can be given a name again whose manifest a crash has left alone', async () => {
    const { file, manifest } = await made();
    await opened.lay('a.dump.manifest.json', '{}');
    await store.put(file, 'a.dump', manifest, { signal });
    expect(await store.list(signal)).toMatchObject([{ name: 'a.dump', manifest, problem: null }]);
  });

  it('forgets a backup with its manifest, and does so twice', async () => {
    const { file, manifest } = await made();
    await store.put(file, 'a.dump', manifest, { signal });
    for (const _time of [1, 2]) {
      await store.remove('a.dump', { signal });
      expect(await opened.names()).toEqual([]);
    }
  });

  it.each(['../a.dump', '/etc/passwd', '-rf', '', '.a', 'a/b', 'a b', 'a\nb', 'a.dump.manifest.json', 'a.part'])(
    'refuses the name %j wherever one is given',
    async (name) => {
      const { file, manifest } = await made(10);
      const all = [
        store.fetch(name, target(), { signal }),
        store.put(file, name, manifest, { signal }),
        store.remove(name, { signal }),
      ];
      for (const one of await Promise.allSettled(all)) {
        expect(one).toMatchObject({ status: 'rejected', reason: { code: 'bad-archive-name' } });
      }
      expect(await opened.names()).toEqual([]);
    },
  );

  it('that does not have a file says so with its own name, and leaves nothing here', async () => {
    const to = target();
    await expect(store.fetch('nowhere.dump', to, { signal })).rejects.toThrow(
      `while fetching nowhere.dump from ${store.name}`,
    );
    await expect(stat(to)).rejects.toThrow('ENOENT');
  });

  it('stops at once when the work is aborted, and leaves nothing here or there', async () => {
    const { file, manifest } = await made(20_000_000);
    const stop = new AbortController();
    const putting = store.put(file, 'a.dump', manifest, { signal: stop.signal });
    setTimeout(() => stop.abort(new Error('the lease was lost')), 5);
    await expect(putting).rejects.toThrow('the lease was lost');
    expect((await opened.names()).filter((name) => name === 'a.dump')).toEqual([]);
    await store.put(file, 'b.dump', manifest, { signal });
    const to = target();
    const halt = new AbortController();
    const fetching = store.fetch('b.dump', to, { signal: halt.signal, onBytes: () => halt.abort(new Error('enough')) });
    await expect(fetching).rejects.toThrow('enough');
    await expect(stat(to)).rejects.toThrow('ENOENT');
  });
});

/** More than two parts of an upload, and more than one piece of a sending by ssh. */
const LARGE = 40_000_000;

describe.each(kinds)('sending to $kind', ({ open }) => {
  let opened: Opened;
  let store: ArchiveStore;
  beforeEach(async () => {
    opened = await open();
    store = opened.store;
  });

  /** Sends until more than `bytes` have arrived, and stops there as a process does that is ended. */
  async function sendUntil(bytes: number, file: string, manifest: Manifest, notes: Notes): Promise<void> {
    const stop = new AbortController();
    const onBytes = (arrived: number) => {
      if (arrived > bytes) stop.abort(new Error('the process stops'));
    };
    const sending = store.send(file, 'a.dump', manifest, { signal: stop.signal, notes, onBytes });
    await expect(sending).rejects.toThrow('the process stops');
  }

  async function sendAll(file: string, manifest: Manifest, notes: Notes): Promise<number[]> {
    const seen: number[] = [];
    await store.send(file, 'a.dump', manifest, { signal, notes, onBytes: (bytes) => seen.push(bytes) });
    return seen;
  }

  async function contentsThere(): Promise<Buffer> {
    const to = join(dir, `fetched-${randomBytes(4).toString('hex')}`);
    await store.fetch('a.dump', to, { signal });
    return await readFile(to);
  }

  it('puts a file there that is byte for byte the same, with its manifest, and leaves nothing beside it', async () => {
    const { file, contents, manifest } = await made();
    const notes = notesInMemory();
    expect((await sendAll(file, manifest, notes)).at(-1)).toBe(30_000);
    expect((await contentsThere()).equals(contents)).toBe(true);
    expect(await store.sha256('a.dump', { signal })).toBe(manifest.sha256);
    expect(await store.list(signal)).toMatchObject([{ name: 'a.dump', manifest, problem: null }]);
    expect(await opened.names()).toEqual(['a.dump', 'a.dump.manifest.json']);
  });

  it('goes on after a break where it had stopped, and nobody takes what has arrived so far for a backup', async () => {
    const { file, contents, manifest } = await made(LARGE);
    const notes = notesInMemory();
    await sendUntil(20_000_000, file, manifest, notes);
    expect(await store.list(signal)).toEqual([]);
    const [first = 0] = await sendAll(file, manifest, notes);
    expect(first).toBeGreaterThan(15_000_000);
    expect((await contentsThere()).equals(contents)).toBe(true);
    expect(await opened.names()).toEqual(['a.dump', 'a.dump.manifest.json']);
  });

  it('of another file begins anew: what has arrived of the first is not gone on with', async () => {
    const [one, other] = [await made(LARGE), await made(LARGE)];
    const notes = notesInMemory();
    await sendUntil(20_000_000, one.file, one.manifest, notes);
    const [first] = await sendAll(other.file, other.manifest, notes);
    expect(first).toBe(0);
    expect((await contentsThere()).equals(other.contents)).toBe(true);
    expect(await opened.names()).toEqual(['a.dump', 'a.dump.manifest.json']);
  });

  it('never overwrites a backup', async () => {
    const [one, other] = [await made(), await made()];
    await sendAll(one.file, one.manifest, notesInMemory());
    await expect(sendAll(other.file, other.manifest, notesInMemory())).rejects.toMatchObject({
      code: 'archive-exists',
    });
    expect((await contentsThere()).equals(one.contents)).toBe(true);
    expect((await store.list(signal))[0]?.manifest).toEqual(one.manifest);
  });

  it('takes nothing that is not what its manifest says, and can be begun anew after that', async () => {
    const { file, contents, manifest } = await made();
    const notes = notesInMemory();
    await writeFile(file, Buffer.concat([contents.subarray(1), Buffer.from('x')]));
    await expect(sendAll(file, manifest, notes)).rejects.toThrow('read back, its SHA-256 is');
    expect((await opened.names()).filter((name) => !name.endsWith('.manifest.json'))).toEqual([]);
    await writeFile(file, contents);
    await sendAll(file, manifest, notesInMemory());
    expect((await contentsThere()).equals(contents)).toBe(true);
  });

  it('leaves nothing when it is given up, and can be given up twice', async () => {
    const { file, manifest } = await made(LARGE);
    const notes = notesInMemory();
    await sendUntil(20_000_000, file, manifest, notes);
    // This server of S3 cannot forget an upload; that it is asked to is shown below.
    if (store.name.startsWith('s3:')) notes.text = null;
    for (const _time of [1, 2]) await store.abandon('a.dump', { signal, notes });
    expect(await opened.names()).toEqual([]);
  });
});

describe.each(kinds.slice(0, 2))('what has arrived in $kind', ({ open }) => {
  it.each([
    ['was changed', (left: Buffer) => Buffer.concat([Buffer.from([(left[0] ?? 0) ^ 1]), left.subarray(1)])],
    ['is longer than the file', () => randomBytes(100_000)],
  ])('is not gone on with when it %s', async (_what, changed) => {
    const { store, names, lay, at } = await openedAt(open);
    const { file, contents, manifest } = await made(50_000);
    const part = `.a.dump.${manifest.sha256.slice(0, 16)}.part`;
    await lay(part, '');
    await writeFile(at(part), changed(contents.subarray(0, 20_000)));
    const seen: number[] = [];
    await store.send(file, 'a.dump', manifest, {
      signal,
      notes: notesInMemory(),
      onBytes: (bytes) => seen.push(bytes),
    });
    expect(seen[0]).toBe(0);
    const to = join(dir, `fetched-${randomBytes(4).toString('hex')}`);
    await store.fetch('a.dump', to, { signal });
    expect((await readFile(to)).equals(contents)).toBe(true);
    expect(await names()).toEqual(['a.dump', 'a.dump.manifest.json']);
  });
});

/** A store whose files can be reached past it. */
async function openedAt(open: Kind['open']): Promise<Opened & { at(name: string): string }> {
  const opened = await open();
  const path = opened.store.name.replace(/^[^/]*:/, '');
  return { ...opened, at: (name) => join(path, name) };
}

describe.each(kinds.slice(0, 2))('two that send to one name of $kind at the same time', ({ open }) => {
  it.each([1, 2, 3])('leave the file of one, with its own manifest: time %i', async () => {
    const { store, names } = await open();
    const both = await Promise.all([made(), made()]);
    const sent = await Promise.allSettled(
      both.map(({ file, manifest }) => store.send(file, 'a.dump', manifest, { signal, notes: notesInMemory() })),
    );
    expect(sent.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    const { manifest } = both[sent[0]?.status === 'fulfilled' ? 0 : 1] ?? {};
    expect(await store.list(signal)).toMatchObject([{ name: 'a.dump', manifest, problem: null }]);
    expect(await store.sha256('a.dump', { signal })).toBe(manifest?.sha256);
    expect(await names()).toEqual(expect.arrayContaining(['a.dump', 'a.dump.manifest.json']));
  });
});

describe('sending to a machine without sha256sum', () => {
  it('reads back what lies there from here', async () => {
    const path = await mkdtemp(join(dir, 'store-'));
    const bare: Host = {
      name: 'bare',
      run: async (program, args, options) => {
        if (program === 'sha256sum')
          throw new Refusal('host-program-missing', 'sha256sum is not installed.', 'Install it.');
        return await remote.host.run(program, args, options);
      },
    };
    const { file, contents, manifest } = await made();
    await sshStore(bare, path).send(file, 'a.dump', manifest, { signal, notes: notesInMemory() });
    expect((await readFile(join(path, 'a.dump'))).equals(contents)).toBe(true);
    await writeFile(file, randomBytes(30_000));
    const sending = sshStore(bare, path).send(file, 'b.dump', manifest, { signal, notes: notesInMemory() });
    await expect(sending).rejects.toThrow('read back, its SHA-256 is');
  });
});

describe('sending to a bucket', () => {
  async function behindProxy() {
    const proxy = await startS3Proxy(s3.endpoint);
    const prefix = `run-${randomBytes(4).toString('hex')}/`;
    const { bucket, credentials } = s3;
    return { proxy, store: s3Store({ bucket, prefix, region: 'eu-central-1', endpoint: proxy.endpoint }, credentials) };
  }
  const partsIn = (seen: readonly string[]) => seen.filter((kind) => kind.startsWith('PUT part'));

  it('touches nothing of another sending that was at the same name and quicker', async () => {
    const { store } = await inBucket();
    const [quick, slow] = [await made(), await made()];
    const notes = notesInMemory();
    const { write } = notes;
    let isFirst = true;
    notes.write = async (text) => {
      if (isFirst) {
        isFirst = false;
        await store.send(quick.file, 'a.dump', quick.manifest, { signal, notes: notesInMemory() });
      }
      await write(text);
    };
    await expect(store.send(slow.file, 'a.dump', slow.manifest, { signal, notes })).rejects.toThrow(Refusal);
    expect(await store.list(signal)).toMatchObject([{ manifest: quick.manifest, problem: null }]);
    expect(await store.sha256('a.dump', { signal })).toBe(quick.manifest.sha256);
  });

  it('sends no part twice that has arrived', async () => {
    const { proxy, store } = await behindProxy();
    const { file, manifest } = await made(LARGE);
    const notes = notesInMemory();
    proxy.breakNext('PUT part 3', 'before', 3);
    await expect(store.send(file, 'a.dump', manifest, { signal, notes })).rejects.toThrow(
      /^while sending a\.dump to s3:/,
    );
    proxy.seen.length = 0;
    await store.send(file, 'a.dump', manifest, { signal, notes });
    expect(partsIn(proxy.seen)).toEqual(['PUT part 3']);
    expect(proxy.seen).not.toContain('POST begin');
    expect(await store.sha256('a.dump', { signal })).toBe(manifest.sha256);
    await proxy.stop();
  });

  it('has the bucket forget what has arrived when it is given up, and begins anew when the bucket has', async () => {
    const { proxy, store } = await behindProxy();
    const { file, manifest } = await made(LARGE);
    const notes = notesInMemory();
    proxy.breakNext('PUT part 2', 'before', 3);
    await expect(store.send(file, 'a.dump', manifest, { signal, notes })).rejects.toThrow();
    const { text } = notes;
    for (const _time of [1, 2]) {
      await store.abandon('a.dump', { signal, notes });
      notes.text = text;
    }
    expect(proxy.seen.filter((kind) => kind === 'DELETE upload')).toHaveLength(2);
    proxy.seen.length = 0;
    await store.send(file, 'a.dump', manifest, { signal, notes });
    expect(proxy.seen.filter((kind) => kind === 'POST begin')).toHaveLength(1);
    expect(partsIn(proxy.seen)).toEqual(['PUT part 2', 'PUT part 1', 'PUT part 2', 'PUT part 3']);
    expect(await store.sha256('a.dump', { signal })).toBe(manifest.sha256);
    await proxy.stop();
  });

  it('says that it is there already when only the answer to its last request was lost', async () => {
    const { proxy, store } = await behindProxy();
    const { file, manifest } = await made();
    const notes = notesInMemory();
    proxy.breakNext('POST complete', 'after', 3);
    await expect(store.send(file, 'a.dump', manifest, { signal, notes })).rejects.toThrow();
    await expect(store.send(file, 'a.dump', manifest, { signal, notes })).rejects.toMatchObject({
      code: 'archive-exists',
    });
    expect(await store.list(signal)).toMatchObject([{ name: 'a.dump', manifest, problem: null }]);
    await proxy.stop();
  });
});

describe('a store that does not answer', () => {
  it('as a directory that is gone is a Fault that names it', async () => {
    await expect(directoryStore(join(dir, 'gone')).list(signal)).rejects.toThrow(
      `while listing the backups in ${join(dir, 'gone')}: ENOENT`,
    );
  });

  it('as a directory of another machine that is gone is a Fault that names it', async () => {
    const store = sshStore(localHost({ path: '/usr/bin:/bin' }), join(dir, 'gone'));
    await expect(store.list(signal)).rejects.toThrow(
      /^while listing the backups in this machine:.*\/gone: .*find: '.*\/gone': No such file/,
    );
  });

  it('as a machine that is switched off is a refusal that names it', async () => {
    const other = await startSshHost();
    await other.sshd.stop();
    const thrown: unknown = await sshStore(other.host, dir)
      .list(signal)
      .catch((error: unknown) => error);
    await other.sshd.end();
    expect(thrown).toBeInstanceOf(Refusal);
    expect(String(thrown)).toContain('127.0.0.1 cannot be reached by ssh');
  });

  it('as a server of S3 that is down is a Fault that names it', async () => {
    const endpoint = `http://127.0.0.1:${await freePort()}`;
    const store = s3Store({ bucket: 'backups', prefix: '', region: 'eu-central-1', endpoint }, s3.credentials);
    await expect(store.list(signal)).rejects.toThrow(/^while listing the backups in s3:\/\/backups\/: .*ECONNREFUSED/);
  });

  it('as a server of S3 that refuses the key is a Fault without the key', async () => {
    const credentials = { accessKeyId: new Secret('AKIAHUNTER'), secretAccessKey: new Secret('hunter2') };
    const { bucket, endpoint } = s3;
    const store = s3Store({ bucket, prefix: '', region: 'eu-central-1', endpoint }, credentials);
    const thrown: unknown = await store.list(signal).catch((error: unknown) => error);
    expect(String(thrown)).toMatch(
      /^Fault: while listing the backups in s3:\/\/backups\/: InvalidAccessKeyId: The AWS Access Key Id/,
    );
    expect(inspect(thrown, { depth: 9 })).not.toMatch(/hunter/i);
  });
});

describe('a machine behind ssh as a store', () => {
  it('gives and removes a directory of pg_dump with more files than a command line has room for', async () => {
    const path = await mkdtemp(join(dir, 'many-'));
    const folder = join(path, 'nightly.d');
    await mkdir(folder);
    const names = ['toc.dat', ...Array.from({ length: 12_000 }, (_, n) => `${100_000 + n}.dat.gz`)];
    for (const name of names) await writeFile(join(folder, name), '');
    const store = sshStore(remote.host, path);
    const to = join(dir, `fetched-${randomBytes(4).toString('hex')}`);
    await store.fetch('nightly.d', to, { signal });
    expect((await execa('tar', ['-tf', to])).stdout.split('\n')).toEqual(names);
    expect(await store.sha256('nightly.d', { signal })).toHaveLength(64);
    await store.remove('nightly.d', { signal });
    expect(await readdir(path)).toEqual([]);
  });
});

describe('a directory as a store', () => {
  it('lists newest first, and follows no link', async () => {
    const path = await mkdtemp(join(dir, 'links-'));
    for (const [name, seconds] of [
      ['old.sql', 1_700_000_200],
      ['older.sql', 1_700_000_100],
      ['new.sql', 1_700_000_300],
    ] as const) {
      await writeFile(join(path, name), 'x');
      await utimes(join(path, name), seconds, seconds);
    }
    await symlink(join(path, 'new.sql'), join(path, 'latest.sql'));
    await mkdir(join(path, 'folder'));
    await mkdir(join(path, 'kept'));
    await writeFile(join(path, 'kept', 'toc.dat'), 'x');
    await symlink(join(path, 'kept'), join(path, 'latest'));
    const store = directoryStore(path);
    const names = (await store.list(signal)).map(({ name }) => name);
    expect(names).toEqual(['kept', 'new.sql', 'old.sql', 'older.sql']);
    await writeFile(join(path, 'kept', 'README'), 'somebody else’s');
    await expect(store.remove('kept', { signal })).rejects.toThrow(/^while removing kept from .*: ENOTEMPTY/);
    expect(await readdir(join(path, 'kept'))).toEqual(['README']);
  });
});
