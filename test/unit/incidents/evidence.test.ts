// What Holdfast sees for itself, and that it ticks nothing without having seen it.
import { describe, expect, it } from 'vitest';
import type { ActionName, Outcome } from '../../../src/core/action.ts';
import type { NoticeState } from '../../../src/core/incident-ports.ts';
import { SEEN } from '../../../src/core/incident-rules.ts';
import type { Operation } from '../../../src/core/operation.ts';
import { evidenceOf, type Looked, type Seen } from '../../../src/incidents/evidence.ts';
import { incidentOf } from '../../support/incidents.ts';
import { planOf, stepOf } from '../../support/plans.ts';
import * as journal from '../core/journal-of.ts';

const see = (seen: Seen, looked: Partial<Looked> = {}) => {
  return evidenceOf(seen, { incident: incidentOf(), operations: [], told: null, ...looked });
};

const read = (says: string[], failing = false): Outcome => ({
  is: 'done',
  evidence: { says, checks: failing ? [{ name: 'rows', status: 'fail', figure: '0 rows' }] : [] },
  output: null,
});

/** An operation of one step before the gate, which has ended so. */
function ran(action: ActionName, outcome: Outcome = read(['It answers 200.']), operation = 'op-1'): Operation {
  const plan = planOf({
    operation,
    steps: [
      stepOf('s1', { action, title: 'The step' }),
      stepOf('s2', { action: 'database.promote', effect: 'change' }),
    ],
    gate: 1,
  });
  return journal.operationOf(plan, journal.ran('s1', outcome));
}

const of = (...operations: Operation[]) => ({ operations });

it('sees nothing of an incident that was just declared, but that', () => {
  const seen = SEEN.filter((one) => see(one) !== null);
  expect(seen).toEqual(['declared']);
});

describe('that people were told', () => {
  const notice = (state: NoticeState['state'], is: 'declared' | 'escalated' = 'declared'): NoticeState => {
    return { notifier: 'email', notice: { is, seq: 1 }, state, at: null, why: null };
  };
  const told = (card: boolean, ...notices: NoticeState[]) => see('notified', { told: { card, notices } });

  it('needs the card and every notice of the declaration', () => {
    expect(told(true)).toBe('the card was posted');
    expect(told(true, notice('sent'), notice('due', 'escalated'))).toBe('the card was posted and email was told');
    expect(told(false, notice('sent'))).toBeNull();
    expect(told(true, notice('due'))).toBeNull();
    expect(told(true, notice('dropped'))).toBeNull();
  });
});

describe('a backup and a procedure', () => {
  it('are those of the plan', () => {
    const operations = [journal.operationOf(planOf())];
    expect(see('backup', { operations })).toBe('a001, finished at 2025-11-21 02:04 UTC, is pinned by op-1');
    expect(see('procedure', { operations })).toBe('op-1: Restore production from a001');
  });

  it('are not there where the plan names no backup', () => {
    const plan = planOf({ pinned: { targets: [], backup: null, release: null } });
    expect(see('backup', of(journal.operationOf(plan)))).toBeNull();
  });
});

describe('a step', () => {
  it.each<[Seen, ActionName]>([
    ['stopped', 'maintenance.on'],
    ['stopped', 'services.stop'],
    ['restored', 'database.promote'],
    ['restored', 'database.restore'],
    ['restored', 'table.merge'],
    ['integrity', 'database.check'],
    ['integrity', 'candidate.check'],
    ['restarted', 'maintenance.off'],
    ['restarted', 'services.start'],
    ['health', 'health.check'],
    ['smoke', 'smoke.check'],
  ])('shows %s when %s was done and read back', (seen, action) => {
    expect(see(seen, of(ran(action)))).toBe('op-1, The step: It answers 200.');
    for (const other of SEEN.filter((one) => !['declared', 'backup', 'procedure', seen].includes(one))) {
      expect(see(other, of(ran(action)))).toBeNull();
    }
  });

  it('is cited from the newest operation that shows it', () => {
    const [older, newer] = [ran('health.check', read(['old']), 'op-1'), ran('health.check', read(['new']), 'op-2')];
    expect(see('health', of(older, newer))).toBe('op-2, The step: new');
  });

  it('shows its checks where it says nothing', () => {
    const checked: Outcome = {
      is: 'done',
      evidence: { says: [], checks: [{ name: 'rows', status: 'warn', figure: '3 rows' }] },
      output: null,
    };
    expect(see('integrity', of(ran('database.check', checked)))).toBe('op-1, The step: 1 check without a failure');
  });

  it.each<[string, Outcome]>([
    ['it failed', journal.failed],
    ['it could not be read back', journal.unverified],
    ['a check of it failed', read(['It answers 500.'], true)],
    ['it showed nothing', read([])],
  ])('is no evidence when %s', (_, outcome) => {
    expect(see('integrity', of(ran('database.check', outcome)))).toBeNull();
  });

  it('is no evidence while it runs', () => {
    const plan = planOf({ steps: [stepOf('s1', { action: 'health.check' })], gate: null });
    expect(see('health', of(journal.operationOf(plan, [journal.begun('s1')])))).toBeNull();
  });
});

it('sees that the review is scheduled when somebody has said so', () => {
  const incident = incidentOf([[1, { type: 'reached', milestone: 'review', by: 'U02BOB', note: 'Monday 10:00' }]]);
  expect(see('review', { incident })).toBe('Monday 10:00');
});
