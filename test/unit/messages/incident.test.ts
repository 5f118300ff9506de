import { describe, expect, it } from 'vitest';
import { INCIDENT_ACTIONS, IncidentValue, readValue } from '../../../src/messages/buttons.ts';
import { incidentCard } from '../../../src/messages/incident-card.ts';
import { incidentNote } from '../../../src/messages/incident-note.ts';
import { publicText } from '../../../src/messages/incident-public.ts';
import { incidentUpdate } from '../../../src/messages/incident-update.ts';
import type { Message } from '../../../src/messages/message.ts';
import { type IncidentStory, incidentStories, sightAt } from '../../support/incident-stories.ts';
import { guardedSystem, logOf, minuteOf } from '../../support/incidents.ts';
import { problemsOf } from '../../support/limits.ts';
import { render } from '../../support/render.ts';

const names = [...incidentStories.keys()];
const storyOf = (name: string): IncidentStory => {
  const story = incidentStories.get(name);
  if (story === undefined) throw new Error(`there is no story ${name}`);
  return story;
};
const shown = (name: string) => incidentCard(storyOf(name).sight, storyOf(name).now);
const buttonsIn = ({ blocks }: Message) =>
  blocks
    .flatMap((block) => (block.type === 'actions' ? block.elements : []))
    .flatMap((element) => (element.type === 'button' ? [element] : []));
const fileOf = (name: string) => `${name.replaceAll(/[^a-z]+/g, '-')}.txt`;

describe('the card of an incident', () => {
  it.each(names)('reads as agreed: %s', async (name) => {
    const message = shown(name);
    expect(problemsOf(message)).toEqual([]);
    await expect(render(message)).toMatchFileSnapshot(`__snapshots__/incidents/${fileOf(name)}`);
  });

  it.each(names)('says phase and level as words in the headline and in the notification: %s', (name) => {
    const message = shown(name);
    const [phase] = /[A-Z, ]+ · LEVEL [123], [A-Z]+/.exec(message.text) ?? [];
    expect(message.blocks[0]).toMatchObject({ text: { text: expect.stringContaining(phase?.trim() ?? 'none') } });
  });

  it('offers only what can be done in the phase', () => {
    const offered = names.map(
      (name) =>
        `${name}: ${buttonsIn(shown(name))
          .map(({ text }) => text.text)
          .join(', ')}`,
    );
    expect(offered).toMatchInlineSnapshot(`
      [
        "just declared: Acknowledge, Add update…, Assess…, Checklist, Timeline, Resolve…",
        "diagnosed and acknowledged: Add update…, Assess…, Checklist, Timeline, Resolve…",
        "nobody is at it: Acknowledge, Add update…, Assess…, Checklist, Timeline, Resolve…",
        "recovering: Add update…, Assess…, Checklist, Timeline, Resolve…",
        "recovered: Add update…, Assess…, Checklist, Timeline, Resolve…",
        "resolved: Checklist, Timeline",
        "followed up: Checklist, Timeline",
        "ended with nothing recovered: Checklist, Timeline",
      ]
    `);
  });

  it.each(names)('names the incident in every button: %s', (name) => {
    for (const { value } of buttonsIn(shown(name))) {
      expect(readValue(IncidentValue, value)).toEqual({ incident: 'inc-1' });
    }
  });

  it('pings nobody by its notification', () => {
    expect(names.filter((name) => shown(name).text.includes('<@'))).toEqual([]);
  });

  it('says what was not told outside, and why', () => {
    expect(render(shown('diagnosed and acknowledged'))).toContain(
      'e-mail: NOT told yet; “declared” NOT told: the server refused the address',
    );
  });
});

describe('the recovery point', () => {
  it.each([
    ['13:00', 'within what is promised'],
    ['12:49', 'OVER what is promised'],
  ])('of a backup of %s is %s', (time, verdict) => {
    const { sight, now } = storyOf('recovering');
    const [linked] = sight.operations;
    if (linked === undefined) throw new Error('there is no operation');
    const { plan } = linked.operation;
    const finishedAt = `2025-11-21T${time}:00.000Z`;
    const backup = {
      id: 'a001',
      kind: 'scheduled',
      state: 'finished',
      startedAt: finishedAt,
      finishedAt,
      bytes: 1,
      sha256: null,
    } as const;
    const pinned = { ...plan.pinned, backup: { environment: 'production', backup } };
    const operation = { ...linked.operation, plan: { ...plan, pinned } };
    const incident = { ...sight.incident, scenario: null };
    const message = incidentCard({ ...sight, incident, operations: [{ ...linked, operation }] }, now);
    expect(render(message)).toContain(`a001 of ${time} UTC, `);
    expect(render(message)).toContain(`before it began: ${verdict}.`);
  });
});

