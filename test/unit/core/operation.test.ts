// What a journal says about its operation: consent, steps, questions, the clock, and that replaying is folding.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { firstBroken } from '../../../src/core/chain.ts';
import { Fault } from '../../../src/core/errors.ts';
import type { Event } from '../../../src/core/journal.ts';
import { isEnded, type Operation, replay, stepOf } from '../../../src/core/operation.ts';
import type { Plan } from '../../../src/core/plan.ts';
import { lookOf, planOf } from '../../support/plans.ts';
import {
  ALICE,
  answered,
  approved,
  asked,
  BOB,
  begun,
  CAROL,
  confirmed,
  consented,
  done,
  ended,
  failed,
  finished,
  further,
  joined,
  journalOf,
  minute,
  notUndone,
  operationOf,
  progress,
  proposal,
  ran,
  started,
  stopped,
  undid,
  undoing,
  undone,
  unverified,
  voided,
} from './journal-of.ts';

const TYPED = planOf({ consent: { kind: 'typed', expiresMinutes: 15 }, gate: 0 });

/** As far as the first step behind the gate. */
const consent: Event[] = [...ran('s1'), ...ran('s2'), approved(BOB), approved(CAROL), consented, started];

describe('a proposed operation', () => {
  it.each<[string, Plan, object]>([
    ['waits for approvals', planOf(), { state: 'awaiting_approval', expiresAt: minute(15) }],
    ['waits for the typed name', TYPED, { state: 'proposed', expiresAt: minute(15) }],
    ['is queued when nobody is asked', planOf({ consent: { kind: 'none' } }), { state: 'queued', expiresAt: null }],
    ['is queued when it has no gate', planOf({ gate: null }), { state: 'queued', expiresAt: null }],
    ['is queued when it only looks', lookOf(), { state: 'queued', expiresAt: null }],
  ])('%s', (_claim, plan, is) => {
    expect(operationOf(plan)).toMatchObject({ ...is, requestedBy: ALICE, proposedAt: minute(0), endedAt: null });
  });

  it('has done nothing yet, step by step', () => {
    const { steps, votes, gatePassed, stopped: why, question, undoneBy } = operationOf(planOf());
    expect(Object.entries(steps).map(([id, { state }]) => `${id} ${state}`)).toEqual([
      's1 waiting',
      's2 waiting',
      's3 waiting',
    ]);
    expect({ votes, gatePassed, why, question, undoneBy }).toEqual({
      votes: [],
      gatePassed: false,
      why: null,
      question: null,
      undoneBy: null,
    });
  });

  it('cannot be replayed from a journal that does not begin with the proposal', () => {
    const entries = journalOf(planOf(), [approved(BOB)]);
    const says = 'while replaying the journal of op-1: it does not begin with the proposal';
    expect(() => replay(planOf(), [])).toThrow(says);
    expect(() => replay(planOf(), entries.slice(1))).toThrow(says);
  });

  it('cannot be replayed with another plan than the one proposed', () => {
    const entries = journalOf(planOf(), []);
    expect(() => replay(planOf({ headline: 'Another' }), entries)).toThrow('the plan is not the one proposed');
  });

  it('is proposed once', () => {
    expect(() => operationOf(planOf(), [proposal(planOf())])).toThrow('while replaying op-1: proposed twice');
  });

  it('has no steps but those of its plan', () => {
    expect(() => operationOf(planOf(), [begun('s9')])).toThrow('there is no step s9');
    expect(() => stepOf(operationOf(planOf()), 's9')).toThrow(Fault);
    expect(stepOf(operationOf(planOf()), 's2')).toMatchObject({ step: { id: 's2' }, state: { state: 'waiting' } });
  });

  it('refuses an answer to a question that nobody asked', () => {
    expect(() => operationOf(planOf(), [answered('s1', 'happened')])).toThrow('from awaiting_approval by answered');
  });
});

