// The commands that people type after /dr, as data, and written out again.
import { z } from 'zod';
import { CHECKLISTS, Level } from './incident-rules.ts';
import { AlertId, Identifier, IncidentId, Moment, OperationId, Slug } from './names.ts';

const inSystem = { system: Slug.nullable() };

/** A backup as typed: `latest`, or an id whose meaning the platform judges. */
export const BackupChoice = z.string().regex(/^[A-Za-z0-9][A-Za-z0-9._+-]{0,199}$/);
/** An operation, an incident, or a month. */
export const ReportChoice = z.string().regex(/^(op-[1-9][0-9]{0,9}|inc-[1-9][0-9]{0,9}|20[0-9]{2}-(0[1-9]|1[0-2]))$/);
/** `previous`: the newest one before the current that runs other code. */
export const ReleaseChoice = z.string().regex(/^(v[1-9][0-9]{0,8}|previous)$/);

export const OneTable = z.strictObject({ name: Identifier, mode: z.enum(['missing', 'replace']) });

/** Commands that become an operation: planned, journaled, executed by a worker. */
export const OperationCommand = z.discriminatedUnion('verb', [
  z.strictObject({ verb: z.literal('verify'), ...inSystem, backup: BackupChoice, deep: z.boolean() }),
  /** `keep`: a milestone, which no retention deletes (S13). */
  z.strictObject({ verb: z.literal('backup'), ...inSystem, environment: Slug.nullable(), keep: z.boolean() }),
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
  /** A rehearsal of the written plan, part by part, with a report. */
  z.strictObject({ verb: z.literal('drill'), ...inSystem, drill: Slug }),
  /** A backup goes out of the house, encrypted. */
  z.strictObject({ verb: z.literal('copy'), ...inSystem, backup: BackupChoice }),
  z.strictObject({ verb: z.literal('export'), ...inSystem }),
  /** Backups that the retention no longer keeps are deleted. */
  z.strictObject({ verb: z.literal('prune'), ...inSystem }),
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
  'drill',
  'copy',
  'export',
  'prune',
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
  /** `retention`: what would be deleted, before anything is. */
  z.strictObject({ verb: z.literal('backups'), ...inSystem, retention: z.boolean() }),
  /** What `/dr drill` without a name lists. */
  z.strictObject({ verb: z.literal('drills'), ...inSystem }),
  z.strictObject({ verb: z.literal('schedules'), ...inSystem }),
  z.strictObject({ verb: z.literal('contacts'), ...inSystem }),
  /** What is not as it should be, until it is over. */
  z.strictObject({ verb: z.literal('alerts'), ...inSystem }),
  /** Of a drill, an incident or a month: `op-41`, `inc-7`, `2026-11`; null is the newest drill. */
  z.strictObject({ verb: z.literal('report'), ...inSystem, of: z.string().nullable() }),
  z.strictObject({ verb: z.literal('audit'), operation: OperationId }),
  z.strictObject({ verb: z.literal('cancel'), operation: OperationId }),
]);
export type QueryCommand = z.infer<typeof QueryCommand>;

/** Which incident: null means the only open one of the system. */
const ofIncident = { ...inSystem, incident: IncidentId.nullable() };

/** Commands about what people are told. `do` is the word after `/dr incident`. */
export const IncidentCommand = z.discriminatedUnion('do', [
  /** `seen` null opens the dialog. */
  z.strictObject({
    verb: z.literal('incident'),
    do: z.literal('declare'),
    ...inSystem,
    level: Level,
    seen: z.string().nullable(),
    since: Moment.nullable(),
    scenario: Slug.nullable(),
    /** The alert that it is declared from. */
    alert: AlertId.nullable(),
  }),
  z.strictObject({
    verb: z.literal('incident'),
    do: z.literal('update'),
    ...ofIncident,
    text: z.string(),
    public: z.boolean(),
  }),
  z.strictObject({ verb: z.literal('incident'), do: z.literal('resolve'), ...ofIncident, text: z.string() }),
  z.strictObject({ verb: z.literal('incident'), do: z.literal('ack'), ...ofIncident }),
  z.strictObject({ verb: z.literal('incident'), do: z.literal('level'), ...ofIncident, level: Level }),
  /** The moment for which the review was arranged (G22). */
  z.strictObject({ verb: z.literal('incident'), do: z.literal('review'), ...ofIncident, at: Moment }),
  z.strictObject({ verb: z.literal('incident'), do: z.literal('timeline'), ...ofIncident }),
  z.strictObject({ verb: z.literal('incident'), do: z.literal('list'), ...inSystem }),
  z.strictObject({ verb: z.literal('incident'), do: z.literal('tickets'), ...ofIncident }),
  /** Opens the dialog of symptoms (F6). */
  z.strictObject({ verb: z.literal('assess'), do: z.literal('assess'), ...inSystem }),
  z.strictObject({ verb: z.literal('checklist'), do: z.literal('checklist'), ...ofIncident, list: z.enum(CHECKLISTS) }),
]);
export type IncidentCommand = z.infer<typeof IncidentCommand>;

export type Command = OperationCommand | QueryCommand;
export type Verb = Command['verb'] | IncidentCommand['verb'] | 'help';

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
      return [...(command.environment === null ? [] : [command.environment]), ...(command.keep ? ['--keep'] : [])];
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
    case 'drill':
      return [command.drill];
    case 'copy':
      return [command.backup];
    case 'report':
      return command.of === null ? [] : [command.of];
    case 'backups':
      return command.retention ? ['--retention'] : [];
    case 'prune':
    case 'export':
    case 'drills':
    case 'schedules':
    case 'contacts':
    case 'alerts':
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
