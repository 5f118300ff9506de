// What a typed command about incidents is answered with: done and said, something to read, or a dialog.
import { describe, expect, it } from 'vitest';
import { type Parsed, parseCommand } from '../../src/core/parse-command.ts';
import type { Answer, View } from '../../src/core/views.ts';
import { answerIncident } from '../../src/incidents/answer.ts';
import { ALICE, LEAD, refused, roomsOfThisFile } from './incidents-fixture.ts';

const room = await roomsOfThisFile();

let commands = 0;
/** As if it had been typed after `/dr` in the channel of the system. */
function type(text: string, by = ALICE): Promise<Answer> {
  const parsed: Parsed = parseCommand(text);
  if (parsed.is !== 'incident') throw new Error(`not about incidents: ${text}`);
  commands += 1;
  return answerIncident(room().deps, parsed.command, {
    id: `t${commands}`,
    by,
    system: room().system,
    now: new Date(),
  });
}
async function see(text: string, by?: string): Promise<View> {
  const answer = await type(text, by);
  if (answer.is !== 'view') throw new Error(`nothing to see: ${answer.is}`);
  return answer.view;
}

function usageOf(text: string): string {
  const parsed = parseCommand(text);
  return parsed.is === 'refused' ? parsed.refusal.message : '';
}

describe('a dialog', () => {
  it('is opened where something has to be asked', async () => {
    expect(await type('assess')).toMatchObject({ is: 'dialog', dialog: 'assess', system: { name: 'grayledger' } });
    expect(await type('incident declare --level 1')).toMatchObject({ dialog: 'declare', level: 1, seen: null });
  });
});

describe('declaring', () => {
  it('says what was opened, and what is open beside it', async () => {
    expect(await see('incident declare checkout answers 500 --level 1')).toMatchObject({
      is: 'incident',
      did: 'declared',
      incident: { id: 'inc-1', level: 1, seen: 'checkout answers 500' },
      beside: [],
    });
    expect(await see('incident declare it is slow')).toMatchObject({ incident: { id: 'inc-2' }, beside: ['inc-1'] });
  });
});

describe('the open incident', () => {
  it('is meant when none is named', async () => {
    await room().declare();
    expect(await see('incident ack', LEAD)).toMatchObject({ did: 'acknowledged', incident: { id: 'inc-1' } });
    expect(await see('incident update We see it - and mend it. --public')).toMatchObject({
      did: 'updated',
      incident: { words: [{ text: 'We see it - and mend it.', public: true }] },
    });
    expect(await see('incident timeline')).toMatchObject({
      is: 'timeline',
      broken: null,
      sight: { entries: [{ seq: 1 }, { seq: 2 }, { seq: 3 }] },
    });
    expect(await see('checklist during')).toMatchObject({ is: 'checklist', list: 'during' });
    expect(await see('incident resolve Rolled back.')).toMatchObject({
      did: 'resolved',
      system: { name: 'grayledger' },
    });
    expect(await refused(type('incident ack'))).toContain('No incident of grayledger is open.');
    expect(await see('incident timeline --incident inc-1')).toMatchObject({ sight: { nextUpdateAt: null } });
  });
});

describe('the level', () => {
  it('is set by a word, once, and never of what is over', async () => {
    await room().declare();
    expect(await see('incident level 3')).toMatchObject({ did: 'level_set', incident: { id: 'inc-1', level: 3 } });
    await see('incident level 3');
    expect((await room().events('inc-1')).filter(({ type }) => type === 'level_set')).toHaveLength(1);
    expect(await refused(type('incident level 3', LEAD))).toContain('You may look, not act.');
    expect(usageOf('incident level 4')).toContain('The level is 1, 2 or 3.');
    expect(usageOf('incident level')).toContain('The level is 1, 2 or 3.');
    await see('incident resolve Rolled back.');
    expect(await refused(type('incident level 2 --incident inc-1'))).toContain('inc-1 was resolved');
  });
});

describe('the review', () => {
  it('is said with its moment, which reaches its clock; another one takes its place, also when all is over', async () => {
    await room().declare();
    const said = await see('incident review 2126-11-23 10:00 UTC');
    expect(said).toMatchObject({
      did: 'review_set',
      incident: { reached: { review: { note: 'the review is at 2126-11-23 10:00 UTC' } } },
    });
    await see('incident review 2126-11-23 11:00+01:00');
    expect((await room().events('inc-1')).filter(({ type }) => type === 'reached')).toHaveLength(1);
    await see('incident resolve Rolled back.');
    expect(await see('incident review 2126-11-24 10:00 UTC --incident inc-1')).toMatchObject({
      incident: { reached: { review: { note: 'the review is at 2126-11-24 10:00 UTC' } } },
    });
    const sight = await see('incident timeline --incident inc-1');
    const clock = sight.is === 'timeline' ? sight.sight.clocks.find(({ what }) => what === 'review') : undefined;
    expect(clock?.reachedAt).not.toBeNull();
  });

  it('is no moment that is over, nor a guess', async () => {
    await room().declare();
    expect(await refused(type('incident review 2025-11-23 10:00 UTC'))).toMatch(/^2025-11-23 10:00 UTC is over/);
    expect(usageOf('incident review tomorrow at ten')).toContain('is not a moment with its time zone');
    expect(usageOf('incident review')).toContain('Say when the review is.');
  });
});

describe('the list', () => {
  it('has the open ones with their clocks and the resolved ones, of one system or of all', async () => {
    await room().declare();
    await room().declare();
    await room().useCases.resolve({ incident: 'inc-1', by: ALICE, text: 'Done.' });
    for (const text of ['incident list', 'incident', 'incident list --system grayledger']) {
      const view = await see(text);
      expect(view).toMatchObject({
        is: 'incidents',
        open: [{ incident: { id: 'inc-2' } }],
        resolved: [{ incident: { id: 'inc-1' }, system: { name: 'grayledger' } }],
      });
    }
  });
});

describe('tickets', () => {
  const subjects = async (text: string) => {
    const view = await see(text);
    if (view.is !== 'tickets') throw new Error(view.is);
    return [view.incident?.id ?? null, ...view.tickets.map(({ subject }) => subject)];
  };

  it('are filled in from the only open incident, the named one, or none', async () => {
    expect(await subjects('incident tickets')).toEqual([null, 'grayledger-production: unknown']);
    await room().declare();
    expect(await subjects('incident tickets')).toEqual(['inc-1', 'grayledger-production: Checkout answers 500.']);
    await room().declare({ seen: 'It is slow.' });
    expect(await subjects('incident tickets')).toEqual([null, 'grayledger-production: unknown']);
    expect(await subjects('incident tickets --incident inc-2')).toEqual([
      'inc-2',
      'grayledger-production: It is slow.',
    ]);
  });
});