describe('consent', () => {
  it('is remembered with person, roles and time', () => {
    expect(operationOf(planOf(), [approved(BOB), approved(CAROL, ['product-lead'])]).votes).toEqual([
      { by: BOB, roles: ['engineering-lead'], at: minute(1) },
      { by: CAROL, roles: ['product-lead'], at: minute(2) },
    ]);
  });

  it('waits no longer once it is given', () => {
    expect(operationOf(planOf(), [approved(BOB), consented])).toMatchObject({ state: 'queued', expiresAt: null });
    expect(operationOf(TYPED, [confirmed])).toMatchObject({ state: 'queued', expiresAt: null });
  });

  it('loses only the votes that were voided, and waits anew', () => {
    const operation = operationOf(planOf(), [approved(BOB), approved(CAROL), consented, voided(BOB)]);
    expect(operation).toMatchObject({ state: 'awaiting_approval', expiresAt: minute(4 + 15), votes: [{ by: CAROL }] });
  });

  it('lets the gate be passed', () => {
    expect(operationOf(planOf(), consent.slice(0, -1)).gatePassed).toBe(false);
    expect(operationOf(planOf(), consent)).toMatchObject({ state: 'running', gatePassed: true });
  });
});

describe('the clock of consent', () => {
  it('stands still while the rehearsal is running', () => {
    expect(operationOf(planOf(), [begun('s1')]).expiresAt).toBeNull();
    expect(operationOf(planOf(), [begun('s1'), progress('s1')]).expiresAt).toBeNull();
  });

  it('starts again when a step of the rehearsal ends', () => {
    expect(operationOf(planOf(), ran('s1')).expiresAt).toBe(minute(2 + 15));
    expect(operationOf(planOf(), [...ran('s1'), ...ran('s2')]).expiresAt).toBe(minute(4 + 15));
  });

  it('does not start when the approvals came before the rehearsal ended', () => {
    const operation = operationOf(planOf(), [begun('s1'), approved(BOB), approved(CAROL), consented, ended('s1')]);
    expect(operation).toMatchObject({ state: 'queued', expiresAt: null });
  });

  it.each(['happened', 'did_not'] as const)(
    'starts again when a question of the rehearsal is answered: %s',
    (verdict) => {
      const operation = operationOf(planOf(), [begun('s1'), asked('s1'), answered('s1', verdict)]);
      expect(operation).toMatchObject({ state: 'awaiting_approval', expiresAt: minute(3 + 15) });
    },
  );

  it('has nothing to run for once the operation was stopped or given up', () => {
    expect(operationOf(planOf(), [stopped()]).expiresAt).toBeNull();
    expect(operationOf(planOf(), [begun('s1'), asked('s1'), answered('s1', 'abandon')]).expiresAt).toBeNull();
  });
});

describe('a step', () => {
  it('is running from its intent on, with what was read before', () => {
    const { state } = stepOf(operationOf(planOf(), [begun('s1')]), 's1');
    expect(state).toMatchObject({ state: 'running', startedAt: minute(1), endedAt: null, before: { rows: 1 } });
  });

  it('shows how far it is', () => {
    const { state } = stepOf(operationOf(planOf(), [begun('s1'), progress('s1')]), 's1');
    expect(state.progress).toEqual({ percent: 40, note: '98 of 245 MB' });
  });

  it.each([done, unverified, failed])('ends as $is with its outcome', (outcome) => {
    const { state } = stepOf(operationOf(planOf(), [begun('s1'), ended('s1', outcome)]), 's1');
    expect(state).toMatchObject({ state: outcome.is, endedAt: minute(2), outcome });
  });

  it('is taken back with evidence', () => {
    const way = operationOf(planOf(), [...ran('s1'), stopped(), undoing('s1')]);
    expect(stepOf(way, 's1').state.state).toBe('undoing');
    const { state } = stepOf(further(way, undid('s1')), 's1');
    expect(state).toMatchObject({ state: 'undone', undone: { says: ['It is gone.'] }, outcome: done });
  });

  it('that ends after the operation was stopped keeps its result', () => {
    const operation = operationOf(planOf(), [begun('s1'), stopped(), ended('s1')]);
    expect(operation.state).toBe('unwinding');
    expect(stepOf(operation, 's1').state).toMatchObject({ state: 'done', outcome: done });
  });
});