describe('notes about an incident', () => {
  it.each(names)('tell the story: %s', async (name) => {
    const { sight, now } = storyOf(name);
    const notes = sight.entries.map((entry) => incidentNote(sight, entry, now));
    expect(notes.flatMap(problemsOf)).toEqual([]);
    await expect(notes.map(render).join('\n========\n')).toMatchFileSnapshot(
      `__snapshots__/incident-notes/${fileOf(name)}`,
    );
  });

  it('mention whoever is called', () => {
    const { sight, now } = storyOf('nobody is at it');
    const texts = sight.entries.map((entry) => incidentNote(sight, entry, now).text);
    expect(texts[1]).toContain('<@U02BOB>');
    expect(texts[2]).toContain('<@U02BOB>, it is yours');
  });

  it('offer Done and Dismiss with a reminder until one of them was clicked', () => {
    const { sight, now } = storyOf('followed up');
    const reminders = sight.entries.filter(({ event }) => event.type === 'reminded');
    const offered = reminders.map((entry) =>
      buttonsIn(incidentNote(sight, entry, now)).map(({ action_id }) => action_id),
    );
    expect(offered).toEqual([[], [INCIDENT_ACTIONS.done, INCIDENT_ACTIONS.dismiss], []]);
  });

  it('show people, ampersands and brackets as they were meant', () => {
    const { sight, now } = storyOf('recovering');
    const said = sight.entries.find(({ event }) => event.type === 'updated');
    expect(said && incidentNote(sight, said, now).text).toContain('asked @lead &amp; support.');
  });
});

describe('the status update of an incident', () => {
  it.each(names)('reads as agreed: %s', async (name) => {
    const { sight, now } = storyOf(name);
    const messages = [incidentUpdate(sight, 4, now), incidentUpdate(sight, 'last', now)];
    expect(messages.flatMap(problemsOf)).toEqual([]);
    await expect(messages.map(render).join('\n========\n')).toMatchFileSnapshot(
      `__snapshots__/incident-updates/${fileOf(name)}`,
    );
  });

  it('tells the step, what is left of it, and of the RTO', () => {
    const { sight, now } = storyOf('recovering');
    const text = render(incidentUpdate(sight, 4, now));
    expect(text).toContain('4 of 8 steps are over; step 5 of 8');
    expect(text).toMatch(/\*Time left of the RTO:\* none, OVERDUE since/);
  });

  it('says each thing that happened in one update only', () => {
    const { entries } = storyOf('resolved').sight;
    const updates = [1, 2, 3, 4].map((period) => {
      const then = entries.filter(({ at }) => at <= minuteOf(15 * period));
      const { sight, now } = sightAt(then, 15 * period);
      const text = render(incidentUpdate(sight, period, now));
      return text.slice(0, text.indexOf('*For the public'));
    });
    for (const said of ['declared inc-1', 'chose the scenario', 'op-41 was planned for', 'Sums are right again']) {
      expect(updates.filter((text) => text.includes(said))).toHaveLength(1);
    }
  });

  it('says plainly what nobody has measured', () => {
    const { sight, now } = storyOf('ended with nothing recovered');
    const text = render(incidentUpdate(sight, 'last', now));
    expect(text).toContain('*Downtime:* unknown');
    expect(text).toContain('*Data lost:* unknown');
  });
});

describe('the public text', () => {
  const at = (minutes: number, events: Parameters<typeof logOf>[0] = []) => {
    const { sight, now } = sightAt(logOf(events), minutes, { system: guardedSystem() });
    return publicText(sight, now);
  };

  it('is the line of the system file at first', () => {
    expect(at(1)).toBe('We are investigating a problem with GrayLedger and will post an update within 15 minutes.');
  });

  it('says later that work goes on, and by when the next update follows', () => {
    expect(at(16)).toBe(
      'We are still working on the problem with GrayLedger that began at 13:50 UTC. The next update follows by 14:30 UTC.',
    );
  });

  it('is what somebody wrote for the public, never what was written inside', () => {
    const inside = [2, { type: 'updated', by: 'U02BOB', text: 'Bob broke it.', public: false }] as const;
    expect(at(3, [inside])).not.toContain('Bob');
    expect(at(3, [inside, [2, { type: 'updated', by: 'U02BOB', text: 'Logins work', public: true }]])).toBe(
      'Logins work. The next update follows by 14:15 UTC.',
    );
  });

  it('ends with how long it lasted', () => {
    const end = [20, { type: 'resolved', by: 'U02BOB', text: 'secret detail' }] as const;
    expect(at(21, [end])).toBe('The problem with GrayLedger is over since 14:20 UTC. It lasted 30 min.');
    expect(minuteOf(20)).toContain('14:20');
  });
});
