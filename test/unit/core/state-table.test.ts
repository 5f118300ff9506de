// The one table of legal moves: every state with every event, and nothing beside it.
import { describe, expect, it } from 'vitest';
import { Fault } from '../../../src/core/errors.ts';
import type { Event, EventType } from '../../../src/core/journal.ts';
import { advance, isEnded, STATES, type State } from '../../../src/core/operation.ts';
import * as event from './journal-of.ts';

/** One event of every type. A question is answered here as "it happened", having arisen while running. */
const EVENTS: Readonly<Record<EventType, Event>> = {
  proposed: event.proposed(),
  confirmed: event.confirmed,
  approved: event.approved(event.BOB),
  consented: event.consented,
  voided: event.voided(event.BOB),
  started: event.started,
  step_started: event.begun('s1'),
  step_progress: event.progress('s1'),
  step_ended: event.ended('s1'),
  asked: event.asked('s1'),
  answered: event.answered('s1', 'happened'),
  stopped: event.stopped(),
  undo_started: event.undoing('s1'),
  undo_ended: event.undid('s1'),
  undo_failed: event.notUndone('s1'),
  finished: event.finished(),
  joined: event.joined(event.CAROL),
  undone: event.undone,
};

const LEGAL: Readonly<Record<State, Partial<Record<EventType, State>>>> = {
  proposed: { joined: 'proposed', confirmed: 'queued', stopped: 'unwinding' },
  awaiting_approval: {
    joined: 'awaiting_approval',
    step_started: 'awaiting_approval',
    step_progress: 'awaiting_approval',
    step_ended: 'awaiting_approval',
    approved: 'awaiting_approval',
    consented: 'queued',
    asked: 'needs_human',
    stopped: 'unwinding',
  },
  queued: {
    joined: 'queued',
    step_started: 'queued',
    step_progress: 'queued',
    step_ended: 'queued',
    started: 'running',
    voided: 'awaiting_approval',
    asked: 'needs_human',
    stopped: 'unwinding',
  },
  running: {
    joined: 'running',
    step_started: 'running',
    step_progress: 'running',
    step_ended: 'running',
    voided: 'awaiting_approval',
    asked: 'needs_human',
    stopped: 'unwinding',
    finished: 'succeeded',
  },
  unwinding: {
    joined: 'unwinding',
    step_ended: 'unwinding',
    undo_started: 'unwinding',
    undo_ended: 'unwinding',
    undo_failed: 'needs_human',
    finished: 'succeeded',
  },
  needs_human: { joined: 'needs_human', answered: 'running', stopped: 'unwinding' },
  succeeded: { undone: 'undone' },
  unverified: { undone: 'undone' },
  failed: {},
  undone: {},
  cancelled: {},
  expired: {},
};

const TYPES = Object.keys(EVENTS) as EventType[];
const pairs = STATES.flatMap((state) => TYPES.map((type) => ({ state, type, to: LEGAL[state][type] })));

describe('the table of legal moves', () => {
  it.each(pairs.flatMap(({ state, type, to }) => (to === undefined ? [] : [{ state, type, to }])))(
    'leads from $state by $type to $to',
    ({ state, type, to }) => {
      expect(advance(state, EVENTS[type], 'running')).toBe(to);
    },
  );

  it.each(pairs.filter(({ to }) => to === undefined))('knows no move from $state by $type', ({ state, type }) => {
    expect(() => advance(state, EVENTS[type])).toThrow(new Fault(`moving an operation from ${state} by ${type}`));
  });

  it.each(['succeeded', 'unverified', 'failed', 'cancelled', 'expired'] as const)(
    'ends as %s when the journal says that it finished so',
    (outcome) => {
      expect(advance('running', event.finished(outcome))).toBe(outcome);
      expect(advance('unwinding', event.finished(outcome))).toBe(outcome);
    },
  );

  it.each(['awaiting_approval', 'queued', 'running', 'unwinding'] as const)(
    'goes back to %s when the question that arose there is answered',
    (state) => {
      expect(advance('needs_human', event.answered('s1', 'happened'), state)).toBe(state);
      expect(advance('needs_human', event.answered('s1', 'did_not'), state)).toBe(state);
    },
  );

  it('takes the way back from wherever a question is answered by giving up', () => {
    expect(advance('needs_human', event.answered('s1', 'abandon'), 'running')).toBe('unwinding');
  });

  it.each(STATES.map((state) => ({ state, over: !Object.values(LEGAL[state]).some((to) => to !== 'undone') })))(
    'counts $state as ended: $over',
    ({ state, over }) => {
      expect(isEnded(state)).toBe(over);
    },
  );
});
