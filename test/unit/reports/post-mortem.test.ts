// The draft of a post-mortem: everything that the logs know, in order, and “unknown” for everything else.
import { describe, expect, it } from 'vitest';
import type { IncidentEvent } from '../../../src/core/incident-log.ts';
import { lossesOf } from '../../../src/core/incident-losses.ts';
import type { Linked } from '../../../src/core/incident-views.ts';
import type { Event } from '../../../src/core/journal.ts';
import { digestOf } from '../../../src/core/plan.ts';
import { postMortem } from '../../../src/reports/post-mortem.ts';
import { guardedSystem, incidentOf, logOf } from '../../support/incidents.ts';
import { story } from '../../support/operations.ts';
import { planOf, stepOf } from '../../support/plans.ts';
import { systemOf } from '../../support/system.ts';
import { done, failing, ran, type Told } from './drills.ts';

type Minutes = readonly [number, IncidentEvent];

const ALICE = 'U01ALICE';
const BOB = 'U02BOB';
const LEAD = 'U09LEAD';

const plan = planOf({
  operation: 'op-41',
  statements: [{ label: 'Lost by this', text: '12 rows since a001', tone: 'warn' }],
});
const approved = (by: string): Event => ({ type: 'approved', by, roles: ['engineering-lead'], digest: digestOf(plan) });
const tellings: Told[] = [
  ...ran('s1', 5, 20, done('It is there.')),
  ...ran('s2', 20, 80, {
    is: 'unverified',
    why: 'it did not answer',
    evidence: { says: ['half of it'], checks: [] },
    output: null,
  }),
  [90, approved(LEAD)],
  [91, { type: 'consented' }],
  [95, { type: 'voided', why: 'the role is gone', by: [LEAD] }],
  [96, approved(LEAD)],
  [97, approved(BOB)],
  [97, { type: 'consented' }],
  [98, { type: 'started' }],
  ...ran('s3', 99, 120, done('postgresql-round-9 is live.')),
  [121, { type: 'finished', outcome: 'succeeded' }],
];

function linked(told: readonly Told[] = tellings, of = plan): Linked {
  const { operation, entries } = story(of, told, 200);
  return { operation, entries };
}

function draft(
  events: readonly Minutes[],
  operations: readonly Linked[] = [],
  system = guardedSystem(),
  seen?: string,
) {
  const declared = seen === undefined ? {} : { seen };
  const incident = incidentOf(events, declared);
  const losses = lossesOf(
    incident,
    operations.map(({ operation }) => operation),
  );
  return postMortem({ incident, entries: logOf(events, declared), operations, losses, system });
}

const resolved: Minutes = [40, { type: 'resolved', by: ALICE, text: 'Restored from a001.' }];

const WHOLE: readonly Minutes[] = [
  [1, { type: 'acknowledged', by: BOB }],
  [2, { type: 'level_set', by: BOB, level: 2 }],
  [3, { type: 'scenario_set', by: BOB, scenario: 'corruption' }],
  [4, { type: 'reached', milestone: 'diagnosed', by: null, note: 'sums are wrong' }],
  [5, { type: 'updated', by: ALICE, text: 'We &lt;know&gt; more', public: true }],
  [6, { type: 'updated', by: ALICE, text: 'It is the migration', public: false }],
  [7, { type: 'linked', operation: 'op-41' }],
  [16, { type: 'overdue', what: 'decided', call: [LEAD] }],
  [17, { type: 'overdue', what: 'rto', call: [] }],
  [18, { type: 'escalated', rung: 1, call: ['lead', 'nobody-knows'] }],
  [19, { type: 'reached', milestone: 'decided', by: ALICE, note: '' }],
  [20, { type: 'ticked', list: 'pre', item: 0, by: null, evidence: 'inc-1 is open' }],
  [21, { type: 'ticked', list: 'during', item: 9, by: ALICE, evidence: null }],
  [22, { type: 'unticked', list: 'during', item: 1, by: ALICE }],
  resolved,
  [50, { type: 'reminded', hours: 24 }],
  [51, { type: 'followed_up', hours: 24, by: ALICE, verdict: 'done' }],
];

describe('an incident with everything', () => {
  it('is told from its beginning to its action items', () => {
    const report = draft(WHOLE, [linked()]);
    expect(report).toMatchObject({
      kind: 'post-mortem',
      of: 'inc-1',
      result: 'none',
      figures: null,
      at: '2025-11-21T14:40:00.000Z',
    });
    expect(report.title).toBe('inc-1, GrayLedger: Checkout answers 500.');
    expect(report.markdown).toMatchSnapshot();
  });

  it('says only once what an intent and its result are', () => {
    const { markdown } = draft(WHOLE, [linked()]);
    expect(markdown).not.toContain('step\\_started');
    expect(markdown.match(/“Build a database beside the live one”: done in 00:15/g)).toHaveLength(1);
  });
});

