// What the public is told about an incident: no names, no causes, no promises that nobody made (G24). Plain text.
import { momentOfPeriod, periodAt } from '../core/incident-periods.ts';
import type { IncidentSight } from '../core/incident-views.ts';
import { asMeant, span, utcShort } from '../core/wording.ts';
import { plain } from './blocks.ts';
import { ended } from './inline.ts';

const LONGEST = 1000;

/**
 * As it stands now: the end; else the newest sentence that somebody wrote for the public; else the line of the system file for
 * the first update, and after that a sentence that says as much as is known.
 */
export function publicText({ incident, system }: Pick<IncidentSight, 'incident' | 'system'>, now: Date): string {
  const { title, updates, incidents } = system;
  const { resolved, startedAt, words } = incident;
  if (resolved !== null) {
    const lasted = span((Date.parse(resolved.at) - Date.parse(startedAt)) / 1000);
    return plain(
      `The problem with ${title} is over since ${utcShort(resolved.at, now)}. It lasted ${lasted}.`,
      LONGEST,
    );
  }
  const period = periodAt(incident, updates.everyMinutes, now);
  const next = `The next update follows by ${utcShort(momentOfPeriod(incident, updates.everyMinutes, period + 1), now)}.`;
  const said = words.findLast((word) => word.public);
  if (said !== undefined) return plain(`${ended(asMeant(said.text))} ${next}`, LONGEST);
  if (period === 0) {
    const minutes = String(Math.min(15, updates.everyMinutes));
    return plain(incidents.publicText.replaceAll('{title}', title).replaceAll('{minutes}', minutes), LONGEST);
  }
  return plain(
    `We are still working on the problem with ${title} that began at ${utcShort(startedAt, now)}. ${next}`,
    LONGEST,
  );
}
