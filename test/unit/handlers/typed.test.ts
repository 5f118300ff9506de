// What people type into dialogs becomes a command that means the same, whatever they type.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseCommand } from '../../../src/core/parse-command.ts';
import { readMoment } from '../../../src/handlers/moments.ts';
import { declareText, phrase, sayText } from '../../../src/handlers/typed.ts';

const NOW = new Date('2025-11-21T14:30:20.000Z');

describe('a moment', () => {
  it.each([
    ['14:10', '2025-11-21T14:10:00.000Z'],
    ['9:05', '2025-11-21T09:05:00.000Z'],
    ['14:10 UTC', '2025-11-21T14:10:00.000Z'],
    // A time that is still to come is meant of yesterday.
    ['23:50', '2025-11-20T23:50:00.000Z'],
    ['20 min ago', '2025-11-21T14:10:20.000Z'],
    ['20m', '2025-11-21T14:10:20.000Z'],
    ['2 hours ago', '2025-11-21T12:30:20.000Z'],
    ['2025-11-20 14:40', '2025-11-20T14:40:00.000Z'],
    ['2025-11-20T14:40:05.250Z', '2025-11-20T14:40:05.250Z'],
    // Clocks may differ a little: never later than now.
    ['14:32', '2025-11-21T14:30:20.000Z'],
  ])('typed as “%s” is %s', (typed, at) => {
    expect(readMoment(typed, NOW)).toBe(at);
  });

  it.each([
    '',
    'now',
    'noon',
    '2025-02-30 10:00',
    '25:00',
    '14:60',
    '2025-11-22 14:40',
    '2025-13-40 10:00',
    '20 parsecs ago',
    '14:40 CET',
  ])('typed as “%s” cannot be read', (typed) => {
    expect(readMoment(typed, NOW)).toBeNull();
  });
});

describe('a sentence typed into a dialog', () => {
  it('stays one sentence, on one line', () => {
    expect(phrase('  checkout\nanswers “500”\u200B and "timeouts" ')).toBe(`"checkout answers '500' and 'timeouts'"`);
  });

  it('is no flag, whatever it begins with', () => {
    const text = sayText('update', 'inc-7', '--public --incident inc-9', false);
    expect(parseCommand(text)).toMatchObject({ command: { incident: 'inc-7', public: false } });
  });

  it('comes through the grammar as it was meant', { timeout: 30_000 }, () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 300 }), fc.boolean(), (typed, isPublic) => {
        fc.pre(phrase(typed) !== '');
        const text = sayText('resolve', 'inc-7', typed, isPublic);
        const parsed = parseCommand(text);
        expect(parsed).toMatchObject({ is: 'incident', command: { do: 'resolve', incident: 'inc-7' } });
        if (parsed.is !== 'incident' || parsed.command.do !== 'resolve') return;
        expect(`"${parsed.command.text}"`).toBe(phrase(typed));
      }),
    );
  });

  it('of a declaration comes through with everything that was chosen', () => {
    const known = {
      system: 'grayledger',
      level: 1,
      since: '2025-11-21T14:10:00.000Z',
      scenario: 'corruption',
      alert: 'al-12',
    } as const;
    expect(parseCommand(declareText({ ...known, seen: 'sums -- are wrong' }))).toEqual({
      is: 'incident',
      command: { verb: 'incident', do: 'declare', ...known, seen: 'sums -- are wrong' },
    });
    const bare = { ...known, since: null, scenario: null, alert: null };
    expect(parseCommand(declareText({ ...bare, seen: 'x' }))).toMatchObject({ command: { ...bare, seen: 'x' } });
  });
});
