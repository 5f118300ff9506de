// Sends a large file to another machine piece by piece; after a break it goes on where what has arrived ends.
import { stat } from 'node:fs/promises';
import type { Manifest } from '../core/manifest.ts';
import { checkedName, type Sending } from './archive-store.ts';
import { finish, isThere, removeLater, run, sha256There, type There } from './ssh-place.ts';
import { alreadyThere, isSendingOf, sendingName, sha256OfBeginning } from './transfer.ts';

/** After each piece it is told how far it is; a connection takes no time to speak of beside it. */
const PIECE = 32 * 1_048_576;

/** At its place in the file, whatever a piece of which only a part arrived has left there. */
const WRITE_AT =
  'umask 077; exec dd of="$1" bs=1M iflag=fullblock oflag=seek_bytes seek="$2" conv=notrunc,fsync status=none';

type Send = Sending & { readonly fromFile: string; readonly name: string; readonly manifest: Manifest };

export async function send(place: There, { fromFile, name, manifest, signal, onBytes }: Send): Promise<void> {
  const passing = `${place.directory}/${sendingName(checkedName(name), manifest)}`;
  if (await isThere(place, `${place.directory}/${name}`, signal)) throw alreadyThere(name, place.name);
  const { size } = await stat(fromFile);
  let sent = await arrived(place, passing, { fromFile, size, signal });
  onBytes?.(sent);
  while (sent < size) {
    const part = { from: sent, bytes: Math.min(PIECE, size - sent) };
    const args = ['-c', WRITE_AT, 'sh', passing, String(sent)];
    await run(place, 'sh', args, { signal, stdinFile: fromFile, stdinPart: part });
    sent += part.bytes;
    onBytes?.(sent);
  }
  try {
    await finish(place, { passing, name, manifest, signal });
  } catch (thrown) {
    // What is not what it should be is no beginning to go on with; but a break says nothing about it.
    if (thrown instanceof Error && thrown.message.startsWith('read back,')) await removeLater(place, passing);
    throw thrown;
  }
  await clear(place, name, signal);
}

/** How much of the file is there already and is as it must be. */
async function arrived(
  place: There,
  passing: string,
  { fromFile, size, signal }: { readonly fromFile: string; readonly size: number; readonly signal: AbortSignal },
): Promise<number> {
  if (!(await isThere(place, passing, signal))) return 0;
  const { stdout } = await run(place, 'stat', ['--format=%s', '--', passing], { signal });
  const there = Number(stdout);
  const isBeginning =
    there <= size && (await sha256There(place, passing, signal)) === (await sha256OfBeginning(fromFile, there));
  if (isBeginning) return there;
  await run(place, 'rm', ['-f', '--', passing], { signal });
  return 0;
}

/** Removes what sendings of this name have left. */
export async function clear(place: There, name: string, signal: AbortSignal): Promise<void> {
  const only = ['-H', place.directory, '-maxdepth', '1', '-type', 'f', '-name', '.*.part', '-printf', '%f\\0'];
  const { stdout } = await run(place, 'find', only, { signal, maxBuffer: 10_000_000 });
  const left = stdout.split('\0').filter((found) => isSendingOf(name, found));
  for (const one of left) await run(place, 'rm', ['-f', '--', `${place.directory}/${one}`], { signal });
}
