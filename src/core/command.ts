// What a person typed after /dr, parsed: the commands, their grammar and the refusals for everything else.
import { z } from 'zod';
import { Refusal } from './errors.ts';
import { Identifier, Moment, OperationId, Slug } from './names.ts';

const inSystem = { system: Slug.nullable() };

/** A backup as typed: `latest`, or an id whose meaning the platform judges. */
const BackupChoice = z.string().regex(/^[A-Za-z0-9][A-Za-z0-9._+-]{0,199}$/);
/** `previous`: the newest one before the current that runs other code. */
const ReleaseChoice = z.string().regex(/^(v[1-9][0-9]{0,8}|previous)$/);

const OneTable = z.strictObject({ name: Identifier, mode: z.enum(['missing', 'replace']) });

/** Commands that become an operation: planned, journaled, executed by a worker. */
export const OperationCommand = z.discriminatedUnion('verb', [
  z.strictObject({ verb: z.literal('verify'), ...inSystem, backup: BackupChoice, deep: z.boolean() }),
  z.strictObject({ verb: z.literal('backup'), ...inSystem, environment: Slug.nullable() }),
  z.strictObject({
    verb: z.literal('restore'),
    ...inSystem,
    environment: Slug,
    /** Null with `at`. */
    backup: BackupChoice.nullable(),
    /** Recover the database as it was at this moment. */
    at: Moment.nullable(),
    /** Only this table, and which of its rows: those that are gone, or besides those that were changed. */
    table: OneTable.nullable(),
  }),
  /** `warm`: builds and checks a candidate, and keeps it for an emergency. */
  z.strictObject({ verb: z.literal('warm'), ...inSystem, environment: Slug, backup: BackupChoice }),
  z.strictObject({ verb: z.literal('rollback'), ...inSystem, release: ReleaseChoice }),
  z.strictObject({
    verb: z.literal('recover'),
    ...inSystem,
    scenario: Slug,
    backup: BackupChoice.nullable(),
    at: Moment.nullable(),
    table: OneTable.nullable(),
  }),
  z.strictObject({ verb: z.literal('undo'), operation: OperationId }),
  /** Removes what an operation has left beside the live database. */
  z.strictObject({ verb: z.literal('cleanup'), operation: OperationId }),
]);
export type OperationCommand = z.infer<typeof OperationCommand>;
export const OPERATION_VERBS = [
  'verify',
  'backup',
  'restore',
  'warm',
  'rollback',
  'recover',
  'undo',
  'cleanup',
] as const;
export type OperationVerb = (typeof OPERATION_VERBS)[number];

/** Commands that only answer, or decide about an operation that exists. */
export const QueryCommand = z.discriminatedUnion('verb', [
  z.strictObject({ verb: z.literal('status'), ...inSystem }),
  z.strictObject({ verb: z.literal('systems') }),
  /** What `/dr recover` without a name lists. */
  z.strictObject({ verb: z.literal('scenarios'), ...inSystem }),
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
    usage: '/dr restore <environment> <backup|latest|--at time> [--table name [--replace]] [--system name]',
    does:
      "Plans a restore of production's backup into an environment; with --table of one table (rows that are gone, with --replace " +
      'changed ones too), with --at of a moment in time. Nothing is changed before it is confirmed or approved.',
    example: '/dr restore staging a001',
  },
  warm: {
    usage: '/dr warm <environment> [backup|latest] [--system name]',
    does: 'Builds a candidate beside the live database, checks it, and keeps it: a restore of that backup is then only the swap.',
    example: '/dr warm production',
  },
  recover: {
    usage: '/dr recover [scenario] [backup] [--at time] [--table name [--replace]] [--system name]',
    does: "Lists a system's disaster scenarios with their RTO and RPO; with a name, plans the way out, human steps included.",
    example: '/dr recover corruption',
  },
  rollback: {
    usage: '/dr rollback <release|previous> [--system name]',
    does: "Plans the return of production to an earlier release's code.",
    example: '/dr rollback v255',
  },
  undo: {
    usage: '/dr undo <operation>',
    does: 'Plans the way back from a finished operation.',
    example: '/dr undo op-41',
  },
  cleanup: {
    usage: '/dr cleanup <operation>',
    does: 'Plans the removal of what a finished operation has kept for undo: the previous database, the rows as they were.',
    example: '/dr cleanup op-41',
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
  scenarios: {
    usage: '/dr scenarios [--system name]',
    does: "Lists a system's disaster scenarios with their RTO and RPO, like /dr recover without a name.",
    example: '/dr scenarios',
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
  restore: ['--system', '--table', '--missing', '--replace', '--at'],
  warm: ['--system'],
  rollback: ['--system'],
  recover: ['--system', '--at', '--table', '--missing', '--replace'],
  undo: [],
  cleanup: [],
  backup: ['--system'],
  backups: ['--system'],
  status: ['--system'],
  systems: [],
  scenarios: ['--system'],
  cancel: [],
  audit: [],
  help: [],
};
/** Flags that are followed by a value. */
const VALUED = ['--system', '--table', '--at'];
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
      return [
        command.environment,
        ...(command.backup === null ? [] : [command.backup]),
        ...atWords(command),
        ...tableWords(command),
      ];
    case 'warm':
      return [command.environment, command.backup];
    case 'recover':
      return [
        command.scenario,
        ...(command.backup === null ? [] : [command.backup]),
        ...atWords(command),
        ...tableWords(command),
      ];
    case 'rollback':
      return [command.release];
    case 'undo':
    case 'cleanup':
    case 'cancel':
    case 'audit':
      return [command.operation];
    case 'backups':
    case 'status':
    case 'systems':
    case 'scenarios':
      return [];
  }
}

