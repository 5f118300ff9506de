// The hash chain of the journal: what was edited, deleted, moved or put in is named by its place.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { CHAIN_START, firstBroken } from '../../../src/core/chain.ts';
import { chain, Entry } from '../../../src/core/journal.ts';
import { planOf } from '../../support/plans.ts';
import { approved, BOB, CAROL, consented, journalOf, minute, ran, started } from './journal-of.ts';

// Proposal, four events of the rehearsal, two approvals, consent, start: nine entries.
const entries = journalOf(planOf(), [...ran('s1'), ...ran('s2'), approved(BOB), approved(CAROL), consented, started]);

function entry(seq: number): Entry {
  const found = entries[seq - 1];
  if (found === undefined) throw new Error(`the journal has no entry ${seq}`);
  return found;
}

function edited(seq: number, change: Partial<Entry>): Entry[] {
  return entries.map((each) => (each.seq === seq ? { ...each, ...change } : each));
}

describe('the chain', () => {
  it('begins with zeros and counts from one', () => {
    expect(entry(1)).toMatchObject({ seq: 1, previous: CHAIN_START, operation: 'op-1' });
    expect(entry(2)).toMatchObject({ seq: 2, previous: entry(1).hash });
  });

  it('holds as it was written, and after a round through JSON', () => {
    expect(firstBroken(entries)).toBeNull();
    expect(firstBroken(entries.map((each) => Entry.parse(JSON.parse(JSON.stringify(each)))))).toBeNull();
    expect(firstBroken([])).toBeNull();
  });

  it('cannot see that its end was cut off: for that, its head is told in Slack', () => {
    expect(firstBroken(entries.slice(0, -1))).toBeNull();
  });

  it.each<[string, Partial<Entry>]>([
    ['event', { event: approved('U04MALLORY') }],
    ['time', { at: minute(99) }],
    ['operation', { operation: 'op-2' }],
    ['number', { seq: 60 }],
    ['previous hash', { previous: 'f'.repeat(64) }],
    ['hash', { hash: 'f'.repeat(64) }],
  ])('names the entry whose %s was edited', (_what, change) => {
    expect(firstBroken(edited(6, change))).toBe(change.seq ?? 6);
  });

  it('names the entry after an edited one whose hash was made to fit', () => {
    const forged = chain(entry(5), 'op-1', entry(6).at, approved('U04MALLORY'));
    expect(firstBroken(edited(6, forged))).toBe(7);
  });

  it('names the entry after a deleted one', () => {
    expect(firstBroken(entries.filter(({ seq }) => seq !== 4))).toBe(5);
    expect(firstBroken(entries.slice(1))).toBe(2);
  });

  it('names the first of two entries that changed places', () => {
    const swapped = entries.with(5, entry(7)).with(6, entry(6));
    expect(firstBroken(swapped)).toBe(7);
  });

  it('names the entry after one that was put in', () => {
    const extra = chain(entry(6), 'op-1', minute(7), approved('U04MALLORY'));
    expect(firstBroken(entries.toSpliced(6, 0, extra))).toBe(7);
  });

  it('breaks at or directly behind whatever is tampered with', () => {
    const tampering = fc.record({
      at: fc.integer({ min: 0, max: entries.length - 2 }),
      how: fc.constantFrom('delete', 'double', 'edit'),
    });
    fc.assert(
      fc.property(tampering, ({ at, how }) => {
        const touched = entry(at + 1);
        const tampered = {
          delete: () => entries.toSpliced(at, 1),
          double: () => entries.toSpliced(at, 0, touched),
          edit: () => entries.with(at, { ...touched, at: minute(1000) }),
        }[how as 'delete' | 'double' | 'edit']();
        expect(firstBroken(tampered)).toBe(how === 'delete' ? touched.seq + 1 : touched.seq);
      }),
    );
  });
});

describe('an entry', () => {
  it.each([
    ['an event of no known type', { event: { type: 'approved_by_magic' } }],
    ['an approver who is no Slack user', { event: approved('bob') }],
    ['a time without its zone', { at: '2025-11-21 14:00' }],
    ['number zero', { seq: 0 }],
    ['a member that nobody knows', { note: 'trust me' }],
  ])('is refused with %s', (_what, change) => {
    expect(Entry.safeParse({ ...entry(6), ...change }).success).toBe(false);
  });
});
