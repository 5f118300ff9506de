// The way back from what was restored or rolled back, the way back from that, and when there is none.
import { describe, expect, it } from 'vitest';
import type { OperationCommand } from '../../../src/core/command.ts';
import { Refusal } from '../../../src/core/errors.ts';
import type { Activity, EnvironmentFacts, Facts } from '../../../src/core/facts.ts';
import type { Event } from '../../../src/core/journal.ts';
import type { Operation } from '../../../src/core/operation.ts';
import type { PlanDraft } from '../../../src/core/runbook.ts';
import { restore } from '../../../src/runbooks/restore.ts';
import { rollback } from '../../../src/runbooks/rollback.ts';
import { undo } from '../../../src/runbooks/undo.ts';
import { verify } from '../../../src/runbooks/verify.ts';
import { backupOf, daysAgo, factsOf, releaseOf, SURVEY, targetOf } from '../../support/facts.ts';
import { systemOf } from '../../support/system.ts';
import { carriedOut, inWords, journaled, planned } from './drafts.ts';

const UNDO = { verb: 'undo', operation: 'op-40' } satisfies OperationCommand;
const CANDIDATE = 'grayledger-production-op41-7f3a';

/** Production on another database than it began with. */
function living(database: string, differing: Partial<EnvironmentFacts> = {}): Facts {
  return factsOf({ production: { target: targetOf('production', { database }), ...differing } });
}

const promoted = carriedOut(
  planned(restore, { verb: 'restore', system: null, environment: 'production', backup: 'a008', at: null, table: null }),
  'restore',
);
const overwritten = carriedOut(
  planned(restore, { verb: 'restore', system: null, environment: 'staging', backup: 'a008', at: null, table: null }),
  'restore',
  { output: { backup: 'b012' } },
);
const rolledBack = carriedOut(planned(rollback, { verb: 'rollback', system: null, release: 'v255' }), 'rollback');
const looked = carriedOut(planned(verify, { verb: 'verify', system: null, backup: 'latest', deep: false }), 'verify');

const preimage = backupOf('b012', { kind: 'manual', startedAt: daysAgo(0, 1) });
const withPreimage = factsOf({ staging: { backups: [preimage] } });
/** v257 has the code of v255: that is how a rollback shows. */
const afterRollback = [
  releaseOf('v257', { code: 'slug-v255', current: true, createdAt: daysAgo(0, 1) }),
  releaseOf('v256'),
  releaseOf('v255', { createdAt: daysAgo(2) }),
];

function undoing(former: Operation | null, facts: Facts): PlanDraft {
  return planned(undo, UNDO, { former, facts });
}

function refusal(former: Operation | null, facts: Facts = factsOf()): string {
  try {
    undoing(former, facts);
  } catch (thrown) {
    if (thrown instanceof Refusal) return `${thrown.code}: ${thrown.message}`;
    throw thrown;
  }
  throw new Error('it was not refused');
}

/** The same operation as if the events after its proposal had been others. */
function endedBy(...events: Event[]): Operation {
  return journaled(promoted.plan, events);
}

