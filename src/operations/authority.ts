// Who may do what, asked anew each time. What cannot be found out counts as no.
import { Refusal } from '../core/errors.ts';
import { SCHEDULE } from '../core/names.ts';
import type { People } from '../core/ports.ts';
import type { System } from '../core/system.ts';
import { list } from '../core/wording.ts';

/** The roles among `names` that the person holds now. Throws when that cannot be found out. */
export async function rolesOf(
  people: People,
  system: System,
  person: string,
  names: readonly string[],
): Promise<string[]> {
  const held: string[] = [];
  for (const name of names) {
    const role = system.roles[name];
    if (role !== undefined && (await people.holders(role)).includes(person)) held.push(name);
  }
  return held;
}

/** Throws Refusal for the name under which Holdfast itself asks: what comes from outside is never that. */
export function requirePerson(by: string): void {
  if (by !== SCHEDULE) return;
  throw new Refusal('not-a-person', `${SCHEDULE} is not a person.`, 'Ask in your own name.');
}

/** Throws Refusal unless the person may ask for operations on this system. */
export async function requireOperator(people: People, system: System, person: string): Promise<void> {
  const held = await rolesOf(people, system, person, system.operators);
  if (held.length > 0) return;
  throw new Refusal(
    'not-an-operator',
    `On ${system.title} you may look, not act: operations are asked for by ${list(system.operators)}.`,
    'Ask one of them, or look with `/dr status`, `/dr backups`, `/dr verify`.',
  );
}
