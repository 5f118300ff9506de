// Finds the real PostgreSQL server programs on this machine, and the user that may run them.
import { execFile } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** The folder with `postgres` and `initdb`, the newest installed version first. Throws the sentence that installs them. */
export async function postgresBinaries(): Promise<string> {
  const candidates = [
    ...newestFirst('/usr/lib/postgresql').map((dir) => join(dir, 'bin')),
    ...(await fromPgConfig()),
    ...['/opt/homebrew/opt', '/usr/local/opt']
      .flatMap(newestFirst)
      .filter((dir) => /postgresql(@\d+)?$/.test(dir))
      .map((dir) => join(dir, 'bin')),
    '/Applications/Postgres.app/Contents/Versions/latest/bin',
  ];
  const found = candidates.find((bin) => existsSync(join(bin, 'postgres')) && existsSync(join(bin, 'initdb')));
  if (found !== undefined) return found;
  throw new Error(
    `PostgreSQL's server programs are not installed. Install them with: ${
      process.platform === 'darwin' ? 'brew install postgresql@17' : 'sudo apt-get install -y postgresql'
    }`,
  );
}

/** PostgreSQL refuses to run as root: then it runs as user `postgres`, otherwise as ourselves (undefined). */
export async function postgresUser(): Promise<{ uid: number; gid: number } | undefined> {
  if (process.getuid?.() !== 0) return undefined;
  try {
    const [uid, gid] = await Promise.all([run('id', ['-u', 'postgres']), run('id', ['-g', 'postgres'])]);
    return { uid: Number(uid.stdout), gid: Number(gid.stdout) };
  } catch (cause) {
    throw new Error(
      'PostgreSQL does not run as root and this machine has no user "postgres". Make one with: useradd --system --user-group postgres',
      { cause },
    );
  }
}

function newestFirst(dir: string): string[] {
  if (!existsSync(dir)) return [];
  return readdirSync(dir)
    .sort((a, b) => Number(b.match(/\d+/)?.[0] ?? 0) - Number(a.match(/\d+/)?.[0] ?? 0))
    .map((name) => join(dir, name));
}

async function fromPgConfig(): Promise<string[]> {
  try {
    return [(await run('pg_config', ['--bindir'])).stdout.trim()];
  } catch {
    return [];
  }
}