describe('a question', () => {
  const arose: [string, Event[], object][] = [
    ['awaiting_approval', [begun('s1'), asked('s1')], { step: 's1', about: 'step' }],
    ['queued', [begun('s1'), approved(BOB), approved(CAROL), consented, asked('s1')], { step: 's1', about: 'step' }],
    ['running', [...consent, begun('s3'), asked('s3')], { step: 's3', about: 'step' }],
    ['unwinding', [...ran('s1'), stopped(), undoing('s1'), notUndone('s1')], { step: 's1', about: 'undo' }],
  ];

  it.each(arose)('that arose while %s stops everything until it is answered', (during, events, question) => {
    expect(operationOf(planOf(), events)).toMatchObject({ state: 'needs_human', question: { ...question, during } });
  });

  it.each(arose)(
    'that arose while %s goes back there when it is answered',
    (during, events, { step = 's1' }: { step?: string }) => {
      for (const verdict of ['happened', 'did_not'] as const) {
        const operation = operationOf(planOf(), [...events, answered(step, verdict)]);
        expect(operation).toMatchObject({ state: during, question: null });
      }
    },
  );

  it('answered “it happened” leaves the step unverified, in the name of the person', () => {
    const operation = operationOf(planOf(), [...consent, begun('s3'), asked('s3'), answered('s3', 'happened')]);
    expect(stepOf(operation, 's3').state).toMatchObject({
      state: 'unverified',
      endedAt: minute(11),
      outcome: {
        why: 'a person said that it happened',
        evidence: { says: [`<@${BOB}> says so; it was not read back.`] },
      },
    });
  });

  it('answered “it did not” lets the step begin anew', () => {
    const operation = operationOf(planOf(), [...consent, begun('s3'), asked('s3'), answered('s3', 'did_not')]);
    expect(stepOf(operation, 's3').state).toMatchObject({ state: 'waiting', startedAt: null, before: null });
  });

  it('answered by giving up takes the way back as a failure', () => {
    const operation = operationOf(planOf(), [...consent, begun('s3'), asked('s3'), answered('s3', 'abandon')]);
    expect(operation).toMatchObject({
      state: 'unwinding',
      question: null,
      stopped: { outcome: 'failed', why: 'it was given up after an unclear step', by: BOB },
    });
    expect(stepOf(operation, 's3').state.state).toBe('running');
  });

  const unclearUndo = operationOf(planOf(), [...ran('s1'), stopped('expired'), undoing('s1'), notUndone('s1')]);

  it.each([
    ['happened', 'undone', `<@${BOB}> says so; it was not read back.`],
    ['abandon', 'undone', `<@${BOB}> decided to leave it as it is.`],
  ] as const)('about taking back, answered “%s”, settles the step', (verdict, state, says) => {
    const operation = further(unclearUndo, answered('s1', verdict));
    expect(stepOf(operation, 's1').state).toMatchObject({ state, undone: { says: [says] } });
    expect(operation).toMatchObject({ state: 'unwinding', stopped: { outcome: 'expired' } });
  });

  it('about taking back, answered “it did not”, lets it be tried again', () => {
    const operation = further(unclearUndo, answered('s1', 'did_not'));
    expect(stepOf(operation, 's1').state).toMatchObject({ state: 'undoing', undone: null });
  });

  it('is closed when the operation is stopped instead of answered', () => {
    const operation = operationOf(planOf(), [begun('s1'), asked('s1'), stopped()]);
    expect(operation).toMatchObject({ state: 'unwinding', question: null });
  });
});

