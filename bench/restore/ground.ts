// What one size of the data is measured on: servers with the bank in them, backups of it, and a candidate that is kept warm.
import { chmod, mkdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { type PostgresServer, startPostgres } from '../../sandbox/servers/postgres.ts';
import { exec } from '../../src/lib/exec.ts';
import { CUSTOMERS_PER_MB, dataOf } from './bank.ts';
import { type Holdfast, startHoldfast } from './holdfast.ts';
import type { Done } from './jobs.ts';
import { ask, maskedTruthOf, type Truth, truthOf } from './truth.ts';

export const LIVE = 'bank';
/** Loaded and checked before anybody asks. */
export const WARM = 'bank_warm';
/** Where the runbooks restore to when they must not touch the live database. */
export const BESIDE = 'bank_beside';

// Stands for production: everything that is committed is on disk.
const ORDINARY = {
  fsync: 'on',
  full_page_writes: 'on',
  wal_level: 'replica',
  shared_buffers: '512MB',
  max_wal_size: '1GB',
  max_connections: '100',
};

export type Backup = { readonly file: string; readonly sha256: string | null };

export type Ground = {
  readonly megabytes: number;
  /** Of the server: "15.18" */
  readonly version: string;
  readonly customers: number;
  readonly dir: string;
  readonly path: string;
  readonly signal: AbortSignal;
  readonly server: PostgresServer;
  /** Never sees anything but masked data. */
  readonly staging: PostgresServer;
  readonly holdfast: Holdfast;
  /** `pg_dump -Fc`, `pg_dump | gzip`, and what Holdfast makes. */
  readonly backups: { readonly custom: Backup; readonly plain: Backup; readonly ours: Backup };
  readonly truth: { readonly clear: Truth; readonly masked: Truth };
  /** Of Holdfast’s process before it did anything, and while it made the backup. */
  readonly peaks: Done['peaks'];
  /** Sizes in bytes, for the reader. */
  readonly bytes: Readonly<Record<'plain SQL' | 'database' | 'custom' | 'sql.gz' | 'ours', number>>;
  /** Runs a line of bash; `$1` … are the arguments. Returns the seconds. Throws when any program of it fails. */
  shell(script: string, args?: readonly string[]): Promise<number>;
  /** Everything written is on disk and vacuumed, so that nobody pays for the one before. */
  settle(): Promise<void>;
};

type Options = {
  readonly megabytes: number;
  readonly dir: string;
  readonly path: string;
  readonly signal: AbortSignal;
};

/** Ends its servers and removes all files when `use` returns or throws. */
export async function withGround<T>(options: Options, use: (ground: Ground) => Promise<T>): Promise<T> {
  const dir = join(options.dir, `${options.megabytes}mb`);
  await mkdir(dir);
  // PostgreSQL runs as another user, who must be able to pass.
  await chmod(dir, 0o711);
  const stops: (() => Promise<void>)[] = [];
  try {
    const server = await startPostgres({ dir: join(dir, 'live'), settings: ORDINARY });
    stops.push(() => server.stop());
    const staging = await startPostgres({ dir: join(dir, 'staging'), settings: ORDINARY });
    stops.push(() => staging.stop());
    const holdfast = startHoldfast(dir);
    stops.push(() => holdfast.stop());
    return await use(await prepared({ ...options, dir, server, staging, holdfast }));
  } finally {
    for (const stop of stops.reverse()) await stop();
    await rm(dir, { recursive: true, force: true, maxRetries: 5 });
  }
}

type Running = Options & Pick<Ground, 'server' | 'staging' | 'holdfast'>;

async function prepared(running: Running): Promise<Ground> {
  const { megabytes, dir, server, staging, holdfast } = running;
  const shell = shellOf(running);
  const files = { custom: join(dir, 'custom.dump'), plain: join(dir, 'plain.sql.gz'), ours: join(dir, 'ours.dump') };
  const live = server.urlOf(LIVE);
  for (const { url } of [server, staging]) await ask(url, `create database ${LIVE}`);
  await ask(live, ...dataOf(megabytes));
  await shell('pg_dump -Fc -f "$1" "$2"', [files.custom, live]);
  await shell('pg_dump "$2" | tee >(wc -c >"$3") | gzip >"$1"', [files.plain, live, join(dir, 'plain.bytes')]);
  const idle = await holdfast.run({ part: 'idle' });
  const made = await holdfast.run({ part: 'make', server: live, file: files.ours });
  const ours = { file: files.ours, sha256: made.sha256 ?? null };
  await holdfast.run({ part: 'candidate', server: live, live: LIVE, name: WARM, ...ours, url: null });
  await ask(server.url, `create database ${BESIDE} template ${LIVE} strategy file_copy`);
  const [facts] = await ask(
    live,
    `select current_setting('server_version') as version, pg_database_size(current_database())::float8 as bytes`,
  );
  const { version, bytes } = facts ?? {};
  const { stdout } = await exec('cat', [join(dir, 'plain.bytes')], { env: { PATH: running.path } });
  return {
    ...running,
    version: String(version).split(' ')[0] ?? '',
    customers: Math.round(CUSTOMERS_PER_MB * megabytes),
    shell,
    backups: { custom: { file: files.custom, sha256: null }, plain: { file: files.plain, sha256: null }, ours },
    truth: { clear: await truthOf(live, { masked: false }), masked: await maskedTruthOf(live) },
    peaks: { ...idle.peaks, ...made.peaks },
    bytes: {
      'plain SQL': Number(stdout),
      database: Number(bytes),
      custom: (await stat(files.custom)).size,
      'sql.gz': (await stat(files.plain)).size,
      ours: (await stat(files.ours)).size,
    },
    async settle() {
      for (const one of [server, staging]) {
        for (const name of await databasesOn(one)) await ask(one.urlOf(name), 'vacuum (analyze)');
        await ask(one.url, 'checkpoint');
      }
    },
  };
}

async function databasesOn({ url }: PostgresServer): Promise<string[]> {
  const rows = await ask(url, 'select datname from pg_database where datallowconn and not datistemplate');
  return rows.map(({ datname }) => String(datname));
}

function shellOf({ server, path, dir, signal }: Running): Ground['shell'] {
  return async (script, args = []) => {
    const began = performance.now();
    const env = { PATH: `${server.bin}:${path}`, LC_ALL: 'C', TZ: 'UTC' };
    const ran = await exec('bash', ['-c', `set -eo pipefail; ${script}`, 'bash', ...args], { env, cwd: dir, signal });
    signal.throwIfAborted();
    if (ran.code !== 0) throw new Error(`${script}: ${ran.stderr.trim().split('\n').at(-1)}`);
    return (performance.now() - began) / 1000;
  };
}
