// Which backups that Holdfast keeps itself are kept and why, and which would go: pure rules over tiers (S13, P13, B3, G2).
import { z } from 'zod';
import { latestBackup, newestFinished } from './backup-checks.ts';
import type { Backup, Copy, EnvironmentFacts } from './facts.ts';
import type { Operation } from './operation.ts';
import type { BackupRules } from './system.ts';
import { span } from './wording.ts';

const DAY = 86_400_000;

export type Tiers = NonNullable<BackupRules['tiers']>;

/** What must not be deleted whatever its age: backups, or copies of backups, by their ids. */
export type Held = {
  /** The last ones that a restore has proven: of all that ever were, and of those that are still there. */
  readonly proven: readonly string[];
  /** Those that operations use which have not ended. */
  readonly inUse: readonly { readonly backup: string; readonly by: string }[];
};

/**
 * Why a backup is kept. `tier`: it is younger than its kind is kept; `monthly`: it is the first of its month; `no-tier`: the
 * system file names no time for its kind; `unknown`: nobody can say that it is a whole backup.
 */
export type Rule = 'newest' | 'proven' | 'in-use' | 'milestone' | 'tier' | 'monthly' | 'no-tier' | 'unknown';

export type Kept = { readonly backup: Backup; readonly rule: Rule; readonly why: string };
export type Going = { readonly backup: Backup; readonly why: string };

export type Retained = { readonly kept: readonly Kept[]; readonly going: readonly Going[] };

/** What `/dr backups --retention` shows: what would go before anything goes. */
export type RetentionView = {
  readonly at: string;
  /** The system's title. */
  readonly system: string;
  readonly environment: string;
  /** Null where the system file names none: then nothing ever goes. */
  readonly tiers: Tiers | null;
  readonly places: readonly (Retained & {
    readonly place: PlaceOfBackups;
    /** For a person: the app's or host's name, or "s3://bucket/prefix/". */
    readonly name: string;
    /** Why it could not be read; nothing is known of it then. */
    readonly problem: string | null;
  })[];
};

/** Where Holdfast keeps backups itself: beside the database, and out of the house. */
export type PlaceOfBackups = 'archives' | 'offsite';

/** Judges all backups of one place, newest first. Every one is in exactly one of the two lists. */
export function retain(backups: readonly Backup[], tiers: Tiers, held: Held, now: Date): Retained {
  const never = neverDeleted(backups, held);
  const first = firstsOfMonths(backups);
  const kept: Kept[] = [];
  const going: Going[] = [];
  for (const backup of backups) {
    const fixed = never(backup) ?? unknown(backup, now);
    if (fixed !== null) {
      kept.push({ backup, ...fixed });
      continue;
    }
    const judged = byAge(backup, first.has(backup.id), tiers, now);
    if ('rule' in judged) kept.push({ backup, ...judged });
    else going.push({ backup, ...judged });
  }
  return { kept, going };
}

type Because = Omit<Kept, 'backup'>;

function neverDeleted(backups: readonly Backup[], { proven, inUse }: Held): (backup: Backup) => Because | null {
  const scheduled = backups.filter(({ kind }) => kind === 'scheduled');
  const newest = new Set([newestFinished(scheduled)?.id, latestBackup(backups)?.id]);
  return (backup) => {
    const ids = idsOf(backup);
    if (newest.has(backup.id)) return { rule: 'newest', why: 'the newest finished one' };
    if (proven.some((id) => ids.includes(id))) return { rule: 'proven', why: 'the last one that a restore has proven' };
    const user = inUse.find((use) => ids.includes(use.backup));
    if (user !== undefined) return { rule: 'in-use', why: `${user.by} uses it` };
    if (backup.keep === 'forever') return { rule: 'milestone', why: 'a milestone: kept forever' };
    return null;
  };
}

/** A copy stands for the backup that it was made of. */
function idsOf(backup: Backup | Copy): string[] {
  return 'of' in backup ? [backup.id, backup.of] : [backup.id];
}