describe('what nobody knows', () => {
  const { markdown } = draft([], [], systemOf());

  it('is unknown, and never invented', () => {
    expect(markdown).toContain('| **Resolved** | not yet |');
    expect(markdown).toContain('| **Acknowledged** | by nobody |');
    expect(markdown).toContain('| **Duration** | unknown |');
    expect(markdown).toContain('| **Time to recover (MTTR)** | unknown; no RTO is stated |');
    expect(markdown).toContain('| **Downtime by our own steps** | unknown |');
    expect(markdown).toContain('| **Data loss** | unknown |');
    expect(markdown).toContain('Customers affected: unknown.');
    expect(markdown).toContain('No sentence was written for the public.');
    expect(markdown).toContain('unknown: no plan that was carried out said what it loses.');
    expect(markdown).toContain('Nobody had to approve anything.');
    expect(markdown).toContain('No contacts stand in the system file.');
    expect(markdown).toContain('| unknown: name somebody | unknown (24 h after the end) | open |');
  });

  it('leaves the causes and the lessons to people', () => {
    expect(markdown).toContain('Why did it happen (“Checkout answers 500.”)? unknown');
    expect(markdown.match(/Why that\?/g)).toHaveLength(4);
    for (const title of ['What went well', 'What went wrong', 'Where we got lucky'])
      expect(markdown).toContain(`## ${title}`);
  });
});

describe('details', () => {
  it('remind at the hours of the system file, of its owner', () => {
    const system = guardedSystem();
    const owned = { ...system, incidents: { ...system.incidents, owner: 'lead', followUpHours: [24, 72] } };
    const { markdown } = draft([resolved], [], owned);
    expect(markdown).toContain('(G29) | Engineering lead | 2025-11-22 14:40 UTC (24 h after the end) | open |');
    expect(markdown).toContain(
      '| Look at what is still open | Engineering lead | 2025-11-24 14:40 UTC (3 d after the end) |',
    );
  });

  it('show an unknown scenario and owner by the names that were given', () => {
    const system = guardedSystem();
    const owned = { ...system, incidents: { ...system.incidents, owner: 'gone' } };
    const { markdown } = draft([[3, { type: 'scenario_set', by: BOB, scenario: 'gone' }]], [], owned);
    expect(markdown).toContain('| **Scenario** | gone |');
    expect(markdown).toContain('chose the scenario gone');
    expect(markdown).toContain('| unknown: name somebody |');
  });

  it('list a contact without any way to reach it by its title', () => {
    const { markdown } = draft([], [], systemOf({ contacts: { pm: { title: 'Product' } } }));
    expect(markdown).toContain('- **Product**\n');
  });

  it('show hostile words as text', () => {
    const { markdown } = draft([resolved], [], guardedSystem(), '](javascript:x) | &lt;script&gt;\n# PASS');
    expect(markdown).not.toMatch(/(?<!\\)<script|(?<!\\)\]\(javascript|\n# PASS/);
  });

  it('tell every turn that an operation can take', () => {
    const looking = planOf({
      operation: 'op-42',
      gate: null,
      consent: { kind: 'none' },
      steps: [stepOf('s1', { title: 'Look' })],
    });
    const asked: Told[] = [
      [2, { type: 'started' }],
      [3, { type: 'joined', by: BOB }],
      [4, { type: 'step_started', step: 's1', before: null }],
      [5, { type: 'step_progress', step: 's1', percent: 10, note: '' }],
      [6, { type: 'asked', step: 's1', why: 'it is not known' }],
      [7, { type: 'answered', step: 's1', by: BOB, verdict: 'did_not' }],
      [8, { type: 'step_ended', step: 's1', outcome: failing('it broke'), adopted: false }],
      [9, { type: 'stopped', outcome: 'failed', why: 'a step failed', by: null }],
      [10, { type: 'undo_started', step: 's1' }],
      [11, { type: 'undo_failed', step: 's1', why: 'locked' }],
      [12, { type: 'answered', step: 's1', by: BOB, verdict: 'did_not' }],
      [13, { type: 'undo_started', step: 's1' }],
      [14, { type: 'undo_ended', step: 's1', evidence: { says: ['Gone.'], checks: [] } }],
      [15, { type: 'finished', outcome: 'failed' }],
    ];
    const typed = planOf({
      operation: 'op-43',
      consent: { kind: 'typed', expiresMinutes: 15 },
      gate: 0,
      protected: false,
    });
    const cancelled: Told[] = [
      [2, { type: 'confirmed', by: ALICE }],
      [3, { type: 'stopped', outcome: 'cancelled', why: 'not needed', by: ALICE }],
      [4, { type: 'finished', outcome: 'cancelled' }],
    ];
    const undone: Told[] = [...tellings, [150, { type: 'undone', operation: 'op-50' }]];
    const { markdown } = draft([resolved], [linked(asked, looking), linked(cancelled, typed), linked(undone)]);
    for (const words of [
      'op-42: “Look” needed a person: it is not known',
      'op-42: On-call engineer (U02BOB) answered about “Look”: did not',
      'op-42: “Look”: FAILED: it broke.',
      'op-42: stopped: a step failed',
      'op-42: “Look” could not be taken back: locked',
      'op-42: taken back: “Look”: Gone.',
      'op-42: ended: FAILED',
      'op-43: operator (U01ALICE) confirmed it by typing the name of the target',
      'op-43: stopped by operator (U01ALICE): not needed',
      'op-41: taken back by op-50',
      '- op-42 ended FAILED: a step failed.',
      '- op-43 ended CANCELLED: not needed.',
    ]) {
      expect(markdown).toContain(words);
    }
    expect(markdown).not.toContain('op-42: the gate was passed');
  });
});
