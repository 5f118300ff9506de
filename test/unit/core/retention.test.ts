// What is kept, what would go, and what is never deleted whatever anybody has written into the system file.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Backup, Copy } from '../../../src/core/facts.ts';
import { type Held, retain, retentionOf, type Tiers, usedBy } from '../../../src/core/retention.ts';
import { restore } from '../../../src/runbooks/restore.ts';
import { verify } from '../../../src/runbooks/verify.ts';
import { backupOf, daysAgo, environmentFacts, NOW } from '../../support/facts.ts';
import { carriedOut, planned } from '../runbooks/drafts.ts';

const NOTHING: Held = { proven: [], inUse: [] };
const TIERS: Tiers = { scheduled: 7, manual: 30, preimage: 30, monthly: 365 };
const SERVER = { services: [], migrate: null, bytes: null, freeBytes: null, warm: [], candidates: [], kept: [] };

/** Why each is kept, or `goes: ` and why, by id. */
function judged(backups: readonly Backup[], tiers: Tiers = TIERS, held: Held = NOTHING): Record<string, string> {
  const { kept, going } = retain(backups, tiers, held, NOW);
  return Object.fromEntries([
    ...kept.map(({ backup, why }) => [backup.id, why]),
    ...going.map(({ backup, why }) => [backup.id, `goes: ${why}`]),
  ]);
}

/** So many days old; the newest stands beside it, so that it is not kept for being that. */
const beside = (days: number, overrides: Partial<Backup> = {}) => [
  backupOf('newest'),
  backupOf('it', { startedAt: daysAgo(days), ...overrides }),
  // The first of its month, so that `it` is not.
  backupOf('first', { startedAt: `${daysAgo(days).slice(0, 7)}-01T00:00:00.000Z` }),
];

const it_ = (days: number, overrides: Partial<Backup> = {}, tiers = TIERS, held = NOTHING) =>
  judged(beside(days, overrides), tiers, held)['it'];

