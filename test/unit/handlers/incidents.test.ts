// Buttons, boxes and dialogs of incidents: each reaches its use case, and whoever clicks hears something.
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, describe, expect, it } from 'vitest';
import { channels, persons } from '../../../sandbox/slack/workspace.ts';
import { Refusal } from '../../../src/core/errors.ts';
import type { IncidentUseCases } from '../../../src/core/incident-use-cases.ts';
import type { Home } from '../../../src/core/incident-views.ts';
import type { Answer } from '../../../src/core/views.ts';
import { INCIDENT_ACTIONS, INCIDENT_VIEWS } from '../../../src/messages/buttons.ts';
import type { UseCases } from '../../../src/operations/use-cases.ts';
import { home, shownSystem } from '../../support/shown.ts';
import type { Call, Given } from '../people/slack-server.ts';
import { type Bolt, startBolt } from './bolt-over-http.ts';
import { recordedIncidents } from './recorded-incidents.ts';
import { recordedUseCases } from './recorded-use-cases.ts';

const BY = persons.bob.id;
const CHANNEL = channels.incidents.id;
const VALUE = JSON.stringify({ incident: 'inc-1' });

let bolt: Bolt;
afterEach(() => bolt.stop());

type Behind = {
  readonly instead?: Partial<IncidentUseCases>;
  readonly useCases?: Partial<UseCases>;
  readonly slack?: Readonly<Record<string, Given>>;
  readonly story?: string;
  readonly homeFor?: (user: string) => Promise<Home>;
};

async function start({ instead, useCases, slack, story, homeFor }: Behind = {}) {
  const commands = recordedUseCases(useCases);
  const recorded = recordedIncidents(instead, story);
  const more = { incidents: recorded.incidents, ...(homeFor === undefined ? {} : { homeFor }) };
  bolt = await startBolt(commands.useCases, slack, more);
  return { ...recorded, commands };
}

async function called(method: string): Promise<Call> {
  for (let waited = 0; waited < 3_000; waited += 10) {
    const call = bolt.calls.find((one) => one.method === method);
    if (call !== undefined) return call;
    await sleep(10);
  }
  throw new Error(`${method} was not called; ${bolt.calls.map((call) => call.method).join(', ')}`);
}

const answer = async () => (await called('/response')).body;
const opened = async () => JSON.parse((await called('views.open')).args.get('view') ?? '') as Record<string, unknown>;

function boxes(block_id: string, values: readonly string[]) {
  const selected_options = values.map((value) => ({ value, text: { type: 'plain_text', text: value } }));
  const actions = [{ type: 'checkboxes', action_id: INCIDENT_ACTIONS.tick, block_id, selected_options }];
  return bolt.clicks(INCIDENT_ACTIONS.tick, '', { actions });
}

