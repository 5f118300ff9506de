// What is protected: one system with its environments, rules and people, as written in systems/*.yml.
import { z } from 'zod';
import { incidentProblems } from './incident-problems.ts';
import { Contact, IncidentRules } from './incident-rules.ts';
import { ChannelId, GroupId, Identifier, Slug, UserId } from './names.ts';
import { Drill, Schedule, Watch } from './schedule.ts';
import { scheduleProblems } from './schedule-problems.ts';
import { SecondFactor } from './second-factor.ts';
import { SmokeTest } from './smoke.ts';

/** Who holds a role: named people, or the members of a Slack user group at the moment of asking. */
export const Role = z.union([
  z.strictObject({ users: z.array(UserId).min(1, 'a role without people can never be filled') }),
  z.strictObject({ group: GroupId }),
]);
export type Role = z.infer<typeof Role>;

/** What has to be said before the first step that changes something (design §6). */
export const Consent = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('none') }),
  /** The requester types the target's name. */
  z.strictObject({ kind: z.literal('typed'), expiresMinutes: z.number().positive().default(15) }),
  z.strictObject({
    kind: z.literal('approvals'),
    /** Distinct people. */
    count: z.int().min(1).max(5).default(2),
    /** Roles whose holders may approve. */
    roles: z.array(Slug).min(1),
    /** How many of the approvers must hold a role: `{ engineering-lead: 1 }`. */
    require: z.record(Slug, z.int().min(1)).default({}),
    /** For tiny teams: the requester's own approval counts. */
    requesterCounts: z.boolean().default(false),
    /** What each approval takes beside the click: a Slack account alone approves nothing. */
    secondFactor: SecondFactor.optional(),
    expiresMinutes: z.number().positive().default(15),
  }),
]);
export type Consent = z.infer<typeof Consent>;

export const Health = z.strictObject({
  url: z.url(),
  status: z.int().min(100).max(599).default(200),
  /** How long a start may take before the answer counts as unhealthy. */
  withinSeconds: z.number().positive().default(60),
});
export type Health = z.infer<typeof Health>;

const Environment = z.strictObject({
  /** Losing or changing this one hurts customers: consent and status updates apply. */
  protected: z.boolean().default(false),
  consent: Consent,
  health: Health,
  /** Asked after a restore (B8). */
  smoke: z.array(SmokeTest).default([]),
  /** Production's personal data never stands here: `masking` is applied while a backup is loaded (B6, B7). */
  masked: z.boolean().default(false),
  /** Each new scheduled backup is made a checked candidate beside the live database, for an emergency. It costs its disk space. */
  keepWarm: z.boolean().default(false),
  /** How long the database that a restore replaced is kept for undo. */
  keepDays: z.number().positive().max(90).default(7),
  /** What the platform needs to reach it; judged by the platform's own schema. */
  settings: z.record(z.string(), z.unknown()),
});
export type Environment = z.infer<typeof Environment>;

/** A read-only question to the database with the answer that a healthy one gives. */
export const Invariant = z.strictObject({
  name: z.string().min(1),
  /** One SELECT that returns one number. */
  sql: z.string().regex(/^\s*select\b[^;]*$/is, 'must be a single SELECT without a semicolon'),
  expect: z.union([z.strictObject({ equals: z.number() }), z.strictObject({ min: z.number() })]),
});
export type Invariant = z.infer<typeof Invariant>;

/** A table whose rows are counted wherever data is proven. */
export const Table = z.strictObject({
  name: Identifier,
  /** Fewer rows than this mean that the data is not there. */
  atLeast: z.int().min(0).default(1),
  /** The column that tells when a row was written: with it a plan can say what a restore would lose. */
  writtenAt: Identifier.optional(),
});
export type Table = z.infer<typeof Table>;

/** As PostgreSQL stores it: the columns of some applications are written in camelCase. */
const StoredName = z
  .string()
  .regex(/^[A-Za-z_][A-Za-z0-9_$]*$/, 'must be a plain name, as it is stored ("email", "firstName")');
/** Without a schema, `public` is meant. */
const StoredTable = z
  .string()
  .regex(/^[A-Za-z_][A-Za-z0-9_$]*(\.[A-Za-z_][A-Za-z0-9_$]*)?$/, 'must be a plain name such as users or auth.users');

/**
 * How a column is made harmless (B7). NULL stays NULL. `{id}` is the number of the row: its whole-number `id`, or a number
 * that always follows from it when it is a UUID or text.
 * `email`: test-{id}@example.com · `name`: Test Customer {id} · `phone`: +1000000{id} · `token`: `value`, or staging-{id} ·
 * `text`: the word "masked"; of json every text and number, with keys and structure kept · `null`: emptied.
 */