describe('a backup', () => {
  it.each([
    ['scheduled', 6, 'scheduled: kept until 2025-11-22'],
    ['scheduled', 8, 'goes: scheduled: 8 d old, kept for 7 d'],
    ['manual', 29, 'manual: kept until 2025-11-22'],
    ['manual', 31, 'goes: manual: 31 d old, kept for 30 d'],
    ['preimage', 31, 'goes: preimage: 31 d old, kept for 30 d'],
  ] as const)('of the kind %s that is %i days old: %s', (kind, days, why) => {
    expect(it_(days, { kind })).toBe(why);
  });

  it('goes at the very moment at which its time is over, and not before', () => {
    const at = (ms: number) => it_(0, { startedAt: new Date(NOW.getTime() - 7 * 86_400_000 + ms).toISOString() });
    expect(at(1)).toMatch(/^scheduled: kept until/);
    expect(at(0)).toMatch(/^goes: /);
  });

  it('of a kind for which no time is named is kept, and one that is kept for ever is', () => {
    expect(it_(900, { kind: 'manual' }, { scheduled: 7 })).toBe('no time is named for manual ones');
    expect(it_(900, {}, { scheduled: null })).toBe('scheduled: kept forever');
  });

  it('that its manifest calls a milestone is kept for ever', () => {
    expect(it_(900, { keep: 'forever' })).toBe('a milestone: kept forever');
  });

  it('that is the first of its month is kept as such, if that is longer', () => {
    const first = (tiers: Tiers) => judged(beside(20), tiers)['first'];
    expect(first(TIERS)).toBe('the first of 2025-11: kept until 2026-11-01');
    expect(first({ scheduled: 7, monthly: null })).toBe('the first of 2025-11: kept forever');
    expect(first({ scheduled: 60, monthly: 30 })).toBe('scheduled: kept until 2025-12-31');
    expect(first({ scheduled: 7 })).toMatch(/^goes: scheduled/);
    expect(judged(beside(400))['first']).toMatch(/^goes: the first of 2024-10: \d+ d .*old, kept for 365 d$/);
  });

  it('is the first of its month in UTC; of two at the same moment the first by name; no pre-image and no failed one is', () => {
    const at = (id: string, startedAt: string, overrides: Partial<Backup> = {}) =>
      backupOf(id, { startedAt, ...overrides });
    const july = '2025-07-01T00:00:00.000Z';
    const all = [
      backupOf('newest'),
      at('b', july),
      at('a', july),
      at('of-june', '2025-06-30T23:59:59.000Z', { kind: 'preimage' }),
      at('failed', '2025-06-02T00:00:00.000Z', { state: 'failed', finishedAt: null }),
      at('june', '2025-06-03T00:00:00.000Z'),
    ];
    const monthly = Object.entries(judged(all)).flatMap(([id, why]) => (why.startsWith('the first of') ? [id] : []));
    expect(monthly.sort()).toEqual(['a', 'june']);
  });

  it.each([
    ['failed', { state: 'failed', finishedAt: null }, 'it is failed: look at it'],
    ['running', { state: 'running', finishedAt: null }, 'it is running: look at it'],
    ['finished without an end', { finishedAt: null }, 'it is without an end: look at it'],
    ['of unknown size', { bytes: null }, 'its size is unknown'],
    ['dated in the future', { finishedAt: '2025-11-21T14:00:01.000Z' }, 'it is dated in the future'],
  ] as const)('that is %s is kept for a person to judge', (_what, overrides, why) => {
    expect(it_(900, overrides)).toBe(why);
  });

  it('that a restore has proven last, or that an operation uses, is kept whatever its age', () => {
    expect(it_(900, {}, TIERS, { proven: ['other', 'it'], inUse: [] })).toBe('the last one that a restore has proven');
    expect(it_(900, {}, TIERS, { proven: [], inUse: [{ backup: 'it', by: 'op-7' }] })).toBe('op-7 uses it');
  });

  it('is held as its own copy too: what holds a backup holds what was made of it', () => {
    const copy: Copy = {
      ...backupOf('x.age', { startedAt: daysAgo(900) }),
      of: 'a001',
      ofSha256: '',
      copiedAt: daysAgo(1),
    };
    const all = [backupOf('newest'), copy, backupOf('first', { startedAt: '2023-06-01T00:00:00.000Z' })];
    expect(judged(all)['x.age']).toMatch(/^goes/);
    expect(judged(all, TIERS, { proven: ['a001'], inUse: [] })['x.age']).toBe('the last one that a restore has proven');
    expect(judged(all, TIERS, { proven: [], inUse: [{ backup: 'a001', by: 'op-9' }] })['x.age']).toBe('op-9 uses it');
  });

  it('that is the newest finished scheduled one is kept however old it is; without one the newest manual is', () => {
    const old = { startedAt: daysAgo(900) };
    expect(
      judged([backupOf('b', { ...old, kind: 'manual' }), backupOf('a', { startedAt: daysAgo(901) })]),
    ).toMatchObject({
      a: 'the newest finished one',
    });
    expect(judged([backupOf('b', { ...old, kind: 'manual' })])).toEqual({ b: 'the newest finished one' });
  });
});

const HOUR = 3_600_000;
const anyBackups = fc
  .array(
    fc.record({
      kind: fc.constantFrom('scheduled', 'manual', 'preimage'),
      state: fc.constantFrom('finished', 'finished', 'finished', 'failed'),
      hours: fc.integer({ min: -48, max: 24 * 800 }),
      bytes: fc.option(fc.integer({ min: 1, max: 1e9 })),
      keep: fc.constantFrom('forever', undefined, undefined, undefined, undefined),
    }),
    { maxLength: 40 },
  )
  .map((all) =>
    all
      .toSorted((a, b) => a.hours - b.hours)
      .map(({ hours, keep, ...one }, at): Backup => {
        const startedAt = new Date(NOW.getTime() - hours * HOUR).toISOString();
        const finishedAt = one.state === 'finished' ? startedAt : null;
        return { ...one, id: `x${at}`, startedAt, finishedAt, sha256: null, ...(keep === undefined ? {} : { keep }) };
      }),
  );
const days = fc.option(fc.integer({ min: 1, max: 500 }), { nil: null });
const anyTiers: fc.Arbitrary<Tiers> = fc.record(
  { scheduled: days, manual: days, preimage: days, monthly: days },
  { requiredKeys: [] },
);
const anyId = fc.integer({ min: 0, max: 40 }).map((at) => `x${at}`);
const anyHeld: fc.Arbitrary<Held> = fc.record({
  proven: fc.array(anyId, { maxLength: 2 }),
  inUse: fc.array(fc.record({ backup: anyId, by: fc.constant('op-1') }), { maxLength: 3 }),
});
const later = fc.integer({ min: 0, max: 24 * 1000 }).map((hours) => new Date(NOW.getTime() + hours * HOUR));
const idsOf = (all: readonly { readonly backup: Backup }[]) => all.map(({ backup }) => backup.id);

