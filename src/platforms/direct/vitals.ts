// How a server that Holdfast reaches itself is doing: what it says, and the disk that its data lies on.
import type { Share, Vitals } from '../../core/vitals.ts';
import { megabytes } from '../../core/wording.ts';
import { serverVitals } from '../../postgres/vitals.ts';
import type { Disk, Reach } from './reach.ts';

export async function vitalsOf({ live, disk }: Pick<Reach, 'live' | 'disk'>): Promise<Vitals> {
  // Neither of them says anything of the other: a host that is away must not hide that connections run out.
  const [server, room] = await Promise.all([serverVitals(live), disk().catch(() => null)]);
  return { ...server, disk: room === null ? null : shareOf(room) };
}

/** As df counts it; a file system without any size tells nothing. */
function shareOf({ usedBytes, freeBytes }: Disk): Share | null {
  const all = usedBytes + freeBytes;
  return all === 0 ? null : { percent: (usedBytes / all) * 100, text: `${megabytes(freeBytes)} left` };
}