describe('a click', () => {
  it.each([
    [INCIDENT_ACTIONS.ack, VALUE, 'incident ack --incident inc-1'],
    [INCIDENT_ACTIONS.timeline, VALUE, 'incident timeline --incident inc-1'],
    [INCIDENT_ACTIONS.run, JSON.stringify({ command: 'backup production' }), 'backup production'],
  ])('on %s is a command of whoever clicked, committed before it is acknowledged', async (action, value, text) => {
    const { commands } = await start();
    expect((await bolt.clicks(action, value)).status).toBe(200);
    expect(commands.asked[0]).toMatchObject({ what: 'accept', about: { text, user: BY, channel: CHANNEL } });
    expect(await answer()).toContain('op-41');
    expect(commands.started).toEqual([text]);
  });

  it('on a command that could not be saved says so', async () => {
    await start({ useCases: { accept: () => Promise.reject(new Error('down')) } });
    await bolt.clicks(INCIDENT_ACTIONS.ack, VALUE);
    expect(await answer()).toContain('NOT queued');
  });

  it.each([
    [INCIDENT_ACTIONS.update, VALUE, INCIDENT_VIEWS.say, { incident: 'inc-1', say: 'update', channel: CHANNEL }],
    [INCIDENT_ACTIONS.resolve, VALUE, INCIDENT_VIEWS.say, { incident: 'inc-1', say: 'resolve', channel: CHANNEL }],
    [
      INCIDENT_ACTIONS.assess,
      VALUE,
      INCIDENT_VIEWS.assess,
      { system: 'grayledger', incident: 'inc-1', channel: CHANNEL },
    ],
  ])(
    'on %s opens its dialog, which knows the incident and the channel',
    async (action, value, callback_id, metadata) => {
      await start();
      await bolt.clicks(action, value);
      const view = await opened();
      expect(view).toMatchObject({ callback_id });
      expect(JSON.parse(String(view['private_metadata']))).toEqual(metadata);
    },
  );

  it('on declare opens the dialog with what is known', async () => {
    await start();
    const known = { system: 'grayledger', level: 1, seen: 'a001 is old', since: null, scenario: null, alert: 'al-12' };
    await bolt.clicks(INCIDENT_ACTIONS.declare, JSON.stringify(known));
    const view = await opened();
    expect(JSON.stringify(view)).toContain('a001 is old');
    expect(JSON.parse(String(view['private_metadata']))).toMatchObject({ alert: 'al-12', channel: CHANNEL });
  });

  it('on declare for a system that is gone is refused', async () => {
    await start();
    const known = { system: 'gone', level: 1, seen: null, since: null, scenario: null, alert: null };
    await bolt.clicks(INCIDENT_ACTIONS.declare, JSON.stringify(known));
    expect(await answer()).toContain('not protected here any more');
  });

  it.each([
    ['just declared', 'before the recovery'],
    ['recovering', 'during the recovery'],
    ['resolved', 'after the recovery'],
  ])('on the checklist of an incident that is %s shows the one %s', async (story, words) => {
    await start({ story });
    await bolt.clicks(INCIDENT_ACTIONS.checklist, VALUE);
    expect(await answer()).toContain(words);
  });

  it.each([
    [INCIDENT_ACTIONS.done, 'done', 'is done'],
    [INCIDENT_ACTIONS.dismiss, 'dismissed', 'dismissed'],
  ])('on %s settles the work that follows', async (action, verdict, words) => {
    const { asked } = await start();
    await bolt.clicks(action, JSON.stringify({ incident: 'inc-1', hours: 24 }));
    expect(await answer()).toContain(words);
    expect(asked).toEqual([{ what: 'followUp', about: { incident: 'inc-1', by: BY, hours: 24, verdict } }]);
  });

  it('on a scenario chooses it', async () => {
    const { asked } = await start();
    await bolt.clicks(INCIDENT_ACTIONS.scenario, JSON.stringify({ incident: 'inc-1', scenario: 'corruption' }));
    expect(await answer()).toContain('corruption');
    expect(asked).toEqual([{ what: 'setScenario', about: { incident: 'inc-1', by: BY, scenario: 'corruption' } }]);
  });

  it.each(Object.values(INCIDENT_ACTIONS))(
    'on %s with a value that cannot be ours is refused calmly',
    async (action) => {
      const { asked, commands } = await start();
      expect((await bolt.clicks(action, '{"incident":"../inc-1"}')).status).toBe(200);
      expect(await answer()).toContain('another version');
      expect([...asked, ...commands.asked]).toEqual([]);
    },
  );

  it.each([INCIDENT_ACTIONS.untick, INCIDENT_ACTIONS.tickDialog, INCIDENT_ACTIONS.done, INCIDENT_ACTIONS.scenario])(
    'on %s without the thing that it is about is refused calmly',
    async (action) => {
      const { asked } = await start();
      await bolt.clicks(action, VALUE);
      expect(await answer()).toContain('another version');
      expect(asked).toEqual([]);
    },
  );

  it('on a button of ours that does not exist is refused calmly', async () => {
    const { asked } = await start();
    await bolt.clicks('incident_explode', VALUE);
    expect(await answer()).toContain('another version');
    expect(asked).toEqual([]);
  });

  it('by another team is refused', async () => {
    const { asked, commands } = await start();
    await bolt.clicks(INCIDENT_ACTIONS.ack, VALUE, { team: { id: 'T02OTHER', domain: 'other' } });
    expect((await answer()).length).toBeGreaterThan(20);
    expect([...asked, ...commands.asked]).toEqual([]);
  });

  it('that is refused is answered with the reason', async () => {
    const no = new Refusal('not-an-operator', 'You may look, not act.', 'Ask one of them.');
    await start({ instead: { followUp: () => Promise.reject(no) } });
    await bolt.clicks(INCIDENT_ACTIONS.done, JSON.stringify({ incident: 'inc-1', hours: 24 }));
    expect(await answer()).toContain('You may look, not act.');
  });
});

