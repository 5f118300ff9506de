// What comes next, decided from the journal alone: the gate, crashes, the way back, and nothing while people decide.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Outcome } from '../../../src/core/action.ts';
import type { Event } from '../../../src/core/journal.ts';
import { lastToUndo, type Move, nextMove } from '../../../src/core/next-move.ts';
import type { Operation } from '../../../src/core/operation.ts';
import { lookOf, planOf, stepOf } from '../../support/plans.ts';
import {
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
  notUndone,
  operationOf,
  ran,
  started,
  stopped,
  undid,
  undoing,
  undone,
  untouched,
  unverified,
  voided,
} from './journal-of.ts';

const rehearsed = [...ran('s1'), ...ran('s2')];
const agreed = [approved(BOB), approved(CAROL), consented];
const running = [...rehearsed, ...agreed, started];

/** `do s2`, `probe s1`, `finish succeeded`, `nothing` */
function inWords(move: Move): string {
  switch (move.do) {
    case 'step':
      return `do ${move.step.id}`;
    case 'probe':
    case 'undo':
      return `${move.do} ${move.step.id}`;
    case 'finish':
      return `finish ${move.outcome}`;
    default:
      return move.do;
  }
}

// A plan of three steps, two approvals, the gate before the third.
const forward: [string, Event[], string][] = [
  ['the rehearsal begins while approvals are waited for', [], 'do s1'],
  ['the rehearsal goes on after an approval', [...ran('s1'), approved(BOB)], 'do s2'],
  ['the gate is not passed by rehearsing', rehearsed, 'nothing'],
  ['the gate is not passed by one approval of two', [...rehearsed, approved(BOB)], 'nothing'],
  ['the rehearsal is finished first when the approvals come early', [...ran('s1'), ...agreed], 'do s2'],
  ['the gate is passed once rehearsed and approved', [...rehearsed, ...agreed], 'pass_gate'],
  ['the gate is closed again when a vote is voided', [...rehearsed, ...agreed, voided(BOB)], 'nothing'],
  ['the first step behind the gate comes when the gate was passed', running, 'do s3'],
  ['it finishes when every step is done', [...running, ...ran('s3')], 'finish succeeded'],
  [
    'it finishes unverified when one step was not read back',
    [...running, ...ran('s3', unverified)],
    'finish unverified',
  ],
  ['an intent without a result in the rehearsal is probed', [begun('s1')], 'probe s1'],
  ['an intent without a result is probed when approved meanwhile', [begun('s1'), ...agreed], 'probe s1'],
  ['an intent without a result behind the gate is probed', [...running, begun('s3')], 'probe s3'],
  ['nothing is done while a question is open', [...running, begun('s3'), asked('s3')], 'nothing'],
  [
    'a step that did not happen is done again',
    [...running, begun('s3'), asked('s3'), answered('s3', 'did_not')],
    'do s3',
  ],
  [
    'a step that a person saw ends unverified',
    [...running, begun('s3'), asked('s3'), answered('s3', 'happened')],
    'finish unverified',
  ],
  ['nothing follows the end', [...running, ...ran('s3'), finished()], 'nothing'],
  ['nothing follows an undone end', [...running, ...ran('s3'), finished(), undone], 'nothing'],
];