function atWords({ at }: { readonly at: string | null }): string[] {
  return at === null ? [] : [`--at "${at}"`];
}

function tableWords({ table }: Extract<Command, { verb: 'restore' | 'recover' }>): string[] {
  return table === null ? [] : [`--table ${table.name}`, `--${table.mode}`];
}

function parse(text: string): Parsed {
  if (text.length > LONGEST) {
    throw new Refusal('too-long', `A command has at most ${LONGEST} characters.`, 'See `/dr help`.');
  }
  if (/[\p{Cc}\p{Cf}]/u.test(text)) {
    throw new Refusal('unprintable', 'The command contains characters that cannot be seen.', 'Type it by hand.');
  }
  const [typed, ...words] = wordsIn(text);
  if (typed === undefined) return { is: 'help', about: null };
  const verb = VERBS.find((known) => known === typed.toLowerCase());
  if (verb === undefined) throw unknownVerb(typed);
  const { positional, flags } = splitWords(verb, words);
  if (flags.has('--help')) return { is: 'help', about: verb };
  return build(verb, positional, flags);
}

/** How many words each verb takes besides its flags. */
const POSITIONAL: Partial<Readonly<Record<Verb, number>>> = {
  verify: 1,
  backup: 1,
  restore: 2,
  warm: 2,
  rollback: 1,
  recover: 2,
  undo: 1,
  cleanup: 1,
  cancel: 1,
  audit: 1,
  help: 1,
};

function build(verb: Verb, positional: readonly string[], flags: ReadonlyMap<string, string>): Parsed {
  const [first, second] = positional;
  const surplus = positional[POSITIONAL[verb] ?? 0];
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
        ...whatToRestore(verb, second, flags),
      });
    case 'warm':
      return operation({
        verb,
        ...scope,
        environment: word(verb, 'environment', first, Slug),
        backup: backup(verb, second ?? 'latest'),
      });
    case 'rollback':
      return operation({ verb, ...scope, release: word(verb, 'release', first, ReleaseChoice) });
    case 'recover':
      if (first === undefined) return query({ verb: 'scenarios', ...scope });
      return operation({
        verb,
        ...scope,
        scenario: word(verb, 'scenario', first, Slug),
        backup: second === undefined ? null : backup(verb, second),
        at: moment(verb, flags.get('--at')),
        table: oneTable(verb, flags),
      });
    case 'undo':
    case 'cleanup':
      return operation({ verb, operation: word(verb, 'operation', first, OperationId) });
    case 'cancel':
    case 'audit':
      return query({ verb, operation: word(verb, 'operation', first, OperationId) });
    case 'backups':
    case 'status':
    case 'scenarios':
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
    const value = VALUED.includes(typed) ? rest.next().value : '';
    if (value === undefined || value.startsWith('--')) throw misuse(verb, `The flag ${quote(typed)} needs a value.`);
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

/** Words, and whole phrases in quotes; Slack's clients make typographic quotes of plain ones. */
function wordsIn(text: string): string[] {
  return [...text.matchAll(/["“”„]([^"“”„]*)["“”]|(\S+)/gu)].map(
    ([, phrase, single]) => phrase?.trim() ?? single ?? '',
  );
}

function whatToRestore(verb: Verb, typed: string | undefined, flags: ReadonlyMap<string, string>) {
  const at = moment(verb, flags.get('--at'));
  const table = oneTable(verb, flags);
  if (at !== null && (typed !== undefined || table !== null)) {
    throw misuse(verb, 'With `--at` neither a backup nor a table is named.');
  }
  return { at, backup: at === null ? backup(verb, typed) : null, table };
}

function oneTable(verb: Verb, flags: ReadonlyMap<string, string>): z.infer<typeof OneTable> | null {
  const name = flags.get('--table');
  if (flags.has('--missing') && flags.has('--replace')) throw misuse(verb, 'It is either `--missing` or `--replace`.');
  if (name === undefined && (flags.has('--missing') || flags.has('--replace'))) {
    throw misuse(verb, '`--missing` and `--replace` need `--table`.');
  }
  if (name === undefined) return null;
  return { name: word(verb, 'table', name, Identifier), mode: flags.has('--replace') ? 'replace' : 'missing' };
}

/** `2025-11-22 14:30 UTC`, with seconds if wanted, or ISO 8601. A time without a zone is refused: whose would it be? */
function moment(verb: Verb, typed: string | undefined): string | null {
  if (typed === undefined) return null;
  const [, day, time, zone] =
    /^(\d{4}-\d{2}-\d{2})[T ](\d{2}:\d{2}(?::\d{2}(?:\.\d{1,3})?)?) ?(UTC|Z|[+-]\d{2}:\d{2})$/i.exec(typed) ?? [];
  if (day === undefined || time === undefined || zone === undefined) {
    throw misuse(verb, `${quote(typed)} is not a moment with its time zone, such as “2025-11-22 14:30 UTC”.`);
  }
  const at = new Date(`${day}T${time}${/^(UTC|Z)$/i.test(zone) ? 'Z' : zone}`);
  // A day that the month does not have is moved into the next one by some parsers: never guess.
  if (Number.isNaN(at.getTime())) throw misuse(verb, `There is no such moment as ${quote(typed)}.`);
  return at.toISOString();
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
