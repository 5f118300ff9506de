// Tickets for vendors, filled in and ready to be copied (G21).
import type { FilledTicket } from '../core/incident-views.ts';
import type { View } from '../core/views.ts';
import { clean, count, list } from '../core/wording.ts';
import { code, cut, header, inert, section } from './blocks.ts';
import { type Message, message } from './message.ts';

const LONGEST = 2_400;

/** One part per vendor. The texts stand in code blocks, so that they are copied as they are. */
export function ticketsMessage({ system, incident, tickets }: View & { is: 'tickets' }): Message {
  const of = incident === null ? inert(system.title, 80) : incident.id;
  if (tickets.length === 0) {
    const none = `The system file of ${inert(system.title, 80)} has no texts for tickets.`;
    return message(none, [section(`${none}\n*Next:* see ${code('/dr contacts')}.`)]);
  }
  const vendors = list(tickets.map(({ to }) => inert(to, 60)));
  return message(`${count(tickets.length, 'ticket')} to copy for ${of}: ${vendors}.`, [
    header(`Tickets to copy, ${incident?.id ?? system.title}`),
    ...tickets.slice(0, 20).flatMap((ticket) => parts(ticket)),
  ]);
}

function parts({ to, url, subject, body }: FilledTicket) {
  const where = url === null ? '' : `, opened at ${inert(url, 200)}`;
  return [section(`*${inert(to, 80)}*${where}\n*Subject:* ${inert(subject, 200)}`), section(copyable(body))];
}

/** A code block with the line breaks kept: what Slack would read as markup is replaced by what looks like it. */
function copyable(text: string): string {
  const lines = text
    .slice(0, LONGEST)
    .split('\n')
    .map((line) => {
      return clean(line).replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('`', 'ˋ');
    });
  return `\`\`\`\n${cut(lines.join('\n'), LONGEST)}\n\`\`\``;
}
