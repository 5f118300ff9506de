// What a person typed after /dr, parsed: the commands, their grammar and the refusals for everything else.
import { z } from 'zod';
import { Refusal } from './errors.ts';
import { OperationId, Slug } from './names.ts';

const inSystem = { system: Slug.nullable() };

/** A backup as typed: `latest`, or an id whose meaning the platform judges. */
const BackupChoice = z.string().regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/);
const ReleaseId = z.string().regex(/^v[1-9][0-9]{0,8}$/);

/** Commands that become an operation: planned, journaled, executed by a worker. */
export const OperationCommand = z.discriminatedUnion('verb', [
  z.strictObject({ verb: z.literal('verify'), ...inSystem, backup: BackupChoice, deep: z.boolean() }),
  z.strictObject({ verb: z.literal('backup'), ...inSystem, environment: Slug.nullable() }),
  z.strictObject({ verb: z.literal('restore'), ...inSystem, environment: Slug, backup: BackupChoice }),
  z.strictObject({ verb: z.literal('rollback'), ...inSystem, release: ReleaseId }),
  z.strictObject({ verb: z.literal('undo'), operation: OperationId }),
]);
export type OperationCommand = z.infer<typeof OperationCommand>;
export type OperationVerb = OperationCommand['verb'];

/** Commands that only answer, or decide about an operation that exists. */
export const QueryCommand = z.discriminatedUnion('verb', [
  z.strictObject({ verb: z.literal('status'), ...inSystem }),
  z.strictObject({ verb: z.literal('systems') }),
  z.strictObject({ verb: z.literal('backups'), ...inSystem }),
  z.strictObject({ verb: z.literal('audit'), operation: OperationId }),
  z.strictObject({ verb: z.literal('cancel'), operation: OperationId }),
]);
export type QueryCommand = z.infer<typeof QueryCommand>;

export type Command = OperationCommand | QueryCommand;
export type Verb = Command['verb'] | 'help';

export type Parsed =
  | { is: 'operation'; command: OperationCommand }
  | { is: 'query'; command: QueryCommand }
  | { is: 'help'; about: Verb | null }
  | { is: 'refused'; refusal: Refusal };

type Usage = { usage: string; does: string; example: string };

/** One line per verb, in the order that help shows. The single place where the grammar is described. */
export const GRAMMAR: Readonly<Record<Verb, Usage>> = {
  verify: {
    usage: '/dr verify [backup] [--deep] [--system name]',
    does: 'Checks the backups; with --deep downloads one, restores it into a scratch database and checks the data.',
    example: '/dr verify --deep',
  },
  restore: {
    usage: '/dr restore <environment> <backup|latest> [--system name]',
    does: "Plans a restore of production's backup into an environment. Nothing runs before it is confirmed or approved.",
    example: '/dr restore staging a001',
  },
  rollback: {
    usage: '/dr rollback <release> [--system name]',
    does: "Plans the return of production to an earlier release's code.",
    example: '/dr rollback v255',
  },
  undo: {
    usage: '/dr undo <operation>',
    does: 'Plans the way back from a finished operation.',
    example: '/dr undo op-41',
  },
  backup: {
    usage: '/dr backup [environment] [--system name]',
    does: 'Takes a backup now (production unless another environment is named).',
    example: '/dr backup',
  },
  backups: {
    usage: '/dr backups [--system name]',
    does: 'Lists the backups, newest first.',
    example: '/dr backups',
  },
  status: {
    usage: '/dr status [--system name]',
    does: 'Shows what is running, what waits for whom, and the last proven restore.',
    example: '/dr status',
  },
  systems: { usage: '/dr systems', does: 'Lists the systems that are protected here.', example: '/dr systems' },
  cancel: {
    usage: '/dr cancel <operation>',
    does: 'Stops an operation that has not changed anything yet and clears away what it prepared.',
    example: '/dr cancel op-41',
  },
  audit: {
    usage: '/dr audit <operation>',
    does: 'Shows the journal of an operation: who, what, when, with what evidence.',
    example: '/dr audit op-41',
  },
  help: { usage: '/dr help [command]', does: 'Shows this.', example: '/dr help restore' },
};

const VERBS = Object.keys(GRAMMAR) as Verb[];
const FLAGS: Readonly<Record<Verb, readonly string[]>> = {
  verify: ['--deep', '--system'],
  restore: ['--system'],
  rollback: ['--system'],
  undo: [],
  backup: ['--system'],
  backups: ['--system'],
  status: ['--system'],
  systems: [],
  cancel: [],
  audit: [],
  help: [],
};
const LONGEST = 300;

/** Parses the text after `/dr`. Every outcome is returned, none is thrown. The text is hostile: it is matched, never interpreted. */
export function parseCommand(text: string): Parsed {
  try {
    return parse(text);
  } catch (thrown) {
    if (thrown instanceof Refusal) return { is: 'refused', refusal: thrown };
    throw thrown;
  }
}

/** The command as a person would type it, with every default spelled out: what cards, digests and logs show. */
export function commandText(command: Command): string {
  const system = 'system' in command && command.system !== null ? [`--system ${command.system}`] : [];
  return ['/dr', command.verb, ...wordsOf(command), ...system].join(' ');
}

