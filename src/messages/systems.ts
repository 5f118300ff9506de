// The systems that are protected here, with their environments and who decides about each.
import { ruleText } from '../core/consent.ts';
import type { System } from '../core/system.ts';
import { count } from '../core/wording.ts';
import { header, inert } from './blocks.ts';
import { channelLink } from './inline.ts';
import { type Message, message } from './message.ts';
import { paragraphs } from './paragraphs.ts';

/** One part per system. */
export function systemsMessage(systems: readonly System[]): Message {
  const names = systems.slice(0, 20).map(({ name }) => inert(name, 60));
  return message(`${count(systems.length, 'system')}: ${names.join(', ')}.`, [
    header(count(systems.length, 'system')),
    ...paragraphs(systems.map(partOf), 20, (left) => `… and ${count(left, 'more system')}.`),
  ]);
}

function partOf({ name, title, platform, channel, backups, environments }: System): string {
  const lines = Object.entries(environments).map(([environment, { protected: isProtected, consent }]) => {
    return `• ${inert(environment, 60)}${isProtected ? ' (protected)' : ''}: ${inert(ruleText(consent), 200)}`;
  });
  const facts = `${inert(platform, 60)}, backups of ${inert(backups.of, 60)}, told in ${channelLink(channel)}`;
  return [`*${inert(title, 80)}* (${inert(name, 60)})`, facts, ...lines].join('\n');
}
