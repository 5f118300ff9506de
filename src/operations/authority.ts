// Who may do what, asked anew each time. What cannot be found out counts as no.
import { Refusal } from '../core/errors.ts';
import { SCHEDULE } from '../core/names.ts';
import type { Codes, People } from '../core/ports.ts';
import type { System } from '../core/system.ts';
import { list } from '../core/wording.ts';
import type { Approval } from './click.ts';

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

/** Throws Refusal unless the code that was typed is one that counts now; `code-needed` when none was typed yet. */
export async function requireCode(codes: Codes, { by, code }: Approval, now: Date): Promise<void> {
  if (!(await codes.keyed()).has(by)) {
    throw new Refusal(
      'no-key',
      'An approval takes a one-time code here, and you have no key for one.',
      `Let whoever runs Holdfast make one: \`npm start -- totp ${by}\`.`,
    );
  }
  if (code === undefined) {
    throw new Refusal('code-needed', 'An approval takes a one-time code here.', 'Type it into the dialog.');
  }
  switch (await codes.judge(by, code, now)) {
    case 'right':
      return;
    case 'wrong':
      throw new Refusal('wrong-code', 'That is not your code now.', 'Type the one that your authenticator shows.');
    case 'used':
      throw new Refusal('used-code', 'This code has counted already.', 'Wait for the next one, at most 30 seconds.');
    case 'locked':
      throw new Refusal(
        'too-many-codes',
        'Too many wrong codes were typed in your name: none counts for a quarter of an hour.',
        'Let somebody else approve, and look who typed them if it was not you.',
      );
  }
}