const backward: [string, Event[], string][] = [
  ['nothing done means nothing to take back', [stopped('cancelled')], 'finish cancelled'],
  ['nobody agreed in time, so the candidate goes', [...rehearsed, stopped('expired')], 'undo s1'],
  ['what cannot be taken back is passed over', [...ran('s1'), ...ran('s2'), stopped()], 'undo s1'],
  ['the last step is taken back first', [...running, ...ran('s3', failed), stopped('failed')], 'undo s3'],
  [
    'then the one before it',
    [...running, ...ran('s3', failed), stopped('failed'), undoing('s3'), undid('s3')],
    'undo s1',
  ],
  [
    'a step that failed without touching anything is left',
    [...running, ...ran('s3', untouched), stopped('failed')],
    'undo s1',
  ],
  ['a step that ended unverified is taken back', [...ran('s1', unverified), stopped()], 'undo s1'],
  ['a step that was only intended is taken back, since it may have happened', [begun('s1'), stopped()], 'undo s1'],
  [
    'an intended step whose result says untouched is left',
    [begun('s1'), stopped(), ended('s1', untouched)],
    'finish cancelled',
  ],
  ['a way back that was interrupted is begun again', [...ran('s1'), stopped(), undoing('s1')], 'undo s1'],
  [
    'a person is waited for when taking back failed',
    [...ran('s1'), stopped(), undoing('s1'), notUndone('s1')],
    'nothing',
  ],
  [
    'it is tried again when the person says that it was not taken back',
    [...ran('s1'), stopped(), undoing('s1'), notUndone('s1'), answered('s1', 'did_not')],
    'undo s1',
  ],
  [
    'it goes on when the person leaves it as it is',
    [...ran('s1'), stopped('expired'), undoing('s1'), notUndone('s1'), answered('s1', 'abandon')],
    'finish expired',
  ],
  [
    'giving up an unclear step takes it back',
    [...running, begun('s3'), asked('s3'), answered('s3', 'abandon')],
    'undo s3',
  ],
  [
    'a clean slate ends as it was stopped',
    [...ran('s1'), stopped('failed'), undoing('s1'), undid('s1')],
    'finish failed',
  ],
];

describe('the next move', () => {
  it.each(forward)('%s', (_claim, events, move) => {
    expect(inWords(nextMove(operationOf(planOf(), events)))).toBe(move);
  });

  it.each(backward)('on the way back: %s', (_claim, events, move) => {
    expect(inWords(nextMove(operationOf(planOf(), events)))).toBe(move);
  });

  it('waits for the typed name, and then passes the gate before the first step', () => {
    const plan = planOf({ consent: { kind: 'typed', expiresMinutes: 15 }, gate: 0 });
    expect(inWords(nextMove(operationOf(plan)))).toBe('nothing');
    expect(inWords(nextMove(operationOf(plan, [confirmed])))).toBe('pass_gate');
    expect(inWords(nextMove(operationOf(plan, [confirmed, started])))).toBe('do s1');
  });

  it('starts a plan without a gate at once', () => {
    expect(inWords(nextMove(operationOf(lookOf())))).toBe('pass_gate');
    expect(inWords(nextMove(operationOf(lookOf(), [started])))).toBe('do s1');
  });

  it('waits for consent even when the gate lies behind the last step', () => {
    const plan = planOf({ gate: 3 });
    const events = [...rehearsed, ...ran('s3')];
    expect(inWords(nextMove(operationOf(plan, events)))).toBe('nothing');
    expect(inWords(nextMove(operationOf(plan, [...events, ...agreed])))).toBe('pass_gate');
  });

  it('takes the way back as a failure when nothing says why it was stopped', () => {
    const operation = { ...operationOf(planOf(), [stopped('cancelled')]), stopped: null };
    expect(inWords(nextMove(operation))).toBe('finish failed');
  });
});

describe('what is taken back', () => {
  it('is nothing before anything was done', () => {
    expect(lastToUndo(operationOf(planOf()))).toBeUndefined();
  });

  it('is nothing that the journal does not know', () => {
    expect(lastToUndo({ ...operationOf(planOf(), ran('s1')), steps: {} })).toBeUndefined();
  });
});