describe('a checklist', () => {
  const block = JSON.stringify({ incident: 'inc-1', list: 'during' });

  it('takes a tick for every box that is marked, and is shown anew in its place', async () => {
    const { asked } = await start();
    await boxes(block, ['1', '3']);
    expect(JSON.parse(await answer())).toMatchObject({ replace_original: true });
    expect(asked.filter(({ what }) => what !== 'find')).toEqual([
      { what: 'tick', about: { incident: 'inc-1', by: BY, list: 'during', item: 1 } },
      { what: 'tick', about: { incident: 'inc-1', by: BY, list: 'during', item: 3 } },
    ]);
  });

  it('never loses a tick of somebody else: a box that is not marked takes nothing away', async () => {
    const { asked } = await start();
    await boxes(block, []);
    await answer();
    expect(asked.map(({ what }) => what)).toEqual(['find']);
  });

  it('shows its boxes in a dialog as well, and ticks what is marked there', async () => {
    const { asked } = await start();
    await bolt.clicks(INCIDENT_ACTIONS.tickDialog, block);
    const view = await opened();
    expect(view).toMatchObject({ callback_id: INCIDENT_VIEWS.tick });
    const boxed = { items: { items: { type: 'checkboxes', selected_options: [{ value: '1' }] } } };
    const response = await bolt.submitsView(INCIDENT_VIEWS.tick, String(view['private_metadata']), boxed);
    expect([response.status, await response.text()]).toEqual([200, '']);
    expect((await called('chat.postEphemeral')).args.get('blocks')).toContain('Checklist during the recovery');
    const about = { incident: 'inc-1', by: persons.alice.id, list: 'during', item: 1 };
    expect(asked.filter(({ what }) => what === 'tick')).toEqual([{ what: 'tick', about }]);
  });

  it('whose dialog cannot be ticked says why', async () => {
    const no = new Refusal('over', 'It is over.', 'See the timeline.');
    await start({ instead: { tick: () => Promise.reject(no) } });
    const metadata = JSON.stringify({ incident: 'inc-1', list: 'pre', channel: null });
    const boxed = { items: { items: { type: 'checkboxes', selected_options: [{ value: '0' }] } } };
    await bolt.submitsView(INCIDENT_VIEWS.tick, metadata, boxed);
    expect((await called('chat.postMessage')).args.get('text')).toContain('It is over.');
  });

  it('whose dialog was changed ticks nothing', async () => {
    const { asked } = await start();
    const response = await bolt.submitsView(INCIDENT_VIEWS.tick, '{}', {});
    expect(await response.json()).toMatchObject({ response_action: 'update' });
    expect(asked).toEqual([]);
  });

  it('gives a tick back by its button', async () => {
    const { asked } = await start();
    await bolt.clicks(INCIDENT_ACTIONS.untick, JSON.stringify({ incident: 'inc-1', list: 'during', item: 1 }));
    expect(JSON.parse(await answer())).toMatchObject({ replace_original: true });
    expect(asked[0]).toEqual({ what: 'untick', about: { incident: 'inc-1', by: BY, list: 'during', item: 1 } });
  });

  it.each(['', '{"incident":"inc-1"}', '{"list":"during"}'])(
    'whose block is “%s” is refused calmly',
    async (block_id) => {
      const { asked } = await start();
      await boxes(block_id, ['1']);
      expect(await answer()).toContain('another version');
      expect(asked).toEqual([]);
    },
  );
});