describe('undo of a restore of production', () => {
  it('makes the database before it the live one again, and says what that loses', () => {
    expect(inWords(undoing(promoted, living(CANDIDATE)))).toMatchInlineSnapshot(`
      "Undo op-40: make postgresql-production the live database of grayledger-production again [production]
      · Live since: 2025-11-21 13:00 UTC, by op-40
      ! Lost by this: rows added since then: entries 12 rows; besides, not counted: changes to older rows and rows of users
      pinned: grayledger-production/grayledger-production-op41-7f3a
      ----
      s1 maintenance.on: Show the maintenance page (environment production)
      s2 database.promote: Make postgresql-production the live database (environment production, promote postgresql-production, previous grayledger-production-op41-7f3a)
      s3 services.check: See the application run on it (environment production, database postgresql-production)
      s4 maintenance.off: Open to customers again (environment production)
      s5 health.check: Ask the health endpoint (environment production, required false)
      undo: grayledger-production-op41-7f3a is kept until /dr cleanup op-41 removes it, and can be made the live database again"
    `);
  });

  it('says that nothing is lost only where rows were counted', () => {
    const lost = (differing: Partial<EnvironmentFacts>) =>
      undoing(promoted, living(CANDIDATE, differing)).statements.at(-1);
    const survey = { ...SURVEY, tables: { entries: { rows: 9, writtenSince: 0 } } };
    expect(lost({ survey })).toMatchObject({
      tone: 'plain',
      text: 'no rows were added since then (not counted: changes to older rows)',
    });
    expect(lost({ survey: null, surveyProblem: 'connection refused' })).toMatchObject({
      tone: 'warn',
      text: 'unknown: the live database does not answer (connection refused)',
    });
  });

  it('counts the rows written since the restore was proposed: whatever is younger was written into the new database', () => {
    expect(undo.needs(UNDO, systemOf(), promoted)).toMatchObject({
      capabilities: ['backups'],
      environments: ['production'],
      survey: ['production'],
    });
    expect(undo.needs(UNDO, systemOf(), promoted).writtenSince(factsOf())).toBe(promoted.plan.proposedAt);
  });

  it('can be undone in turn: the restored database goes live again', () => {
    const undone = carriedOut(undoing(promoted, living(CANDIDATE)), 'undo', { operation: 'op-41', undoes: 'op-40' });
    expect(inWords(undoing(undone, living('postgresql-production')))).toMatchInlineSnapshot(`
      "Undo op-41: make grayledger-production-op41-7f3a the live database of grayledger-production again [production]
      · Live since: 2025-11-21 13:00 UTC, by op-41
      ! Lost by this: rows added since then: entries 12 rows; besides, not counted: changes to older rows and rows of users
      pinned: grayledger-production/postgresql-production
      ----
      s1 maintenance.on: Show the maintenance page (environment production)
      s2 database.promote: Make grayledger-production-op41-7f3a the live database (environment production, promote grayledger-production-op41-7f3a, previous postgresql-production)
      s3 services.check: See the application run on it (environment production, database grayledger-production-op41-7f3a)
      s4 maintenance.off: Open to customers again (environment production)
      s5 health.check: Ask the health endpoint (environment production, required false)
      undo: postgresql-production is kept until /dr cleanup op-41 removes it, and can be made the live database again"
    `);
  });

  it('is possible when the restore ended unverified', () => {
    const last = { is: 'unverified' as const, why: 'no answer', evidence: { says: [], checks: [] }, output: null };
    const former = carriedOut(
      planned(restore, {
        verb: 'restore',
        system: null,
        environment: 'production',
        backup: 'a008',
        at: null,
        table: null,
      }),
      'restore',
      { last },
    );
    expect(former.state).toBe('unverified');
    expect(undoing(former, living(CANDIDATE)).headline).toContain('Undo op-40');
  });

  it('is refused when production has moved on to another database', () => {
    expect(refusal(promoted, living('postgresql-newer'))).toBe(
      'moved-on: grayledger-production no longer uses the database that op-40 made live; now it is postgresql-newer. Undo the later change first.',
    );
  });

  it('is refused while somebody else restores, not while a backup is taken', () => {
    const restoring: Activity = { is: 'restore', text: 'restore r013' };
    const backingUp: Activity = { is: 'backup', text: 'backup b013' };
    expect(refusal(promoted, living(CANDIDATE, { activity: [restoring] }))).toMatch(/^target-busy: .*restore r013/);
    expect(undoing(promoted, living(CANDIDATE, { activity: [backingUp] })).steps).not.toEqual([]);
  });
});