export const MaskRule = z.strictObject({
  table: StoredTable,
  column: StoredName,
  as: z.enum(['email', 'name', 'phone', 'token', 'text', 'null']),
  /** Only for `token`: what stands in every row. With it a date or a number can be masked too. */
  value: z.string().optional(),
  /**
   * The column that tells the rows apart, or several that do so together; default `id`. Columns that refer to each other by
   * the masked value name that value itself (`id: email` in both tables): then they are masked alike.
   */
  id: z.union([StoredName.transform((name) => [name]), z.array(StoredName).min(1)]).optional(),
});
export type MaskRule = z.infer<typeof MaskRule>;

export const Masking = z
  .strictObject({
    columns: z.array(MaskRule).min(1),
    /** Tables that are left empty: sessions. No row that stays may refer to them. */
    empty: z.array(StoredTable).default([]),
    /** Columns (`settings.sender`) that hold no personal data although it looks like some: the scan leaves them out, and says so. */
    keep: z.array(z.string().regex(/^([^.]+\.){1,2}[^.]+$/, 'must be table.column')).default([]),
  })
  .superRefine(({ columns, empty, keep }, context) => {
    const seen = new Set<string>();
    for (const [at, rule] of columns.entries()) {
      for (const [member, message] of problemsOfRule(rule, { seen, empty, keep })) {
        context.addIssue({ code: 'custom', path: ['columns', at, member], message });
      }
      seen.add(`${rule.table}.${rule.column}`);
    }
  });
export type Masking = z.infer<typeof Masking>;

function problemsOfRule(
  { table, column, as, value, id }: MaskRule,
  others: { readonly seen: ReadonlySet<string>; readonly empty: readonly string[]; readonly keep: readonly string[] },
): [keyof MaskRule, string][] {
  const problems: [keyof MaskRule, string][] = [];
  const name = `${table}.${column}`;
  if (others.seen.has(name)) problems.push(['column', `${name} has a rule already`]);
  if (others.empty.includes(table)) problems.push(['table', `${table} is left empty: it needs no rules`]);
  if (others.keep.includes(name)) problems.push(['column', `${name} is under keep: it is either masked or kept`]);
  if (value !== undefined && as !== 'token') problems.push(['value', 'belongs to "token" only']);
  const numbered = as === 'email' || as === 'name' || as === 'phone' || (as === 'token' && value === undefined);
  if (id !== undefined && !numbered) problems.push(['id', 'is of no use here: what is written holds no {id}']);
  return problems;
}

export const BackupRules = z.strictObject({
  /** The environment whose backups `/dr restore` means, always. */
  of: Slug,
  maxAgeHours: z.number().positive(),
  /** How old the newest copy out of the house may be, where such a place is named: a week, and a day to make it in (S14). */
  offsiteMaxAgeHours: z.number().positive().default(192),
  /** How far a backup's size may differ from the one before it. */
  sizeTolerancePercent: z.number().positive(),
  retentionDays: z.int().positive(),
  /**
   * How long backups that Holdfast keeps itself are kept, by why they were made; null: forever. The first backup of a month
   * counts as `monthly` besides. What no tier names is kept (S13, P13, B3).
   */
  tiers: z
    .strictObject({
      scheduled: z.int().positive().nullable().optional(),
      manual: z.int().positive().nullable().optional(),
      preimage: z.int().positive().nullable().optional(),
      monthly: z.int().positive().nullable().optional(),
    })
    .optional(),
  /** Plans warn when no restore was proven for so long. */
  provenWithinDays: z.number().positive().default(35),
});
export type BackupRules = z.infer<typeof BackupRules>;

/** How long a recovery may take, and how much of the newest data it may lose. */
export const Objectives = z.strictObject({
  rtoMinutes: z.number().positive(),
  rpoMinutes: z.number().positive(),
});
export type Objectives = z.infer<typeof Objectives>;

/** One part of a scenario: something that Holdfast does, or something that only a person can do. */
export const ScenarioStep = z.discriminatedUnion('do', [
  /** `backup`: `latest`, or `asked` when it has to be named with the command (a clean one, from before the incident). */
  z.strictObject({ do: z.literal('restore'), backup: z.enum(['latest', 'asked']) }),
  z.strictObject({ do: z.literal('moment') }),
  /** The table and the backup are named with the command (P10, S4, F11). */
  z.strictObject({ do: z.literal('table') }),
  z.strictObject({ do: z.literal('rollback') }),
  z.strictObject({ do: z.literal('backup') }),
  z.strictObject({ do: z.literal('recreate') }),
  /** That what people have done before has not cut Holdfast off from what comes next (F10). */
  z.strictObject({ do: z.literal('reach') }),
  z.strictObject({ do: z.literal('scale'), process: Slug, quantity: z.int().min(1).max(100) }),
  z.strictObject({ do: z.literal('logs') }),
  z.strictObject({
    do: z.literal('person'),
    title: z.string().min(1).max(80),
    instructions: z.string().min(1).max(1000),
  }),
]);
export type ScenarioStep = z.infer<typeof ScenarioStep>;