describe('the dialog of a declaration', () => {
  const metadata = JSON.stringify({
    ...{ system: 'grayledger', level: 2, seen: null, since: null, scenario: null, alert: 'al-12', channel: CHANNEL },
  });
  const values = (seen: string, since = '', scenario: string | null = null) => ({
    level: { level: { type: 'static_select', selected_option: { value: '1' } } },
    seen: { seen: { type: 'plain_text_input', value: seen } },
    since: { since: { type: 'plain_text_input', value: since === '' ? null : since } },
    scenario: { scenario: { type: 'static_select', selected_option: scenario === null ? null : { value: scenario } } },
  });

  it('is the command that somebody would have typed, and closes when it is committed', async () => {
    const { commands } = await start();
    const response = await bolt.submitsView(
      INCIDENT_VIEWS.declare,
      metadata,
      values('Sums "are"\nwrong', '2025-11-21 14:40', 'corruption'),
    );
    expect([response.status, await response.text()]).toEqual([200, '']);
    const text =
      'incident declare --system grayledger --level 1 --since "2025-11-21T14:40:00.000Z" --scenario corruption --alert al-12 ' +
      `"Sums 'are' wrong"`;
    expect(commands.asked[0]).toMatchObject({
      what: 'accept',
      about: { text, user: persons.alice.id, channel: CHANNEL },
    });
    const told = await called('chat.postEphemeral');
    expect(told.args.get('user')).toBe(persons.alice.id);
    expect(told.args.get('channel')).toBe(CHANNEL);
  });

  it('takes what stood in an input that Slack does not mention', async () => {
    const { commands } = await start();
    const known = {
      ...JSON.parse(metadata),
      seen: 'sums are wrong',
      since: '2025-11-21T14:40:00.000Z',
      scenario: 'corruption',
    };
    await bolt.submitsView(INCIDENT_VIEWS.declare, JSON.stringify(known), {});
    const text =
      'incident declare --system grayledger --level 2 --since "2025-11-21T14:40:00.000Z" --scenario corruption --alert al-12 "sums are wrong"';
    await called('chat.postEphemeral');
    expect(commands.started).toEqual([text]);
  });

  it('takes nothing for what was emptied', async () => {
    const { commands } = await start();
    const known = { ...JSON.parse(metadata), since: '2025-11-21T14:40:00.000Z', scenario: 'corruption' };
    await bolt.submitsView(INCIDENT_VIEWS.declare, JSON.stringify(known), values('x'));
    await called('chat.postEphemeral');
    expect(commands.started).toEqual(['incident declare --system grayledger --level 1 --alert al-12 "x"']);
  });

  it('stays open with what cannot be read', async () => {
    const { commands } = await start();
    const response = await bolt.submitsView(INCIDENT_VIEWS.declare, metadata, values('--', 'tomorrow'));
    expect(await response.json()).toMatchObject({
      response_action: 'errors',
      errors: { since: expect.stringContaining('14:40'), seen: expect.any(String) },
    });
    expect(commands.asked).toEqual([]);
  });

  it('says in its place that it could not be kept', async () => {
    await start({ useCases: { accept: () => Promise.reject(new Error('down')) } });
    const response = await bolt.submitsView(INCIDENT_VIEWS.declare, metadata, values('x'));
    expect(await response.text()).toContain('NOT queued');
  });

  it('whose own data were changed declares nothing', async () => {
    const { commands } = await start();
    const response = await bolt.submitsView(INCIDENT_VIEWS.declare, '{"system":"x"}', values('x'));
    expect(await response.json()).toMatchObject({ response_action: 'update' });
    expect(commands.asked).toEqual([]);
  });

  it('answers by a direct message where no channel is known, or we are not in it', async () => {
    await start({ slack: { 'chat.postEphemeral': { ok: false, error: 'not_in_channel' } } });
    await bolt.submitsView(INCIDENT_VIEWS.declare, metadata, values('x'));
    expect((await called('chat.postMessage')).args.get('channel')).toBe(persons.alice.id);
  });
});