describe('undo of a restore of staging', () => {
  it('puts back what was overwritten, and keeps what it overwrites', () => {
    expect(inWords(undoing(overwritten, withPreimage))).toMatchInlineSnapshot(`
      "Undo op-40: put grayledger-staging back to b012 [staging]
      · Source: grayledger-staging, backup b012, taken by op-40 at 2025-11-21 13:00 UTC
      ! Overwrites: what op-40 restored into grayledger-staging/postgresql-staging
      pinned: grayledger-staging/postgresql-staging, b012 of staging
      ----
      s1 backup.capture: Back up grayledger-staging as it is now (environment staging, target grayledger-staging, kind preimage)
      s2 database.restore: Restore b012 into grayledger-staging (environment staging, target grayledger-staging, from b012 of staging, preimage s1)
      s3 database.check: Check the restored data (environment staging, target grayledger-staging, expect null)
      s4 health.check: Ask the health endpoint (environment staging, required false)
      undo: the backup taken in the first step is restored"
    `);
  });

  it('can be undone in turn, with the backup that the undo took', () => {
    const undone = carriedOut(undoing(overwritten, withPreimage), 'undo', {
      operation: 'op-41',
      output: { backup: 'b013' },
    });
    const facts = factsOf({ staging: { backups: [backupOf('b013', { kind: 'manual' }), preimage] } });
    expect(inWords(undoing(undone, facts))).toMatchInlineSnapshot(`
      "Undo op-41: put grayledger-staging back to b013 [staging]
      · Source: grayledger-staging, backup b013, taken by op-41 at 2025-11-21 02:00 UTC
      ! Overwrites: what op-41 restored into grayledger-staging/postgresql-staging
      pinned: grayledger-staging/postgresql-staging, b013 of staging
      ----
      s1 backup.capture: Back up grayledger-staging as it is now (environment staging, target grayledger-staging, kind preimage)
      s2 database.restore: Restore b013 into grayledger-staging (environment staging, target grayledger-staging, from b013 of staging, preimage s1)
      s3 database.check: Check the restored data (environment staging, target grayledger-staging, expect null)
      s4 health.check: Ask the health endpoint (environment staging, required false)
      undo: the backup taken in the first step is restored"
    `);
  });

  it('finds the backup that was taken even where it was not read back', () => {
    const { plan } = overwritten;
    const ended = (step: string, output: { backup: string } | null): Event[] => [
      { type: 'step_started', step, before: null },
      {
        type: 'step_ended',
        step,
        outcome: { is: 'unverified', why: '?', evidence: { says: [], checks: [] }, output },
        adopted: false,
      },
    ];
    const former = journaled(plan, [
      { type: 'started' },
      ...ended('s1', { backup: 'b012' }),
      ...['s2', 's3', 's4'].flatMap((id) => ended(id, null)),
      { type: 'finished', outcome: 'unverified' },
    ]);
    expect(undoing(former, withPreimage).pinned.backup?.backup.id).toBe('b012');
  });

  it('is refused when the backup that was taken is gone', () => {
    expect(refusal(overwritten)).toBe(
      'preimage-gone: The backup b012 that op-40 took of grayledger-staging is gone. Restore another one: `/dr backups`.',
    );
  });

  it.each([
    ['nobody knows which it was', null],
    ['what the step reported is something else', { transfer: 'r015' }],
  ])('is refused when %s', (_what, output) => {
    const former = carriedOut(
      planned(restore, {
        verb: 'restore',
        system: null,
        environment: 'staging',
        backup: 'a008',
        at: null,
        table: null,
      }),
      'restore',
      { output },
    );
    expect(refusal(former, withPreimage)).toMatch(/^preimage-gone: The backup unknown that op-40 took/);
    expect(refusal({ ...former, steps: {} }, withPreimage)).toMatch(/^preimage-gone/);
  });

  it('is refused while somebody else is at work', () => {
    expect(
      refusal(
        overwritten,
        factsOf({ staging: { backups: [preimage], activity: [{ is: 'backup', text: 'backup b012' }] } }),
      ),
    ).toMatch(/^target-busy/);
  });
});

