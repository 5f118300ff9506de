// The user as whom a PostgreSQL server of ours runs: it refuses to run as root.
import { chown, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { Refusal } from '../core/errors.ts';
import { exec } from '../lib/exec.ts';
import type { ToolPath } from './client-tools.ts';
import { programEnv } from './program-env.ts';

export type ServerUser = { readonly uid: number; readonly gid: number };

/** User `postgres` when we are root, otherwise ourselves (null). */
export async function serverUser(options: ToolPath): Promise<ServerUser | null> {
  if (process.getuid?.() !== 0) return null;
  const [uid, gid] = await Promise.all(['-u', '-g'].map((what) => idOf(what, options)));
  if (uid == null || gid == null) {
    throw new Refusal(
      'no-postgres-user',
      'PostgreSQL does not run as root, and this machine has no user postgres.',
      'Run Holdfast as an ordinary user, or make one with: useradd --system --user-group postgres',
    );
  }
  return { uid, gid };
}

/** Gives `path` to the user, and makes sure that the way there is open to it. */
export async function giveTo({ uid, gid }: ServerUser, path: string): Promise<void> {
  for (let dir = dirname(path); dir !== dirname(dir); dir = dirname(dir)) {
    const { mode, uid: owner } = await stat(dir);
    if (owner === uid || (mode & 0o001) !== 0) continue;
    throw new Refusal(
      'work-directory-closed',
      `PostgreSQL runs here as user postgres, who may not pass through ${dir}.`,
      `Open the way with: chmod o+x ${dir}, or run Holdfast as an ordinary user.`,
    );
  }
  await chown(path, uid, gid);
}

async function idOf(what: string, options: ToolPath): Promise<number | null> {
  const { code, stdout } = await exec('id', [what, 'postgres'], { env: programEnv(options) });
  return code === 0 ? Number(stdout) : null;
}