describe('whatever the backups, the tiers and the time', () => {
  it('every backup is in exactly one of the lists', () => {
    fc.assert(
      fc.property(anyBackups, anyTiers, anyHeld, (backups, tiers, held) => {
        const { kept, going } = retain(backups, tiers, held, NOW);
        expect([...idsOf(kept), ...idsOf(going)].sort()).toEqual(backups.map(({ id }) => id).sort());
      }),
    );
  });

  it('what is proven, in use, a milestone, not whole, or the newest finished scheduled one never goes', () => {
    fc.assert(
      fc.property(anyBackups, anyTiers, anyHeld, later, (backups, tiers, held, now) => {
        const going = retain(backups, tiers, held, now).going.map(({ backup }) => backup);
        const newest = backups.find(({ kind, state }) => kind === 'scheduled' && state === 'finished');
        for (const { id, keep, state, bytes, startedAt, kind } of going) {
          expect(held.proven).not.toContain(id);
          expect(held.inUse.map(({ backup }) => backup)).not.toContain(id);
          expect(keep).toBeUndefined();
          expect(state).toBe('finished');
          expect(bytes).not.toBeNull();
          expect(id).not.toBe(newest?.id);
          const time = tiers[kind];
          expect(typeof time).toBe('number');
          expect(now.getTime() - Date.parse(startedAt)).toBeGreaterThanOrEqual(Number(time) * 24 * HOUR);
        }
      }),
      { numRuns: 300 },
    );
  });

  it('deleting what goes leaves nothing that goes', () => {
    fc.assert(
      fc.property(anyBackups, anyTiers, anyHeld, later, (backups, tiers, held, now) => {
        const left = retain(backups, tiers, held, now).kept.map(({ backup }) => backup);
        expect(retain(left, tiers, held, now).going).toEqual([]);
      }),
      { numRuns: 300 },
    );
  });

  it('what would go today would go on every later day', () => {
    fc.assert(
      fc.property(anyBackups, anyTiers, anyHeld, later, (backups, tiers, held, now) => {
        const then = idsOf(retain(backups, tiers, held, now).going);
        for (const id of idsOf(retain(backups, tiers, held, NOW).going)) expect(then).toContain(id);
      }),
      { numRuns: 300 },
    );
  });
});

describe('the places of an environment', () => {
  const offsite = { name: 's3://out/', copies: [], problem: null };

  it('are both ours where the server is reached', () => {
    const places = retentionOf(environmentFacts('production', { server: SERVER, offsite }), TIERS, NOTHING, NOW);
    expect(places.map(({ place, name, kept }) => [place, name, kept.length])).toEqual([
      // The oldest of them is the first of its month.
      ['archives', 'grayledger-production', 8],
      ['offsite', 's3://out/', 0],
    ]);
  });

  it('are only those out of the house where a provider keeps the backups, or none', () => {
    const of = (given: object) =>
      retentionOf(environmentFacts('production', given), TIERS, NOTHING, NOW).map(({ place }) => place);
    expect(of({ offsite })).toEqual(['offsite']);
    expect(of({ offsite: null })).toEqual([]);
    expect(of({})).toEqual([]);
  });
});

describe('an operation', () => {
  it('uses the backup that is pinned, those that its steps name, and the one that it took for the way back', () => {
    const restoring = {
      verb: 'restore' as const,
      system: null,
      environment: 'staging',
      backup: 'a003',
      at: null,
      table: null,
    };
    const operation = carriedOut(planned(restore, restoring), 'restore', { output: { backup: 'b009' } });
    expect(usedBy(operation)).toEqual([
      { backup: 'a003', by: 'op-40' },
      { backup: 'b009', by: 'op-40' },
    ]);
  });

  it('that only looks at one uses it as well, and a step that has not ended leaves nothing yet', () => {
    const draft = planned(verify, { verb: 'verify', system: null, backup: 'a002', deep: false });
    const done = carriedOut(draft, 'verify');
    const [step] = Object.values(done.steps);
    const waiting = { ...done, steps: { s1: { ...step, outcome: null } as NonNullable<typeof step> } };
    expect(usedBy(waiting)).toEqual([{ backup: 'a002', by: 'op-40' }]);
  });
});
