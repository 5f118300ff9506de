// The incidents that are open, and those that ended lately.
import type { View } from '../core/views.ts';
import { count, span, utcShort } from '../core/wording.ts';
import { code, context, header, inert, section } from './blocks.ts';
import { nowLine } from './incident-card.ts';
import { headlineText, LEVEL_WORDS } from './incident-words.ts';
import { ended, said } from './inline.ts';
import { type Message, message } from './message.ts';
import { paragraphs } from './paragraphs.ts';

/** The open ones first, with who is at each and what is overdue. */
export function incidentsMessage({ at, open, resolved }: View & { is: 'incidents' }): Message {
  const now = new Date(at);
  const heading = `${count(open.length, 'incident')} open`;
  const lines = open.map(
    (sight) => `• *${sight.incident.id} ${ended(headlineText(sight, 200))}* ${nowLine(sight, now)}`,
  );
  const former = resolved.map(({ incident, system }) => {
    const end = incident.resolved?.at ?? at;
    const lasted = span((Date.parse(end) - Date.parse(incident.startedAt)) / 1000);
    const what = `${LEVEL_WORDS[incident.level]}: ${inert(system.title, 80)}: ${ended(said(incident.seen, 150))}`;
    return `• ${incident.id} ${what} Resolved at ${utcShort(end, now)} after ${lasted}.`;
  });
  const none = `No incident is open. ${code('/dr incident declare')} opens one.`;
  return message(`${heading}, as of ${utcShort(at, now)}.`, [
    header(heading),
    ...(lines.length === 0
      ? [section(none)]
      : paragraphs(lines, 5, (left) => `… and ${count(left, 'more incident')}.`)),
    ...paragraphs(former.length === 0 ? [] : ['*Resolved lately*', ...former], 2, (left) => `… and ${left} more.`),
    context(`as of ${utcShort(at, now)} · ${code('/dr incident timeline --incident inc-1')} shows one of them`),
  ]);
}