/** What is no whole backup for certain is for a person to judge. */
function unknown(backup: Backup, now: Date): Because | null {
  const rule = 'unknown';
  if (backup.state !== 'finished' || backup.finishedAt === null)
    return { rule, why: `it is ${stateOf(backup)}: look at it` };
  if (backup.bytes === null) return { rule, why: 'its size is unknown' };
  if (Date.parse(backup.finishedAt) > now.getTime()) return { rule, why: 'it is dated in the future' };
  return null;
}

function stateOf({ state }: Backup): string {
  return state === 'finished' ? 'without an end' : state;
}

/** The first finished one of each month in UTC. A pre-image shows data that was about to be replaced: it stands for no month. */
function firstsOfMonths(backups: readonly Backup[]): ReadonlySet<string> {
  const firsts = new Map<string, Backup>();
  for (const backup of backups) {
    if (backup.state !== 'finished' || backup.kind === 'preimage') continue;
    const month = backup.startedAt.slice(0, 7);
    const other = firsts.get(month);
    if (other === undefined || isBefore(backup, other)) firsts.set(month, backup);
  }
  return new Set([...firsts.values()].map(({ id }) => id));
}

function isBefore(one: Backup, other: Backup): boolean {
  const [mine, theirs] = [Date.parse(one.startedAt), Date.parse(other.startedAt)];
  return mine < theirs || (mine === theirs && one.id < other.id);
}

/** Kept as long as any of its tiers says; the tier that keeps it longest is named. */
function byAge(backup: Backup, isFirst: boolean, tiers: Tiers, now: Date): Because | Omit<Going, 'backup'> {
  const { kind, startedAt } = backup;
  const own = tiers[kind];
  if (own === undefined) return { rule: 'no-tier', why: `no time is named for ${kind} ones` };
  const monthly = isFirst ? tiers.monthly : undefined;
  const month = `the first of ${startedAt.slice(0, 7)}`;
  if (own === null) return { rule: 'tier', why: `${kind}: kept forever` };
  if (monthly === null) return { rule: 'monthly', why: `${month}: kept forever` };
  const isLonger = monthly !== undefined && monthly > own;
  const days = isLonger ? monthly : own;
  const what = isLonger ? month : kind;
  const until = Date.parse(startedAt) + days * DAY;
  if (until > now.getTime()) {
    const date = new Date(until).toISOString().slice(0, 10);
    return { rule: isLonger ? 'monthly' : 'tier', why: `${what}: kept until ${date}` };
  }
  return { why: `${what}: ${span((now.getTime() - Date.parse(startedAt)) / 1000)} old, kept for ${days} d` };
}

const Captured = z.looseObject({ backup: z.string() });
const Source = z.looseObject({ from: z.looseObject({ backup: z.looseObject({ id: z.string() }) }) });

/** The backups that an operation works with: pinned, named by its steps, or taken by them for the way back. */
export function usedBy({ id, plan, steps }: Operation): Held['inUse'] {
  const { backup } = plan.pinned;
  const named = plan.steps.flatMap(({ args }) => [
    Source.safeParse(args).data?.from.backup.id,
    Captured.safeParse(args).data?.backup,
  ]);
  const taken = Object.values(steps).map(({ outcome }) =>
    outcome?.is === 'done' ? Captured.safeParse(outcome.output).data?.backup : undefined,
  );
  const all = [backup?.backup.id, ...named, ...taken].filter((one) => one !== undefined);
  return [...new Set(all)].map((one) => ({ backup: one, by: id }));
}

/** Both places of an environment, judged. `archives` are Holdfast's own only where it reaches the server itself. */
export function retentionOf(
  { target, backups, offsite, server }: EnvironmentFacts,
  tiers: Tiers,
  held: Held,
  now: Date,
): RetentionView['places'] {
  const own = server === null ? [] : [{ place: 'archives' as const, name: target.name, problem: null, all: backups }];
  const out =
    offsite == null
      ? []
      : [{ place: 'offsite' as const, name: offsite.name, problem: offsite.problem, all: offsite.copies }];
  return [...own, ...out].map(({ all, ...place }) => ({ ...place, ...retain(all, tiers, held, now) }));
}
