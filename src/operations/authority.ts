// Who may do what, asked anew each time. What cannot be found out counts as no.
import { Refusal } from '../core/errors.ts';
import { SCHEDULE } from '../core/names.ts';
import type { Factor, Factors, People } from '../core/ports.ts';
import { approvalText, FACTOR_WORDS, type SecondFactor } from '../core/second-factor.ts';
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

/** Throws Refusal unless what was typed counts as the person's second factor now; `factor-needed` when nothing was typed yet. */
export async function requireFactor(
  factors: Factors,
  kind: SecondFactor,
  { operation, digest, by, second }: Approval,
  now: Date,
): Promise<void> {
  const { given, key, next } = FACTOR_WORDS[kind];
  const factor = factors[kind];
  if (!(await factor.keyed()).has(by)) {
    throw new Refusal('no-key', `An approval takes ${given} here, and you have no ${key}.`, next(by));
  }
  if (second === undefined) {
    throw new Refusal('factor-needed', `An approval takes ${given} here.`, 'Type it into the dialog.');
  }
  const text = approvalText({ id: operation, digest }, second.shownAt);
  const judged = await factor.judge({ ...second, person: by, text, now });
  if (judged !== 'right') throw NO[judged](kind);
}

const NO: Readonly<Record<Exclude<Awaited<ReturnType<Factor['judge']>>, 'right'>, (kind: SecondFactor) => Refusal>> = {
  wrong: (kind) =>
    kind === 'totp'
      ? new Refusal('wrong-factor', 'That is not your code now.', 'Type the one that your authenticator shows.')
      : new Refusal(
          'wrong-factor',
          'That is not a signature of this text by your key.',
          'Run the command above once more and paste all that it prints.',
        ),
  used: () =>
    new Refusal('used-factor', 'This code has counted already.', 'Wait for the next one, at most 30 seconds.'),
  late: () => new Refusal('late-factor', 'This dialog was opened too long ago.', 'Click Approve… once more.'),
  locked: () =>
    new Refusal(
      'too-many-tries',
      'Too many wrong codes were typed in your name: none counts for a quarter of an hour.',
      'Let somebody else approve, and look who typed them if it was not you.',
    ),
};
