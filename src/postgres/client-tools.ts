// Finds PostgreSQL's own programs on this machine, in the version that fits a server.
import { readdir } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { Refusal } from '../core/errors.ts';
import { exec } from '../lib/exec.ts';

export type Program = 'pg_restore' | 'pg_dump' | 'psql' | 'initdb' | 'postgres' | 'pg_ctl';

/** One installed version. */
export type Tools = {
  readonly major: number;
  /** The full path of one of its programs. */
  program(name: Program): string;
};

/** Where programs are looked for besides the usual places: the PATH, as it was configured. */
export type ToolPath = { readonly path: string };

/** The newest version that has all the programs. Throws a Refusal that says how to install them. */
export async function newestTools({ path }: ToolPath, needs: readonly Program[]): Promise<Tools> {
  const [newest] = await installed(path, needs);
  if (newest !== undefined) return newest;
  throw new Refusal(
    'postgres-tools-missing',
    `${needs.join(', ')} of PostgreSQL cannot be found.`,
    howToInstall(null, needs),
  );
}

/**
 * The version of the server, or else the next newer one: older programs cannot read what newer ones wrote, and much newer
 * ones say things that older servers do not understand. `server` as PostgreSQL writes it: "15.18".
 */
export async function toolsFor(server: string, { path }: ToolPath, needs: readonly Program[]): Promise<Tools> {
  const wanted = Number.parseInt(server, 10);
  const fitting = (await installed(path, needs)).filter(({ major }) => major >= wanted).at(-1);
  if (fitting !== undefined) return fitting;
  const why = `${needs.join(', ')} of PostgreSQL ${wanted} or newer cannot be found.`;
  throw new Refusal('postgres-tools-missing', why, howToInstall(wanted, needs));
}

/** Newest first. */
async function installed(path: string, needs: readonly Program[]): Promise<Tools[]> {
  const found: Tools[] = [];
  for (const dir of [...(await usualPlaces()), ...path.split(delimiter)]) {
    const majors = await Promise.all(needs.map((program) => majorOf(join(dir, program), path)));
    const [major] = majors;
    if (major == null || majors.some((other) => other !== major)) continue;
    found.push({ major, program: (name) => join(dir, name) });
  }
  return found.sort((a, b) => b.major - a.major);
}

async function usualPlaces(): Promise<string[]> {
  const debian = (await namesIn('/usr/lib/postgresql')).map((name) => join('/usr/lib/postgresql', name, 'bin'));
  const brew = (await namesIn('/opt/homebrew/opt'))
    .filter((name) => /^postgresql(@\d+)?$/.test(name))
    .map((name) => join('/opt/homebrew/opt', name, 'bin'));
  return [...debian, ...brew];
}

async function namesIn(dir: string): Promise<string[]> {
  try {
    return await readdir(dir);
  } catch {
    return [];
  }
}

/** `pg_restore (PostgreSQL) 15.18` → 15; null when there is no such program. */
async function majorOf(program: string, path: string): Promise<number | null> {
  try {
    const { stdout } = await exec(program, ['--version'], { env: { PATH: path }, timeoutMs: 10_000 });
    const major = /\(PostgreSQL\) (\d+)/.exec(stdout)?.[1];
    return major === undefined ? null : Number(major);
  } catch {
    return null;
  }
}

function howToInstall(major: number | null, needs: readonly Program[]): string {
  const server = needs.some((program) => ['initdb', 'postgres', 'pg_ctl'].includes(program));
  if (process.platform === 'darwin') return `Install them with: brew install postgresql@${major ?? 17}`;
  const name = `postgresql${server ? '' : '-client'}${major === null ? '' : `-${major}`}`;
  return `Install them where the worker runs: apt-get install -y ${name}`;
}
