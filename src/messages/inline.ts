// Pieces of a line: people, channels, and sentences of ours that contain text of others.

import { ChannelId, SCHEDULE, UserId } from '../core/names.ts';
import { asMeant } from '../core/wording.ts';
import { code, cut, inert } from './blocks.ts';

/** A person as a mention; an id that is none is shown as text. What a schedule has started nobody has asked for. */
export function person(id: string): string {
  if (id === SCHEDULE) return 'its schedule';
  return UserId.safeParse(id).success ? `<@${id}>` : inert(id, 40);
}

export function channelLink(id: string): string {
  return ChannelId.safeParse(id).success ? `<#${id}>` : inert(id, 40);
}

/** Commands that our sentences quote: `/dr audit op-41`. Nothing in them can act, so they may stay in code format. */
const COMMAND = /`(\/dr(?: [\w<>[\]|.-]+)*)`/g;

/**
 * A sentence composed by the core: everything in it is made inert but commands in code format and mentions of `people`,
 * who are known from the journal and not from the text.
 */
export function sentence(text: string, most = 600, people: readonly string[] = []): string {
  const parts: string[] = [];
  let from = 0;
  const short = text.slice(0, 4 * most);
  for (const found of short.matchAll(COMMAND)) {
    parts.push(withPeople(short.slice(from, found.index), most, people), code(found[1] ?? ''));
    from = found.index + found[0].length;
  }
  parts.push(withPeople(short.slice(from), most, people));
  return cut(parts.join('').trim(), most);
}

function withPeople(text: string, most: number, people: readonly string[]): string {
  const lead = /^\s/.test(text) ? ' ' : '';
  const trail = text.length > 1 && /\s$/.test(text) ? ' ' : '';
  const safe = inert(text, most);
  const known = people.reduce((said, id) => said.replaceAll(`&lt;@${id}&gt;`, person(id)), safe);
  return `${lead}${known}${trail}`;
}

/** The same made inert. */
export function said(text: string, most = 600): string {
  return inert(asMeant(text.slice(0, 4 * most)), most);
}

/** Ends a sentence with a full stop unless it has its end already. */
export function ended(text: string): string {
  return /[.?!:…]$/.test(text) ? text : `${text}.`;
}

export function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
