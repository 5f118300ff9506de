// The words of a typed command: flags and values told apart, each taken only in its shape, and what is refused shown harmlessly.
import type { z } from 'zod';
import type { Verb } from './command.ts';
import { Refusal } from './errors.ts';
import { FLAGS, GRAMMAR, VALUED, VERBS } from './grammar.ts';
import { momentOf } from './moments.ts';

/** Words, and whole phrases in quotes; Slack's clients make typographic quotes of plain ones. */
export function wordsIn(text: string): string[] {
  return [...text.matchAll(/["“”„]([^"“”„]*)["“”]|(\S+)/gu)].map(
    ([, phrase, single]) => phrase?.trim() ?? single ?? '',
  );
}

/** Words that stand for themselves, and flags with their values. Throws Refusal for a flag that the verb does not have. */
export function splitWords(verb: Verb, words: readonly string[]) {
  const positional: string[] = [];
  const flags = new Map<string, string>();
  const rest = words.values();
  for (const typed of rest) {
    // A dash alone stands in a sentence.
    if (!typed.startsWith('-') || typed === '-') {
      positional.push(typed);
      continue;
    }
    if (typed !== '--help' && !FLAGS[verb].includes(typed))
      throw misuse(verb, `There is no flag ${quote(typed)} here.`);
    if (flags.has(typed)) throw misuse(verb, `The flag ${quote(typed)} is given twice.`);
    const value = VALUED.includes(typed) ? rest.next().value : '';
    if (value === undefined || value.startsWith('--')) throw misuse(verb, `The flag ${quote(typed)} needs a value.`);
    flags.set(typed, value);
  }
  return { positional, flags };
}

/** What was typed as `what`, if it has the shape. Throws Refusal when it is missing or has another one. */
export function word(verb: Verb, what: string, typed: string | undefined, shape: z.ZodType<string>): string {
  if (typed === undefined) throw misuse(verb, `The ${what} is missing.`);
  const read = shape.safeParse(typed);
  if (!read.success) throw misuse(verb, `${quote(typed)} is not a valid ${what}.`);
  return read.data;
}

/** `2025-11-22 14:30 UTC`, with seconds if wanted, or ISO 8601. A time without a zone is refused: whose would it be? */
export function moment(verb: Verb, typed: string | undefined): string | null {
  if (typed === undefined) return null;
  const [, day, time, zone] =
    /^(\d{4}-\d{2}-\d{2})[T ](\d{2}:\d{2}(?::\d{2}(?:\.\d{1,3})?)?) ?(UTC|Z|[+-]\d{2}:\d{2})$/i.exec(typed) ?? [];
  if (day === undefined || time === undefined || zone === undefined) {
    throw misuse(verb, `${quote(typed)} is not a moment with its time zone, such as “2025-11-22 14:30 UTC”.`);
  }
  const at = momentOf(day, time, /^(UTC|Z)$/i.test(zone) ? 'Z' : zone);
  if (at === null) throw misuse(verb, `There is no such moment as ${quote(typed)}.`);
  return at.toISOString();
}

/** A command that is not used as it can be: says how. */
export function misuse(verb: Verb, why: string): Refusal {
  const { usage, example } = GRAMMAR[verb];
  return new Refusal('usage', why, `Usage: \`${usage}\`, for example \`${example}\`.`);
}

/** Names the verb that was probably meant. */
export function unknownVerb(typed: string): Refusal {
  const near = VERBS.find((verb) => isNear(verb, typed.toLowerCase(), 2));
  const next = near === undefined ? 'See `/dr help`.' : `Did you mean \`${GRAMMAR[near].usage}\`?`;
  return new Refusal('unknown-command', `There is no command ${quote(typed)}.`, next);
}

/** What was typed, harmless wherever it is shown: short, no back quotes, no Slack markup. */
export function quote(typed: string): string {
  const shown = typed.replace(/[`<>&*_~|]/g, '').slice(0, 40);
  return `“${shown}”`;
}

/** Whether `a` becomes `b` by adding, leaving out or replacing at most so many letters. */
function isNear(a: string, b: string, edits: number): boolean {
  if (edits < 0) return false;
  if (a === '' || b === '') return a.length + b.length <= edits;
  const [restA, restB] = [a.slice(1), b.slice(1)];
  if (a[0] === b[0]) return isNear(restA, restB, edits);
  return isNear(restA, restB, edits - 1) || isNear(restA, b, edits - 1) || isNear(a, restB, edits - 1);
}
