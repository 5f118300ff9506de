// The pgBackRest of the sandbox's host: a repository in a directory, a stanza, and a first full backup.
import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { postgresUser } from '../servers/postgres-binaries.ts';
import { giveTo } from '../servers/working-directory.ts';

const run = promisify(execFile);

export type PgBackRest = {
  readonly stanza: 'financial-planning';
  readonly config: string;
  /** postgresql.conf settings with which the server archives into it. */
  readonly settings: Record<string, string>;
  prepare(): Promise<void>;
  backup(type: 'full' | 'diff' | 'incr'): Promise<void>;
};

const STANZA = 'financial-planning';

/** Writes its configuration; `data` and `sockets` are those of a server that need not run yet. */
export async function makePgBackRest(
  dir: string,
  server: { data: string; sockets: string; port: number },
): Promise<PgBackRest> {
  const program = '/usr/bin/pgbackrest';
  if (!existsSync(program))
    throw new Error('pgBackRest is not installed. Install it with: sudo apt-get install -y pgbackrest');
  const user = await postgresUser();
  const home = join(dir, 'pgbackrest');
  const config = join(home, 'pgbackrest.conf');
  for (const part of ['repository', 'log', 'lock', 'spool']) await mkdir(join(home, part), { recursive: true });
  const lines = [
    '[global]',
    `repo1-path=${home}/repository`,
    `log-path=${home}/log`,
    `lock-path=${home}/lock`,
    `spool-path=${home}/spool`,
    'repo1-retention-full=4',
    'process-max=2',
    'compress-type=lz4',
    'start-fast=y',
    `[${STANZA}]`,
    `pg1-path=${server.data}`,
    `pg1-port=${server.port}`,
    `pg1-socket-path=${server.sockets}`,
    'pg1-user=postgres',
  ];
  await writeFile(config, `${lines.join('\n')}\n`);
  if (user !== undefined) await giveTo(user, home);
  const options = { cwd: '/', env: { PATH: '/usr/bin:/bin', LC_ALL: 'C', TZ: 'UTC' }, ...user };
  const call = async (...args: string[]) => {
    await run(program, [`--config=${config}`, `--stanza=${STANZA}`, ...args], options);
  };
  return {
    stanza: STANZA,
    config,
    settings: {
      archive_mode: 'on',
      archive_command: `${program} --config=${config} --stanza=${STANZA} archive-push "%p"`,
      archive_timeout: '60',
      wal_level: 'replica',
      max_wal_senders: '3',
    },
    async prepare() {
      await call('stanza-create');
      await call('--type=full', 'backup');
    },
    backup: (type) => call(`--type=${type}`, 'backup'),
  };
}
