// Which journal events are told: the card always, a note for what people want to read, the last update at the end.
import { describe, expect, it } from 'vitest';
import { Event, type EventType } from '../../../src/core/journal.ts';
import type { Plan } from '../../../src/core/plan.ts';
import type { Telling } from '../../../src/core/ports.ts';
import { isTold, narrate } from '../../../src/progress/narrate.ts';
import { lookOf, planOf } from '../../support/plans.ts';
import * as journal from '../core/journal-of.ts';

const { approved, asked, BOB, CAROL, consented, ended, finished, journalOf, operationOf, progress, ran } = journal;

/** What is told about the last `count` of these events. */
function toldOf(plan: Plan, events: readonly Event[], count = 1): readonly Telling[] {
  return narrate(operationOf(plan, events), journalOf(plan, events).slice(-count));
}

const note = (seq: number): Telling => ({ kind: 'note', seq });
const card: Telling = { kind: 'card' };
const agreed = [approved(BOB), approved(CAROL), consented];
const done = [...ran('s1'), ...ran('s2'), ...agreed, journal.started, ...ran('s3')];

describe('narrate', () => {
  it('calls whoever may approve, where somebody has to', () => {
    expect(narrate(operationOf(planOf()), journalOf(planOf(), []))).toEqual([card, note(1)]);
    expect(narrate(operationOf(lookOf()), journalOf(lookOf(), []))).toEqual([card]);
  });

  it('updates the card for everything, and says nothing else about a step going on', () => {
    expect(toldOf(planOf(), [journal.begun('s1')])).toEqual([card]);
    expect(toldOf(planOf(), [journal.begun('s1'), progress('s1')])).toEqual([card]);
    expect(toldOf(planOf(), agreed)).toEqual([card]);
  });

  it('adds one note for each event that a person wants to read, by its number', () => {
    expect(toldOf(planOf(), agreed, 3)).toEqual([card, note(2), note(3)]);
    expect(toldOf(planOf(), [journal.begun('s1'), asked('s1')])).toEqual([card, note(3)]);
    expect(toldOf(planOf(), [journal.begun('s1'), ended('s1', journal.failed), journal.stopped('failed')], 2)).toEqual([
      card,
      note(3),
      note(4),
    ]);
  });

  it('tells every kind of event or leaves it to the card, each by decision', () => {
    const quiet: readonly EventType[] = [
      'proposed',
      'consented',
      'step_started',
      'step_progress',
      'undo_started',
      'joined',
    ];
    const kinds = Event.options.map(({ shape }) => shape.type.value);
    const [first] = journalOf(planOf(), []);
    const noted = kinds.filter((type) => {
      // Only the type of an event decides.
      const entries = first === undefined ? [] : [{ ...first, event: { type } as Event }];
      return narrate(operationOf(lookOf()), entries).some(({ kind }) => kind === 'note');
    });
    expect(new Set(noted)).toEqual(new Set(kinds.filter((kind) => !quiet.includes(kind))));
  });

  it('adds the last status update when a change of a protected environment ends, and only then', () => {
    const last: Telling = { kind: 'update', period: 'last' };
    expect(toldOf(planOf(), [...done, finished()])).toEqual([card, note(12), last]);
    expect(toldOf(planOf(), done)).not.toContainEqual(last);
    expect(toldOf(planOf({ protected: false }), [...done, finished()])).not.toContainEqual(last);
  });
});

describe('isTold', () => {
  it('is for changes of protected environments', () => {
    expect(isTold({ plan: planOf() })).toBe(true);
    expect(isTold({ plan: planOf({ protected: false }) })).toBe(false);
    expect(isTold({ plan: lookOf() })).toBe(false);
  });
});