describe('whatever a worker meets', () => {
  /** One turn: how an act ends or a question arises, what people do meanwhile. */
  const turn = fc.record({
    outcome: fc.constantFrom<Outcome | 'crash' | 'unclear'>(done, unverified, failed, untouched, 'crash', 'unclear'),
    person: fc.constantFrom<'nothing' | 'agrees' | 'loses the role' | 'stops'>(
      'nothing',
      'nothing',
      'agrees',
      'loses the role',
      'stops',
    ),
    verdict: fc.constantFrom<'happened' | 'did_not' | 'abandon'>('happened', 'did_not', 'abandon'),
  });
  type Turn = typeof turn extends fc.Arbitrary<infer T> ? T : never;
  const plan = planOf({
    steps: [stepOf('s1'), stepOf('s2', { undoable: false }), stepOf('s3'), stepOf('s4')],
    gate: 2,
  });

  function worked(operation: Operation, { outcome }: Turn): Event[] {
    const move = nextMove(operation);
    switch (move.do) {
      case 'pass_gate':
        return [started];
      case 'finish':
        return [finished(move.outcome)];
      case 'undo':
        return typeof outcome === 'string' ? [undoing(move.step.id)] : [undoing(move.step.id), undid(move.step.id)];
      case 'step':
      case 'probe': {
        const { id } = move.step;
        const intent = move.do === 'step' ? [begun(id)] : [];
        if (outcome === 'crash') return intent;
        if (outcome === 'unclear') return [...intent, asked(id)];
        return [...intent, ended(id, outcome), ...(outcome.is === 'failed' ? [stopped('failed')] : [])];
      }
      default:
        return [];
    }
  }

  function decided({ state, question, gatePassed }: Operation, { person, verdict }: Turn): Event[] {
    if (question !== null) return [answered(question.step, verdict)];
    if (person === 'agrees' && state === 'awaiting_approval') return agreed;
    if (person === 'loses the role' && state === 'queued') return [voided(BOB, CAROL)];
    const mayStop = !gatePassed && (state === 'awaiting_approval' || state === 'queued');
    return person === 'stops' && mayStop ? [stopped()] : [];
  }

  function lived(turns: readonly Turn[]): Operation[] {
    const past: Operation[] = [];
    let now = operationOf(plan);
    for (const each of turns) {
      for (const happen of [decided, worked]) {
        for (const event of happen(now, each)) {
          now = further(now, event);
          past.push(now);
        }
      }
    }
    return past;
  }

  it('no step behind the gate begins before the gate was passed, nor out of order', () => {
    fc.assert(
      fc.property(fc.array(turn, { maxLength: 40 }), (turns) => {
        for (const { last, gatePassed, steps, state } of lived(turns)) {
          if (last.event.type !== 'step_started') continue;
          const at = plan.steps.findIndex(({ id }) => last.event.type === 'step_started' && id === last.event.step);
          if (at >= 2) expect({ gatePassed, state }).toEqual({ gatePassed: true, state: 'running' });
          for (const { id } of plan.steps.slice(0, at)) expect(['done', 'unverified']).toContain(steps[id]?.state);
        }
      }),
    );
  });

  it('what did not end well ends with nothing left that can be taken back', () => {
    fc.assert(
      fc.property(fc.array(turn, { minLength: 20, maxLength: 60 }), (turns) => {
        const end = lived(turns).at(-1);
        if (end?.state !== 'failed' && end?.state !== 'cancelled') return;
        for (const step of plan.steps.filter(({ undoable }) => undoable)) {
          const { state, outcome } = end.steps[step.id] ?? {};
          const clean = state === 'waiting' || state === 'undone' || (outcome?.is === 'failed' && outcome.untouched);
          expect(clean).toBe(true);
        }
      }),
    );
  });
});

describe('a drill that fails', () => {
  // A file that is fetched, a database that is built and one that is exchanged; the last two are kept (B11).
  const plan = planOf({
    steps: [
      stepOf('s1', { action: 'backup.fetch' }),
      stepOf('s2', { kept: true }),
      stepOf('s3', { action: 'database.promote', effect: 'change', kept: true }),
      stepOf('s4', { action: 'health.check', effect: 'read', undoable: false }),
    ],
  });
  const gone = [...ran('s1'), ...ran('s2'), ...agreed, started, ...ran('s3'), ...ran('s4', failed)];
  const next = (events: Event[]) => inWords(nextMove(operationOf(plan, events)));

  it('leaves what it has changed as it is, and takes back the rest', () => {
    expect(next([...gone, stopped('failed')])).toBe('undo s1');
    expect(next([...gone, stopped('failed'), undoing('s1'), undid('s1')])).toBe('finish failed');
  });

  it('takes everything back before its gate, and when it is cancelled', () => {
    expect(next([...ran('s1'), ...ran('s2', failed), stopped('failed')])).toBe('undo s2');
    expect(next([...ran('s1'), ...ran('s2'), stopped('cancelled')])).toBe('undo s2');
    expect(next([...gone.slice(0, -2), stopped('cancelled')])).toBe('undo s3');
  });
});