describe('undo of a rollback', () => {
  it('returns to the release before it', () => {
    expect(inWords(undoing(rolledBack, factsOf({ production: { releases: afterRollback } })))).toMatchInlineSnapshot(`
      "Undo op-40: roll grayledger-production forward to v256 [production]
      · Runs now: v257 (Deploy v257, commit v257def, by engineer@example.com, 1 h ago)
      · Will run: v256 (Deploy v256, commit v256def, by engineer@example.com, 1 h ago)
      · Difference: code v257def → v256def
      · Release phase: none
      · Migrations: none is younger than v256
      · Not touched: the database and the add-ons; configuration returns to that of the release
      pinned: grayledger-production/postgresql-production, v257 → v256 of production
      ----
      s1 release.rollback: Return from v257 to v256 (environment production, to v256, from v257)
      s2 health.check: Ask the health endpoint (environment production, required false)
      s3 logs.watch: Watch the logs (environment production)
      undo: v257 is released again"
    `);
    expect(undo.needs(UNDO, systemOf(), rolledBack).capabilities).toEqual(['releases']);
  });

  it('can be undone in turn', () => {
    const undone = carriedOut(undoing(rolledBack, factsOf({ production: { releases: afterRollback } })), 'undo', {
      operation: 'op-41',
    });
    const releases = [
      releaseOf('v258', { code: 'slug-v256', current: true }),
      ...afterRollback.map((release) => ({ ...release, current: false })),
    ];
    const draft = undoing(undone, factsOf({ production: { releases } }));
    expect(draft.headline).toBe('Undo op-41: roll grayledger-production forward to v257');
    expect(draft.pinned.release).toMatchObject({ current: 'v258', code: 'slug-v256', to: 'v257' });
  });

  it('is refused when somebody has deployed since', () => {
    const releases = [
      releaseOf('v258', { current: true }),
      ...afterRollback.map((release) => ({ ...release, current: false })),
    ];
    expect(refusal(rolledBack, factsOf({ production: { releases } }))).toBe(
      'moved-on: grayledger-production runs v258 (Deploy v258), no longer the code of v255. Name the release to return to: `/dr rollback <release>`.',
    );
  });
});

describe('there is no undo', () => {
  const stopped: Event = { type: 'stopped', outcome: 'cancelled', why: 'not needed', by: null };

  it.each<[string, Operation | null, string]>([
    ['of what never was', null, 'no-such-operation: There is no such operation. See `/dr status`.'],
    [
      'of what only looked',
      looked,
      'nothing-to-undo: There is nothing to undo in op-40: nothing is changed. See `/dr status`.',
    ],
    [
      'of what was undone',
      journaled(looked.plan, [
        { type: 'started' },
        { type: 'finished', outcome: 'succeeded' },
        { type: 'undone', operation: 'op-44' },
      ]),
      'already-undone: op-40 was undone by op-44. There is nothing left to do.',
    ],
    [
      'of what was undone by nobody knows what',
      { ...promoted, state: 'undone' },
      'already-undone: op-40 was undone by another operation. There is nothing left to do.',
    ],
    [
      'of what is running',
      endedBy({ type: 'started' }),
      'not-undoable: op-40 is running: only a finished operation can be undone. See `/dr audit op-40`.',
    ],
    [
      'of what waits',
      { ...endedBy(), state: 'awaiting_approval' },
      'not-undoable: op-40 is awaiting approval: only a finished operation can be undone. See `/dr audit op-40`.',
    ],
    [
      'of what was cancelled',
      endedBy(stopped, { type: 'finished', outcome: 'cancelled' }),
      'not-undoable: op-40 is cancelled: only a finished operation can be undone. See `/dr audit op-40`.',
    ],
    [
      'of what failed: it has taken itself back',
      endedBy(stopped, { type: 'finished', outcome: 'failed' }),
      'not-undoable: op-40 is failed: only a finished operation can be undone. See `/dr audit op-40`.',
    ],
    [
      'of steps for which no way back is known',
      { ...looked, plan: { ...looked.plan, undo: { possible: true, text: 'somehow' } } },
      'nothing-to-undo: There is nothing to undo in op-40: somehow. See `/dr status`.',
    ],
  ])('%s', (_what, former, says) => {
    expect(refusal(former)).toBe(says);
  });

  it('and no facts are asked for when the operation does not exist', () => {
    const need = undo.needs(UNDO, systemOf(), null);
    expect(need).toMatchObject({ capabilities: ['backups'], environments: [], survey: [] });
    expect(need.writtenSince(factsOf())).toBeNull();
  });
});
