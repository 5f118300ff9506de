// What must be so before something is written to the log of an incident. Each throws Refusal.
import { Refusal } from '../core/errors.ts';
import type { Incident } from '../core/incident.ts';
import type { ChecklistName } from '../core/incident-rules.ts';
import type { System } from '../core/system.ts';
import { list, utc } from '../core/wording.ts';

/** As long as a paragraph may be that people read at night. */
const LONGEST = 1000;

/** The words without blanks around them. */
export function said(text: string): string {
  const words = text.trim();
  if (words === '') throw new Refusal('nothing-said', 'There is nothing in it.', 'Say it in a sentence.');
  if (words.length <= LONGEST) return words;
  throw new Refusal('too-long', `It has more than ${LONGEST} characters.`, 'Say it shorter.');
}

export function requireOpen({ id, resolved }: Incident): void {
  if (resolved === null) return;
  throw new Refusal(
    'resolved',
    `${id} was resolved at ${utc(resolved.at)}.`,
    'Declare another one with `/dr incident declare` if it is back.',
  );
}

export function requireScenario({ title, scenarios }: System, name: string): void {
  if (scenarios[name] !== undefined) return;
  const known = Object.keys(scenarios);
  const which = known.length === 0 ? 'It has none.' : `It has ${list(known)}.`;
  throw new Refusal('no-such-scenario', `${title} has no scenario “${name}”.`, `${which} See \`/dr recover\`.`);
}

export function requireItem({ title, incidents }: System, name: ChecklistName, item: number): void {
  if (incidents.checklists[name][item] !== undefined) return;
  throw new Refusal(
    'no-such-item',
    `The checklist “${name}” of ${title} has no item ${item + 1}.`,
    `See \`/dr checklist ${name}\`.`,
  );
}
