// What the retention would delete and what it keeps, before anything is deleted (S13, P13, B3).
import type { RetentionView } from '../core/retention.ts';
import { count, megabytes, utc, utcShort } from '../core/wording.ts';
import { code, context, header, inert, section } from './blocks.ts';
import { type Message, message } from './message.ts';
import { paragraphs } from './paragraphs.ts';

type Place = RetentionView['places'][number];

/** Place by place; what would go comes first, since it is what somebody has to look at. */
export function retentionMessage({ at, system, environment, tiers, places }: RetentionView): Message {
  const now = new Date(at);
  const going = places.reduce((sum, place) => sum + place.going.length, 0);
  const kept = places.reduce((sum, place) => sum + place.kept.length, 0);
  const what = `${count(going, 'backup')} would go, ${kept} would stay`;
  const rule = tiers === null ? 'The system file names no tiers: nothing ever goes.' : `Tiers: ${tierText(tiers)}.`;
  const next = going === 0 ? '' : ` ${code('/dr prune')} plans the deletion, for approval.`;
  return message(`${what}, of ${inert(system, 80)}.`, [
    header(`Retention of ${system}, ${environment}: ${what}`),
    section(`Nothing is deleted by looking.${next}\n${rule}`),
    ...places.flatMap(partsOf),
    context(`read at ${utcShort(at, now)}`),
  ]);
}

function tierText(tiers: NonNullable<RetentionView['tiers']>): string {
  return Object.entries(tiers)
    .map(([kind, days]) => `${kind} ${days === null ? 'forever' : `${days} d`}`)
    .join(', ');
}

function partsOf({ name, problem, going, kept }: Place) {
  if (problem !== null) return [section(`*${inert(name, 200)}* could not be read: ${inert(problem, 300)}`)];
  const line = ({ backup, why }: Place['going'][number]) => {
    const size = backup.bytes === null ? 'size unknown' : megabytes(backup.bytes);
    return `• ${inert(backup.id, 80)} (${backup.kind}, ${utc(backup.startedAt)}, ${size}): ${inert(why, 200)}`;
  };
  const gone = going.length === 0 ? ['Nothing would go.'] : ['*Would go*', ...going.map(line)];
  return [
    ...paragraphs(
      [`*${inert(name, 200)}*`, ...gone],
      3,
      (left) => `… and ${count(left, 'more backup')} that would go.`,
    ),
    ...paragraphs(
      kept.length === 0 ? [] : ['*Would stay*', ...kept.map(line)],
      2,
      (left) => `… and ${left} more that stay.`,
    ),
  ];
}
