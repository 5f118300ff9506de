// One timeline of the incident and its operations.
import { expect, it } from 'vitest';
import { timelineOf } from '../../../src/core/incident-timeline.ts';
import { logOf } from '../../support/incidents.ts';
import { planOf } from '../../support/plans.ts';
import * as journal from './journal-of.ts';

it('puts what happened in the order in which it happened, the incident first at the same moment', () => {
  const entries = logOf([
    [1, { type: 'linked', operation: 'op-1' }],
    [5, { type: 'resolved', by: 'U01ALICE', text: 'Done.' }],
  ]);
  const events = journal.ran('s1');
  const linked = { operation: journal.operationOf(planOf(), events), entries: journal.journalOf(planOf(), events) };
  const told = timelineOf(entries, [linked]).map(({ is, entry }) => `${is} ${entry.event.type}`);
  expect(told).toEqual([
    'incident declared',
    'operation proposed',
    'incident linked',
    'operation step_started',
    'operation step_ended',
    'incident resolved',
  ]);
});

it('is the log alone where nothing was planned', () => {
  expect(timelineOf(logOf(), [])).toHaveLength(1);
});
