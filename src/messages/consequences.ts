// What a person agrees to: the target's identity, what is lost, and everything the plan warns of.
import type { SectionBlock } from '@slack/types';
import type { Plan, Statement } from '../core/plan.ts';
import { count } from '../core/wording.ts';
import { fields, inert, LIMITS } from './blocks.ts';
import { sentence } from './inline.ts';
import { paragraphs } from './paragraphs.ts';

const MOST_FIELDS = 2 * LIMITS.fields;

/** Warnings first, across the full width; then the plain facts side by side. */
export function consequences(plan: Plan): SectionBlock[] {
  const warnings = plan.statements.filter(({ tone }) => tone === 'warn').map(warningLine);
  const plain = [targetField(plan), ...plan.statements.filter(({ tone }) => tone === 'plain').map(fieldOf)];
  const shown = plain.length <= MOST_FIELDS ? plain : [...plain.slice(0, MOST_FIELDS - 1), moreField(plain.length)];
  const rows = Array.from({ length: Math.ceil(shown.length / LIMITS.fields) }, (_, row) =>
    fields(shown.slice(row * LIMITS.fields, (row + 1) * LIMITS.fields)),
  );
  return [...paragraphs(warnings, 2, (left) => `*WARNING* and ${count(left, 'more warning')} in the plan.`), ...rows];
}

/** `*WARNING · Lost by this:* entries 1,204 rows` */
export function warningLine({ label, text }: Statement): string {
  return `*WARNING · ${inert(label, 60)}:* ${sentence(text)}`;
}

/** One plain line of the plan: `*Source:* grayledger-production, backup a001 …` */
export function statementLine({ label, text }: Statement): string {
  return `*${inert(label, 60)}:* ${sentence(text)}`;
}

function fieldOf({ label, text }: Statement): string {
  return `*${inert(label, 60)}*\n${sentence(text, 400)}`;
}

function targetField({ target, environment, protected: isProtected }: Plan): string {
  const kind = isProtected ? `${inert(environment, 60)}, protected` : inert(environment, 60);
  const database = `${inert(target.database, 80)}, identity ${inert(target.identity, 80)}`;
  return `*Target*\n${inert(target.name, 80)} (${kind})\n${database}`;
}

function moreField(all: number): string {
  return `*And more*\n${count(all - MOST_FIELDS + 1, 'statement')} of the plan do not fit here`;
}
