// Whom to call, in which order, and the vendors (B13, F21, S16).
import { ladderOf } from '../core/incident-clocks.ts';
import type { Contact } from '../core/incident-rules.ts';
import type { System } from '../core/system.ts';
import { count, list, span } from '../core/wording.ts';
import { code, header, inert, section } from './blocks.ts';
import { person } from './inline.ts';
import { type Message, message } from './message.ts';
import { paragraphs } from './paragraphs.ts';

/** The escalation first: it is what somebody looks for at night. */
export function contactsMessage(system: System): Message {
  const { title, contacts } = system;
  const entries = Object.values(contacts);
  const heading = `Contacts of ${inert(title, 80)}`;
  if (entries.length === 0) {
    const none = `The system file of ${inert(title, 80)} names no contacts.`;
    return message(none, [section(`${none}\n*Next:* name them under ${code('contacts')}.`)]);
  }
  return message(`${heading}: ${entries.map((contact) => inert(contact.title, 60)).join(', ')}.`, [
    header(heading),
    section(escalationLines(system).join('\n')),
    ...paragraphs(entries.map(contactText), 10, (left) => `… and ${count(left, 'more contact')}.`),
  ]);
}

function escalationLines({ incidents, contacts, title }: System): string[] {
  const ladder = ladderOf(incidents);
  if (ladder.length === 0) return [`*Escalation:* the system file of ${inert(title, 80)} names none.`];
  const rungs = ladder.map(({ afterMinutes, call, levels }) => {
    const when = afterMinutes === 0 ? 'at once' : `after ${span(afterMinutes * 60)}`;
    const whom = list(call.map((name) => inert(contacts[name]?.title ?? name, 60)));
    const which = levels.length === 3 ? '' : ` (level ${list(levels.map(String))})`;
    return `• ${when}${which}: ${whom}`;
  });
  return ['*Escalation,* for as long as nobody acknowledges the incident:', ...rungs];
}

/** A person is shown by id, which mentions nobody in an answer that only one person sees. */
function contactText({ title, users, email, phone, url, note }: Contact): string {
  const ways = [
    ...users.map((id, at) => `${['primary', 'secondary'][at] ?? 'then'} ${person(id)}`),
    ...(phone === undefined ? [] : [`phone ${inert(phone, 40)}`]),
    ...(email === undefined ? [] : [inert(email, 100)]),
    ...(url === undefined ? [] : [inert(url, 200)]),
  ];
  const line = `*${inert(title, 80)}:* ${ways.length === 0 ? 'no way to reach it is named' : ways.join(' · ')}`;
  return note === undefined ? line : `${line}\n${inert(note, 300)}`;
}
