// Prepares a PostgreSQL data directory for a throw-away server: initdb once, settings at every start.
import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { appendFile, mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { giveTo } from './working-directory.ts';

const run = promisify(execFile);
const SETTINGS_FILE = 'holdfast-sandbox.conf';

// Nothing here survives the machine, so nothing waits for the disk. synchronous_commit stays on: a commit must survive `kill`.
const FAST = {
  fsync: 'off',
  full_page_writes: 'off',
  shared_buffers: '32MB',
  max_connections: '200',
  max_wal_size: '256MB',
  log_line_prefix: '%m [%p] %q%u@%d ',
};

export type DataDirectory = {
  bin: string;
  dir: string;
  port: number;
  settings: Readonly<Record<string, string>>;
  user: { uid: number; gid: number } | undefined;
};

/** Makes `dir/data` a cluster that trusts loopback (an existing one is kept) and writes its settings. Returns its path. */
export async function prepareData({ bin, dir, port, settings, user }: DataDirectory): Promise<string> {
  const data = join(dir, 'data');
  const sockets = join(dir, 'run');
  await mkdir(sockets, { recursive: true });
  if (user) await giveTo(user, dir);
  if (!existsSync(join(data, 'PG_VERSION'))) await initdb(bin, data, user);
  await includeSettings(data);
  const all = {
    ...FAST,
    listen_addresses: '127.0.0.1',
    port: String(port),
    // The kernel limits a socket's path to about 107 characters; TCP is what everyone here uses anyway.
    unix_socket_directories: sockets.length < 85 ? sockets : '',
    ...settings,
  };
  const lines = Object.entries(all).map(([name, value]) => `${name} = '${value.replaceAll("'", "''")}'\n`);
  await writeFile(join(data, SETTINGS_FILE), lines.join(''));
  if (user) await giveTo(user, dir);
  return data;
}

async function initdb(bin: string, data: string, user: DataDirectory['user']): Promise<void> {
  const locale = process.platform === 'darwin' ? 'C' : 'C.UTF-8';
  const args = ['--pgdata', data, '--username=postgres', '--auth=trust', '--encoding=UTF8', `--locale=${locale}`];
  const env = { PATH: '/usr/bin:/bin', LC_ALL: locale, TZ: 'UTC' };
  try {
    await run(join(bin, 'initdb'), [...args, '--no-sync', '--no-instructions'], { cwd: '/', env, ...user });
  } catch (cause) {
    const said = cause instanceof Error && 'stderr' in cause ? String(cause.stderr) : String(cause);
    throw new Error(`initdb of ${data}: ${said.trim()}`, { cause });
  }
}

// Settings go through a file and not the command line, so that ALTER SYSTEM can still overrule them.
async function includeSettings(data: string): Promise<void> {
  const main = join(data, 'postgresql.conf');
  const line = `include_if_exists = '${SETTINGS_FILE}'`;
  if (!(await readFile(main, 'utf8')).includes(line)) await appendFile(main, `\n${line}\n`);
}
