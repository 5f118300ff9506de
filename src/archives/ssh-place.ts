// A directory of another machine, and what is done there with the programs that every Debian has: test, dd, sha256sum, mv, ln.
import { Refusal } from '../core/errors.ts';
import type { Manifest } from '../core/manifest.ts';
import type { Ran } from '../lib/exec.ts';
import type { Host, HostOptions } from '../lib/host.ts';
import { manifestOf, written } from './archive-store.ts';
import { alreadyThere, mustBe, passingName, sha256Of } from './transfer.ts';

export type There = { readonly host: Host; readonly directory: string; readonly name: string };

/** Throws what the program said when it did not end well. */
export async function run(
  { host }: There,
  program: string,
  args: readonly string[],
  options: HostOptions,
): Promise<Ran> {
  const ran = await host.run(program, args, options);
  options.signal?.throwIfAborted();
  if (ran.code === 0) return ran;
  throw new Error(ran.stderr.trim().split('\n').at(-1) || `${program} ended with ${ran.code ?? ran.signal}`);
}

export const WRITE = 'umask 077; exec dd of="$1" bs=1M iflag=fullblock conv=excl,fsync status=none';

export async function isThere({ host }: There, file: string, signal: AbortSignal): Promise<boolean> {
  const { code, stderr } = await host.run('test', ['-e', file], { signal });
  if (code === 0 || code === 1) return code === 0;
  throw new Error(stderr.trim() || `test ended with ${code}`);
}

/** Computed over there; where nobody can, all of it is read from here. */
export async function sha256There(place: There, file: string, signal: AbortSignal): Promise<string> {
  try {
    const { stdout } = await run(place, 'sha256sum', ['--binary', '--', file], { signal });
    return stdout.slice(0, 64);
  } catch (thrown) {
    if (!(thrown instanceof Refusal) || thrown.code !== 'host-program-missing') throw thrown;
    return await sha256OfOutput(place, 'cat', ['--', file], { signal });
  }
}

/** Of all that a program over there writes, computed here. */
export async function sha256OfOutput(
  place: There,
  program: string,
  args: readonly string[],
  options: Pick<HostOptions, 'signal' | 'stdin'>,
): Promise<string> {
  let sum = '';
  const takeStdout = async (stdout: AsyncIterable<Uint8Array>) => {
    sum = await sha256Of(stdout);
  };
  await run(place, program, args, { ...options, takeStdout });
  return sum;
}

/** Of a name and what is told about it. A slash stands between them: the only character that cannot be in a name. */
export function records(stdout: string): [string, string][] {
  return stdout
    .split('\0')
    .filter((record) => record !== '')
    .map((record) => [record.slice(0, record.indexOf('/')), record.slice(record.indexOf('/') + 1)]);
}

type Arrived = {
  /** The path under which it has arrived. */
  readonly passing: string;
  readonly name: string;
  readonly manifest: Manifest;
  readonly signal: AbortSignal;
};

/** Reads it back, and gives it its name: the manifest first. */
export async function finish(place: There, { passing, name, manifest, signal }: Arrived): Promise<void> {
  mustBe(await sha256There(place, passing, signal), manifest);
  if (await isThere(place, `${place.directory}/${name}`, signal)) throw alreadyThere(name, place.name);
  await putManifest(place, { name, manifest, signal });
  await giveName(place, passing, { name, signal });
  // Another one that was at the same name, and a moment too late for it, may have put its own there meanwhile.
  await putManifest(place, { name, manifest, signal });
}

async function putManifest(place: There, { name, manifest, signal }: Omit<Arrived, 'passing'>): Promise<void> {
  const note = `${place.directory}/${passingName(manifestOf(name))}`;
  try {
    await run(place, 'sh', ['-c', WRITE, 'sh', note], { signal, stdin: written(manifest) });
    await run(place, 'mv', ['-f', '-T', '--', note, `${place.directory}/${manifestOf(name)}`], { signal });
  } finally {
    await removeLater(place, note);
  }
}

/** Unlike `mv`, which with -n says nothing, `ln` fails when the name is taken. */
async function giveName(
  place: There,
  passing: string,
  { name, signal }: Pick<Arrived, 'name' | 'signal'>,
): Promise<void> {
  const ran = await place.host.run('ln', ['-T', '--', passing, `${place.directory}/${name}`], { signal });
  signal.throwIfAborted();
  if (/File exists/.test(ran.stderr)) throw alreadyThere(name, place.name);
  if (ran.code !== 0) throw new Error(ran.stderr.trim());
}

/** Not with the signal of the work: it may be the reason why there is something left. */
export async function removeLater({ host }: There, file: string): Promise<void> {
  await host.run('rm', ['-f', '--', file], { timeoutMs: 30_000 }).catch(() => {});
}
