// A root file system as a tar file, made once from files of this machine and kept until one of them changes.
import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { chmod, mkdir, mkdtemp, readdir, rename, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { runProgram } from '../docker.ts';

const run = promisify(execFile);

/** Files and directories of this machine, and where they stand in the image. */
export type Part = {
  /** The directory in which `names` are. */
  from: string;
  names: readonly string[];
  /** The directory in the image: `usr/local/bin`; empty for the root. */
  to: string;
};

export type Root = {
  name: string;
  parts: readonly Part[];
  /** Small files that exist nowhere here, by their path in the image. */
  files: Readonly<Record<string, string>>;
};

/** Kept between runs: what it is made of does not change from one test to the next. */
const KEPT = join(tmpdir(), 'holdfast-images');
const LINKS = { bin: 'usr/bin', sbin: 'usr/sbin', lib: 'usr/lib', lib64: 'usr/lib64' };
const DIRECTORIES = [
  'usr/bin',
  'usr/sbin',
  'usr/lib',
  'usr/lib64',
  'usr/local/bin',
  'tmp',
  'run',
  'proc',
  'sys',
  'dev',
];
const PATH = '/usr/bin:/bin';

/** The tar file of a root file system; made if there is none of the same content. */
export async function archiveOf(root: Root): Promise<string> {
  const file = join(KEPT, `${root.name}-${await digestOf(root)}.tar`);
  if (existsSync(file)) return file;
  await mkdir(KEPT, { recursive: true });
  const stage = await mkdtemp(join(KEPT, 'making-'));
  try {
    const tar = join(stage, 'root.tar');
    const skeleton = await makeSkeleton(join(stage, 'root'), root.files);
    await append(tar, skeleton, []);
    // What is a link on this machine is the file that it leads to in the image.
    for (const part of root.parts) await append(tar, part, ['--dereference']);
    await forgetOthers(root.name);
    // In one step, so that whoever makes the same one at the same time sees all of it or nothing.
    await rename(tar, file);
    return file;
  } finally {
    await rm(stage, { recursive: true, force: true });
  }
}

async function makeSkeleton(dir: string, files: Root['files']): Promise<Part> {
  for (const name of DIRECTORIES) await mkdir(join(dir, name), { recursive: true });
  await chmod(join(dir, 'tmp'), 0o1777);
  for (const [name, target] of Object.entries(LINKS)) await symlink(target, join(dir, name));
  for (const [name, text] of Object.entries(files)) {
    await mkdir(dirname(join(dir, name)), { recursive: true });
    await writeFile(join(dir, name), text, { mode: text.startsWith('#!') ? 0o755 : 0o644 });
  }
  return { from: dir, names: await readdir(dir), to: '' };
}

async function append(tar: string, { from, names, to }: Part, options: readonly string[]): Promise<void> {
  const place = to === '' ? [] : [`--transform=flags=rSh;s,^,${to}/,`];
  const args = ['--append', `--file=${tar}`, `--directory=${from}`, '--owner=0', '--group=0', ...options, ...place];
  const input = names.map((name) => `${name}\n`).join('');
  await runProgram({ PATH, LC_ALL: 'C' }, 'tar', [...args, '--verbatim-files-from', '--files-from=-'], { input });
}

async function digestOf({ parts, files }: Root): Promise<string> {
  const hash = createHash('sha256').update(JSON.stringify([LINKS, DIRECTORIES, files]));
  for (const { from, names, to } of parts) {
    for (const name of names) {
      const { stdout } = await run('find', ['-L', join(from, name), '-type', 'f', '-printf', '%P %s %T@\n'], {
        maxBuffer: 20_000_000,
      });
      hash.update(`${to} ${name}\n${stdout.split('\n').sort().join('\n')}`);
    }
  }
  return hash.digest('hex').slice(0, 16);
}

/** One tar file per image is enough: a machine on which PostgreSQL or Node.js is renewed keeps no old ones. */
async function forgetOthers(name: string): Promise<void> {
  for (const entry of await readdir(KEPT)) {
    const other = join(KEPT, entry);
    const isOld = async () => Date.now() - (await stat(other)).mtimeMs > 3_600_000;
    if (entry.startsWith(`${name}-`) && (await isOld().catch(() => false))) await rm(other, { force: true });
  }
}
