// The directory a throw-away server lives in: made by us and removed by us, or given and left alone.
import { chown, lchown, mkdir, mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';

export type WorkingDirectory = { path: string; removeIfOurs(): Promise<void> };

/** A fresh temporary directory, or `given` (made when missing, never removed). */
export async function workingDirectory(label: string, given?: string): Promise<WorkingDirectory> {
  if (given !== undefined) {
    const path = resolve(given);
    await mkdir(path, { recursive: true });
    return { path, removeIfOurs: async () => {} };
  }
  const path = await mkdtemp(join(tmpdir(), `holdfast-${label}-`));
  return { path, removeIfOurs: () => rm(path, { recursive: true, force: true, maxRetries: 5 }) };
}

/** Gives a directory and all that is in it to another user. */
export async function giveTo(user: { uid: number; gid: number }, path: string): Promise<void> {
  await chown(path, user.uid, user.gid);
  for (const entry of await readdir(path, { withFileTypes: true })) {
    const inside = join(path, entry.name);
    if (entry.isDirectory()) await giveTo(user, inside);
    else await lchown(inside, user.uid, user.gid);
  }
}