describe('the dialog of a sentence', () => {
  const metadata = (say: string) => JSON.stringify({ incident: 'inc-1', say, channel: null });
  const values = (text: string, open = 'no') => ({
    text: { text: { type: 'plain_text_input', value: text } },
    public: { public: { type: 'static_select', selected_option: { value: open } } },
  });

  it.each([
    ['update', 'yes', 'incident update --incident inc-1 --public "Logins work"'],
    ['update', 'no', 'incident update --incident inc-1 "Logins work"'],
    ['resolve', 'no', 'incident resolve --incident inc-1 "Logins work"'],
  ])('is a command: %s, public %s', async (say, open, text) => {
    const { commands } = await start();
    await bolt.submitsView(INCIDENT_VIEWS.say, metadata(say), values('Logins work', open));
    expect((await called('chat.postMessage')).args.get('channel')).toBe(persons.alice.id);
    expect(commands.started).toEqual([text]);
  });

  it('stays open without words', async () => {
    const { commands } = await start();
    const response = await bolt.submitsView(INCIDENT_VIEWS.say, metadata('update'), values(' - '));
    expect(await response.json()).toMatchObject({ response_action: 'errors', errors: { text: expect.any(String) } });
    expect(commands.asked).toEqual([]);
  });

  it('whose own data were changed says nothing', async () => {
    const { commands } = await start();
    const response = await bolt.submitsView(INCIDENT_VIEWS.say, '{}', values('x'));
    expect(await response.json()).toMatchObject({ response_action: 'update' });
    expect(commands.asked).toEqual([]);
  });
});

describe('the dialog of symptoms', () => {
  const metadata = JSON.stringify({ system: 'grayledger', incident: null, channel: CHANNEL });
  const values = (names: readonly string[], onset = '') => ({
    'symptoms-0': { symptoms: { type: 'checkboxes', selected_options: names.slice(0, 1).map((value) => ({ value })) } },
    'symptoms-1': { symptoms: { type: 'checkboxes', selected_options: names.slice(1).map((value) => ({ value })) } },
    onset: { onset: { type: 'plain_text_input', value: onset === '' ? null : onset } },
  });

  it('closes at once and is answered where it was asked for', async () => {
    let read = () => {};
    const facts = new Promise<void>((resolve) => {
      read = resolve;
    });
    const { incidents } = recordedIncidents();
    const { asked } = await start({ instead: { assess: (given) => facts.then(() => incidents.assess(given)) } });
    const response = await bolt.submitsView(
      INCIDENT_VIEWS.assess,
      metadata,
      values(['slow', 'errors'], '2025-11-21 14:40'),
    );
    expect([response.status, await response.text()]).toEqual([200, '']);
    read();
    const told = await called('chat.postEphemeral');
    expect(told.args.get('blocks')).toContain('Restore or roll back? RESTORE');
    const about = {
      by: persons.alice.id,
      system: 'grayledger',
      symptoms: ['slow', 'errors'],
      onset: '2025-11-21T14:40:00.000Z',
    };
    expect(asked).toEqual([{ what: 'assess', about }]);
  });

  it.each([
    [[], '', 'symptoms-0'],
    [['slow'], 'soon', 'onset'],
  ])('stays open with %j and the onset “%s”', async (names, onset, block) => {
    const { asked } = await start();
    const response = await bolt.submitsView(INCIDENT_VIEWS.assess, metadata, values(names, onset));
    expect(await response.json()).toMatchObject({ response_action: 'errors', errors: { [block]: expect.any(String) } });
    expect(asked).toEqual([]);
  });

  it.each<[string, unknown, RegExp]>([
    [
      'the reason of a refusal',
      new Refusal('no-such-symptom', 'It knows no such symptom.', 'Ask again.'),
      /no such symptom/,
    ],
    ['a reference when something breaks', new Error('boom'), /reference [0-9a-f]{8}/],
  ])('is answered with %s', async (_, thrown, words) => {
    await start({ instead: { assess: () => Promise.reject(thrown) } });
    await bolt.submitsView(INCIDENT_VIEWS.assess, metadata, values(['slow']));
    expect((await called('chat.postEphemeral')).args.get('text')).toMatch(words);
  });

  it('whose own data were changed asks nothing', async () => {
    const { asked } = await start();
    const response = await bolt.submitsView(INCIDENT_VIEWS.assess, 'x', values(['slow']));
    expect(await response.json()).toMatchObject({ response_action: 'update' });
    expect(asked).toEqual([]);
  });
});

