// What the platform says in tests: eight nightly backups, two releases, two databases, read on 21 November 2025 at 14:00 UTC.
import type { Backup, EnvironmentFacts, Facts, Proof, Release, Survey, Target } from '../../src/core/facts.ts';

export const NOW = new Date('2025-11-21T14:00:00.000Z');
const HOUR = 3_600_000;
const DAY = 24 * HOUR;

/** A moment so many days and hours before NOW. */
export function daysAgo(days: number, hours = 0): string {
  return new Date(NOW.getTime() - days * DAY - hours * HOUR).toISOString();
}

/** A finished nightly backup of 245 MB that began today at 02:00 UTC and took four minutes. */
export function backupOf(id: string, overrides: Partial<Backup> = {}): Backup {
  const startedAt = overrides.startedAt ?? daysAgo(0, 12);
  return {
    id,
    kind: 'scheduled',
    state: 'finished',
    startedAt,
    finishedAt: new Date(Date.parse(startedAt) + 240_000).toISOString(),
    bytes: 245_000_000,
    sha256: null,
    ...overrides,
  };
}

/** One for each of the last days, newest first: a008 is of today, a007 of yesterday. */
export function nightly(days: number): Backup[] {
  return Array.from({ length: days }, (_, ago) => backupOf(`a00${days - ago}`, { startedAt: daysAgo(ago, 12) }));
}

export function releaseOf(id: string, overrides: Partial<Release> = {}): Release {
  return {
    id,
    code: `slug-${id}`,
    commit: `${id}def567890`,
    description: `Deploy ${id}`,
    by: 'engineer@example.com',
    createdAt: daysAgo(0, 1),
    state: 'succeeded',
    current: false,
    ...overrides,
  };
}

export function targetOf(environment: string, overrides: Partial<Target> = {}): Target {
  return {
    environment,
    name: `grayledger-${environment}`,
    database: `postgresql-${environment}`,
    identity: `addon-${environment}`,
    ...overrides,
  };
}

export const SURVEY: Survey = {
  tables: { entries: { rows: 4812, writtenSince: 12 }, users: { rows: 31, writtenSince: null } },
  migrations: ['20250101000000', '20251101090000'],
};

export function environmentFacts(environment: string, overrides: Partial<EnvironmentFacts> = {}): EnvironmentFacts {
  return {
    target: targetOf(environment),
    window: null,
    server: null,
    backups: environment === 'production' ? nightly(8) : [],
    releases: [releaseOf('v256', { current: true }), releaseOf('v255', { createdAt: daysAgo(2) })],
    releasePhase: null,
    activity: [],
    survey: SURVEY,
    surveyProblem: null,
    ...overrides,
  };
}

/** Production and staging, each as it is unless told otherwise. */
export function factsOf(differing: Readonly<Record<string, Partial<EnvironmentFacts>>> = {}): Facts {
  const names = [...new Set(['production', 'staging', ...Object.keys(differing)])];
  const environments = names.map((name) => [name, environmentFacts(name, differing[name])] as const);
  return { at: NOW.toISOString(), environments: Object.fromEntries(environments) };
}

/** A backup was restored and its data checked, yesterday, in 02:41. */
export function proofOf(backup: string, overrides: Partial<Proof> = {}): Proof {
  return {
    system: 'grayledger',
    backup,
    operation: 'op-38',
    at: daysAgo(1, 4),
    seconds: 161,
    tables: { entries: 4800, users: 31 },
    ...overrides,
  };
}