/** A disaster of the written runbook with its way out. */
export const Scenario = Objectives.extend({
  title: z.string().min(1).max(80),
  /** By what people recognise it. */
  symptoms: z.array(z.string()).default([]),
  environment: Slug,
  steps: z.array(ScenarioStep).min(1),
});
export type Scenario = z.infer<typeof Scenario>;

export const System = z
  .strictObject({
    name: Slug,
    title: z.string().min(1).max(80),
    platform: Slug,
    /** The incident channel: plans, progress and results are told here. */
    channel: ChannelId,
    roles: z.record(Slug, Role),
    /** Roles whose holders may ask for operations. Everyone may look. */
    operators: z.array(Slug).min(1),
    environments: z.record(Slug, Environment),
    backups: BackupRules,
    objectives: Objectives.optional(),
    scenarios: z.record(Slug, Scenario).default({}),
    /** People and vendors by name, for escalation, tickets and `/dr contacts`. */
    contacts: z.record(Slug, Contact).default({}),
    incidents: IncidentRules.prefault({}),
    schedules: z.array(Schedule).default([]),
    drills: z.record(Slug, Drill).default({}),
    watch: Watch.prefault({}),
    masking: Masking.optional(),
    /** What the law has to be able to read: exported out of the house once a month (S15). */
    export: z.strictObject({ tables: z.array(StoredTable).min(1).max(200) }).optional(),
    tables: z.array(Table).min(1),
    invariants: z.array(Invariant).default([]),
    /** Where the application records its schema migrations; versions are UTC stamps (YYYYMMDDHHMMSS). */
    migrations: z.strictObject({ table: Identifier, column: Identifier }).optional(),
    updates: z.strictObject({ everyMinutes: z.number().positive().default(15) }),
    logs: z.strictObject({
      watchSeconds: z.number().positive().max(600),
      /** Regular expressions of lines that must not appear after a change. */
      alarming: z.array(z.string()).default([]),
    }),
  })
  .superRefine((system, context) => {
    for (const problem of problemsOf(system)) context.addIssue({ code: 'custom', ...problem });
  });
export type System = z.infer<typeof System>;

type Problem = { path: (string | number)[]; message: string };

/** Rules between the parts of one system file that no field alone can break. */
function problemsOf(system: z.infer<typeof System>): Problem[] {
  const problems: Problem[] = [...scheduleProblems(system), ...incidentProblems(system)];
  const known = new Set(Object.keys(system.roles));
  const mustBeRole = (name: string, path: (string | number)[]) => {
    if (!known.has(name)) problems.push({ path, message: `names the role "${name}", which is not under roles` });
  };
  for (const [at, role] of system.operators.entries()) mustBeRole(role, ['operators', at]);
  if (system.environments[system.backups.of] === undefined) {
    problems.push({ path: ['backups', 'of'], message: `there is no environment "${system.backups.of}"` });
  }
  for (const [name, { environment }] of Object.entries(system.scenarios)) {
    if (system.environments[environment] !== undefined) continue;
    problems.push({ path: ['scenarios', name, 'environment'], message: `there is no environment "${environment}"` });
  }
  for (const [name, { consent, protected: isProtected, masked }] of Object.entries(system.environments)) {
    const path = ['environments', name, 'consent'];
    if (masked && system.masking === undefined) {
      problems.push({ path: ['environments', name, 'masked'], message: 'needs the rules under masking' });
    }
    if (isProtected && consent.kind !== 'approvals') {
      problems.push({ path, message: 'a protected environment needs approvals' });
    }
    if (consent.kind !== 'approvals') continue;
    for (const [at, role] of consent.roles.entries()) mustBeRole(role, [...path, 'roles', at]);
    for (const role of Object.keys(consent.require)) {
      const at = [...path, 'require', role];
      mustBeRole(role, at);
      if (!consent.roles.includes(role))
        problems.push({ path: at, message: `requires "${role}", which may not approve` });
    }
  }
  for (const [at, pattern] of system.logs.alarming.entries()) {
    if (!isRegExp(pattern)) problems.push({ path: ['logs', 'alarming', at], message: 'is not a regular expression' });
  }
  return problems;
}

function isRegExp(pattern: string): boolean {
  try {
    return new RegExp(pattern) instanceof RegExp;
  } catch {
    return false;
  }
}