describe('a command that is answered with a dialog', () => {
  const declare = {
    is: 'dialog',
    dialog: 'declare',
    system: shownSystem,
    level: 1,
    seen: null,
    since: null,
    scenario: null,
    alert: null,
  } as const;
  const answered = (given: Answer): Partial<UseCases> => ({ answer: async () => given });

  it.each<[string, Answer, string]>([
    ['assess', { is: 'dialog', dialog: 'assess', system: shownSystem }, INCIDENT_VIEWS.assess],
    ['incident declare', declare, INCIDENT_VIEWS.declare],
  ])('opens it: %s', async (text, given, callback_id) => {
    await start({ useCases: answered(given) });
    expect((await bolt.dr(text, { trigger_id: 'trigger-9' })).status).toBe(200);
    expect((await called('views.open')).args.get('trigger_id')).toBe('trigger-9');
    expect(await opened()).toMatchObject({ callback_id });
    expect(JSON.parse(String((await opened())['private_metadata']))).toMatchObject({ channel: CHANNEL });
    expect(bolt.answers()).toEqual([]);
  });

  it('says what to do when Slack does not allow it any more', async () => {
    await start({ useCases: answered(declare), slack: { 'views.open': { ok: false, error: 'expired_trigger_id' } } });
    await bolt.dr('incident declare');
    expect(await answer()).toContain('type the command again');
  });
});

describe('App Home', () => {
  const openedBy = (tab: string, fields?: Record<string, unknown>) =>
    bolt.event({ type: 'app_home_opened', user: BY, channel: 'D01', tab, event_ts: '1.1' }, fields);

  it('is published for whoever opens it', async () => {
    const askedFor: string[] = [];
    await start({
      homeFor: async (user) => {
        askedFor.push(user);
        return home;
      },
    });
    expect((await openedBy('home')).status).toBe(200);
    const call = await called('views.publish');
    expect(call.args.get('user_id')).toBe(BY);
    expect(call.args.get('view')).toContain('Waiting for you: 2');
    expect(askedFor).toEqual([BY]);
  });

  it('shows a reference when it could not be read', async () => {
    await start({ homeFor: () => Promise.reject(new Error('the store is away')) });
    await openedBy('home');
    expect((await called('views.publish')).args.get('view')).toMatch(/reference [0-9a-f]{8}/);
  });

  it.each([
    ['the messages tab', 'messages', {}],
    ['another team', 'home', { team_id: 'T02OTHER' }],
  ])('is not published for %s', async (_, tab, fields) => {
    await start();
    await openedBy(tab, fields);
    await sleep(200);
    expect(bolt.calls.map(({ method }) => method)).not.toContain('views.publish');
  });
});