function wordsOf(command: Command): string[] {
  switch (command.verb) {
    case 'verify':
      return [command.backup, ...(command.deep ? ['--deep'] : [])];
    case 'backup':
      return command.environment === null ? [] : [command.environment];
    case 'restore':
      return [command.environment, command.backup];
    case 'rollback':
      return [command.release];
    case 'undo':
    case 'cancel':
    case 'audit':
      return [command.operation];
    case 'backups':
    case 'status':
    case 'systems':
      return [];
  }
}

function parse(text: string): Parsed {
  if (text.length > LONGEST) {
    throw new Refusal('too-long', `A command has at most ${LONGEST} characters.`, 'See `/dr help`.');
  }
  if (/[\p{Cc}\p{Cf}]/u.test(text)) {
    throw new Refusal('unprintable', 'The command contains characters that cannot be seen.', 'Type it by hand.');
  }
  const [typed, ...words] = text.split(/\s+/u).filter((word) => word !== '');
  if (typed === undefined) return { is: 'help', about: null };
  const verb = VERBS.find((known) => known === typed.toLowerCase());
  if (verb === undefined) throw unknownVerb(typed);
  const { positional, flags } = splitWords(verb, words);
  if (flags.has('--help')) return { is: 'help', about: verb };
  return build(verb, positional, flags);
}

function build(verb: Verb, positional: readonly string[], flags: ReadonlyMap<string, string>): Parsed {
  const [first, second] = positional;
  const most = { verify: 1, backup: 1, restore: 2, rollback: 1, undo: 1, cancel: 1, audit: 1, help: 1 };
  const allowed = verb in most ? most[verb as keyof typeof most] : 0;
  const surplus = positional[allowed];
  if (surplus !== undefined) throw misuse(verb, `I do not know what to do with ${quote(surplus)}.`);
  const system = flags.get('--system');
  const scope = { system: system === undefined ? null : word(verb, 'system', system, Slug) };
  switch (verb) {
    case 'verify':
      return operation({ verb, ...scope, backup: backup(verb, first ?? 'latest'), deep: flags.has('--deep') });
    case 'backup':
      return operation({
        verb,
        ...scope,
        environment: first === undefined ? null : word(verb, 'environment', first, Slug),
      });
    case 'restore':
      return operation({
        verb,
        ...scope,
        environment: word(verb, 'environment', first, Slug),
        backup: backup(verb, second),
      });
    case 'rollback':
      return operation({ verb, ...scope, release: word(verb, 'release', first, ReleaseId) });
    case 'undo':
      return operation({ verb, operation: word(verb, 'operation', first, OperationId) });
    case 'cancel':
    case 'audit':
      return query({ verb, operation: word(verb, 'operation', first, OperationId) });
    case 'backups':
    case 'status':
      return query({ verb, ...scope });
    case 'systems':
      return query({ verb });
    case 'help':
      return { is: 'help', about: VERBS.find((known) => known === first) ?? null };
  }
}

function operation(command: OperationCommand): Parsed {
  return { is: 'operation', command };
}

function query(command: QueryCommand): Parsed {
  return { is: 'query', command };
}

function splitWords(verb: Verb, words: readonly string[]) {
  const positional: string[] = [];
  const flags = new Map<string, string>();
  const rest = words.values();
  for (const typed of rest) {
    if (!typed.startsWith('-')) {
      positional.push(typed);
      continue;
    }
    if (typed !== '--help' && !FLAGS[verb].includes(typed))
      throw misuse(verb, `There is no flag ${quote(typed)} here.`);
    if (flags.has(typed)) throw misuse(verb, `The flag ${quote(typed)} is given twice.`);
    const value = typed === '--system' ? rest.next().value : '';
    if (value === undefined) throw misuse(verb, 'The flag `--system` needs a name.');
    flags.set(typed, value);
  }
  return { positional, flags };
}

function word(verb: Verb, what: string, typed: string | undefined, shape: z.ZodType<string>): string {
  if (typed === undefined) throw misuse(verb, `The ${what} is missing.`);
  const read = shape.safeParse(typed);
  if (!read.success) throw misuse(verb, `${quote(typed)} is not a valid ${what}.`);
  return read.data;
}

function backup(verb: Verb, typed: string | undefined): string {
  if (typed?.includes('://')) {
    throw misuse(verb, 'A backup is named by its id. Restoring from an address is never possible.');
  }
  return word(verb, 'backup', typed, BackupChoice);
}

function misuse(verb: Verb, why: string): Refusal {
  const { usage, example } = GRAMMAR[verb];
  return new Refusal('usage', why, `Usage: \`${usage}\`, for example \`${example}\`.`);
}

function unknownVerb(typed: string): Refusal {
  const near = VERBS.find((verb) => isNear(verb, typed.toLowerCase(), 2));
  const next = near === undefined ? 'See `/dr help`.' : `Did you mean \`${GRAMMAR[near].usage}\`?`;
  return new Refusal('unknown-command', `There is no command ${quote(typed)}.`, next);
}

/** What was typed, harmless wherever it is shown: short, no back quotes, no Slack markup. */
function quote(typed: string): string {
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