describe('the end', () => {
  it('says why it was stopped and by whom', () => {
    expect(operationOf(planOf(), [stopped('cancelled')]).stopped).toEqual({
      outcome: 'cancelled',
      why: 'nobody needs it',
      by: BOB,
    });
  });

  it('is marked with its time', () => {
    const operation = operationOf(planOf(), [...consent, ...ran('s3'), finished()]);
    expect(operation).toMatchObject({ state: 'succeeded', endedAt: minute(11) });
  });

  it('can be taken back by another operation, once', () => {
    const over = operationOf(planOf(), [...consent, ...ran('s3'), finished(), undone]);
    expect(over).toMatchObject({ state: 'undone', undoneBy: 'op-2', endedAt: minute(11) });
    expect(() => further(over, undone)).toThrow('from undone by undone');
  });
});

describe('whatever the order of events', () => {
  const steps = ['s1', 's2', 's3'];
  const anyEvent = fc.constantFrom<Event>(
    confirmed,
    approved(BOB),
    approved(CAROL),
    consented,
    voided(BOB),
    started,
    stopped(),
    finished(),
    finished('cancelled'),
    undone,
    ...steps.flatMap((id) => [
      ...[begun(id), progress(id), asked(id), undoing(id), undid(id), notUndone(id)],
      ...[done, unverified, failed].map((outcome) => ended(id, outcome)),
      ...(['happened', 'did_not', 'abandon'] as const).map((verdict) => answered(id, verdict)),
    ]),
  );
  const anyPlan = fc.constantFrom(planOf(), TYPED, lookOf({ steps: planOf().steps }));

  /** Appends every event that the table allows and drops the others, as a store would. */
  function fold(plan: Plan, events: readonly Event[]): { operations: Operation[]; accepted: Event[] } {
    const operations = [operationOf(plan)];
    const accepted: Event[] = [];
    for (const event of events) {
      try {
        operations.push(further(operations.at(-1) ?? operationOf(plan), event));
        accepted.push(event);
      } catch (thrown) {
        expect(thrown).toBeInstanceOf(Fault);
      }
    }
    return { operations, accepted };
  }

  it('replaying the journal gives what was folded event by event, and the chain holds', () => {
    fc.assert(
      fc.property(anyPlan, fc.array(anyEvent, { maxLength: 60 }), (plan, events) => {
        const { operations, accepted } = fold(plan, events);
        const entries = journalOf(plan, accepted);
        expect(replay(plan, entries)).toEqual(operations.at(-1));
        expect(firstBroken(entries)).toBeNull();
      }),
    );
  });

  it('an end is an end, a question stands only while one is asked, and a clock runs only while somebody is waited for', () => {
    fc.assert(
      fc.property(anyPlan, fc.array(anyEvent, { maxLength: 60 }), (plan, events) => {
        const { operations } = fold(plan, events);
        for (const [at, operation] of operations.entries()) {
          const next = operations[at + 1];
          if (isEnded(operation.state) && next !== undefined) expect(next.state).toBe('undone');
          expect(operation.question !== null).toBe(operation.state === 'needs_human');
          expect(operation.endedAt !== null).toBe(isEnded(operation.state));
          if (operation.expiresAt !== null) expect(['proposed', 'awaiting_approval']).toContain(operation.state);
        }
      }),
    );
  });
});

describe('taking part in a drill', () => {
  it('is remembered in the order of joining, and moves nothing', () => {
    const before = operationOf(TYPED, [confirmed]);
    const after = further(further(before, joined(CAROL)), joined(BOB));
    expect(after).toMatchObject({ state: 'queued', joined: [CAROL, BOB], movedAt: before.last.at });
    expect(after.last.at).not.toBe(after.movedAt);
    expect(further(after, started).movedAt).toBe(minute(4));
  });

  it('goes on while a question is open, which stays open', () => {
    const asking = operationOf(planOf(), [begun('s1'), asked('s1'), joined(CAROL), answered('s1', 'did_not')]);
    expect(asking).toMatchObject({ state: 'awaiting_approval', joined: [CAROL], question: null });
  });
});
