// Buttons: each reaches its use case, and whoever clicks hears something.
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, describe, expect, it } from 'vitest';
import { persons } from '../../../sandbox/slack/workspace.ts';
import { Refusal } from '../../../src/core/errors.ts';
import { ACTIONS, buttonValue } from '../../../src/messages/buttons.ts';
import type { UseCases } from '../../../src/operations/use-cases.ts';
import type { Given } from '../people/slack-server.ts';
import { type Bolt, startBolt } from './bolt-over-http.ts';
import { recordedUseCases } from './recorded-use-cases.ts';

let bolt: Bolt;
afterEach(() => bolt.stop());

async function start(instead: Partial<UseCases> = {}, slack: Readonly<Record<string, Given>> = {}) {
  const recorded = recordedUseCases(instead);
  bolt = await startBolt(recorded.useCases, slack);
  return { ...recorded, value: buttonValue(recorded.operation, { asks: 7 }) };
}

async function answer(): Promise<string> {
  for (let waited = 0; bolt.answers().length === 0 && waited < 3_000; waited += 10) await sleep(10);
  return bolt.answers()[0] ?? '';
}

describe('a click', () => {
  it.each([
    [ACTIONS.approve, 'approve', {}],
    [ACTIONS.deny, 'deny', {}],
    [ACTIONS.happened, 'settle', { asks: 7, verdict: 'happened' }],
    [ACTIONS.did_not, 'settle', { asks: 7, verdict: 'did_not' }],
    [ACTIONS.abandon, 'settle', { asks: 7, verdict: 'abandon' }],
  ] as const)('on %s decides by the person who clicked, bound to the plan on the card', async (action, what, more) => {
    const { asked, value, operation } = await start();
    expect((await bolt.clicks(action, value)).status).toBe(200);
    expect(await answer()).toContain('op-41');
    const about = { operation: 'op-41', digest: operation.digest, by: persons.bob.id, ...more };
    expect(asked).toEqual([{ what, about }]);
  });

  it('on cancel stops the operation', async () => {
    const { asked, value } = await start();
    await bolt.clicks(ACTIONS.cancel, value);
    expect(await answer()).toContain('op-41');
    expect(asked).toEqual([{ what: 'cancel', about: { operation: 'op-41', by: persons.bob.id } }]);
  });

  it('on join takes part in the drill', async () => {
    const { asked, value } = await start();
    await bolt.clicks(ACTIONS.join, value);
    expect(await answer()).toContain('You take part in op-41');
    expect(asked).toEqual([{ what: 'join', about: { operation: 'op-41', by: persons.bob.id } }]);
  });

  it('on undo is a command of the person who clicked, committed before it is acknowledged', async () => {
    const { asked, value, started } = await start();
    expect((await bolt.clicks(ACTIONS.undo, value)).status).toBe(200);
    expect(asked[0]).toMatchObject({ what: 'accept', about: { text: 'undo op-41', user: persons.bob.id } });
    expect(await answer()).toContain('op-41');
    expect(started).toEqual(['undo op-41']);
  });

  it('on undo that could not be saved says so', async () => {
    const { value } = await start({ accept: () => Promise.reject(new Error('down')) });
    expect((await bolt.clicks(ACTIONS.undo, value)).status).toBe(200);
    expect(await answer()).toContain('NOT queued');
  });

  it('on confirm opens the dialog for this very operation', async () => {
    const { value } = await start();
    expect((await bolt.clicks(ACTIONS.confirm, value, { trigger_id: 'trigger-7' })).status).toBe(200);
    for (let waited = 0; waited < 2_000 && !bolt.calls.some(({ method }) => method === 'views.open'); waited += 10)
      await sleep(10);
    const opened = bolt.calls.find(({ method }) => method === 'views.open');
    expect(opened?.args.get('trigger_id')).toBe('trigger-7');
    expect(opened?.args.get('view')).toContain('ledger-staging');
  });

  it('on confirm that came too late for Slack is answered with what to do', async () => {
    const { value } = await start({}, { 'views.open': { ok: false, error: 'expired_trigger_id' } });
    await bolt.clicks(ACTIONS.confirm, value);
    expect(await answer()).toContain('Click the button again');
  });

  it('that is refused is answered with the reason', async () => {
    const no = new Refusal('own-request', 'You asked for this yourself.', 'It needs other people.');
    const { value } = await start({ approve: () => Promise.reject(no) });
    await bolt.clicks(ACTIONS.approve, value);
    expect(await answer()).toContain('You asked for this yourself.');
  });

  it('that breaks something is answered with a reference', async () => {
    const { value } = await start({ approve: () => Promise.reject(new Error('boom')) });
    await bolt.clicks(ACTIONS.approve, value);
    expect(await answer()).toMatch(/reference [0-9a-f]{8}/);
  });

  it.each([
    ['an empty value', ACTIONS.approve, ''],
    ['a value that is no JSON', ACTIONS.approve, '{"operation":'],
    ['a value with more than belongs into it', ACTIONS.approve, '{"operation":"op-41","digest":"0","admin":true}'],
    ['a button that does not exist', 'operation_explode', '{}'],
  ])('with %s is refused calmly', async (_, action, value) => {
    const { asked } = await start();
    expect((await bolt.clicks(action, value)).status).toBe(200);
    expect(await answer()).toContain('another version');
    expect(asked).toEqual([]);
  });

  it('on an answer without the step it is about is refused calmly', async () => {
    const { asked, operation } = await start();
    await bolt.clicks(ACTIONS.happened, buttonValue(operation));
    expect(await answer()).toContain('another version');
    expect(asked).toEqual([]);
  });

  it.each([
    ['another team', { team: { id: 'T02OTHER', domain: 'other' } }],
    ['another company in a shared channel', { user: { id: 'U0GUEST', name: 'guest', team_id: 'T02OTHER' } }],
    ['the bot itself', { user: { id: 'U0HOLDFAST', name: 'holdfast', team_id: 'T01HOLDFAST' } }],
  ])('by %s is refused', async (_, fields) => {
    const { asked, value } = await start();
    await bolt.clicks(ACTIONS.approve, value, fields);
    expect((await answer()).length).toBeGreaterThan(20);
    expect(asked).toEqual([]);
  });
});

describe('the dialog', () => {
  it('closes when the name is right', async () => {
    const { asked, value, operation } = await start();
    const response = await bolt.submits('ledger-staging', value);
    expect([response.status, await response.text()]).toEqual([200, '']);
    const about = { operation: 'op-41', digest: operation.digest, by: persons.alice.id, typed: 'ledger-staging' };
    expect(asked).toEqual([{ what: 'confirm', about }]);
  });

  it('stays open with the name to type when it is wrong', async () => {
    const { value } = await start({ confirm: () => Promise.reject(new Refusal('wrong-name', 'Wrong.', 'Type it.')) });
    expect(await (await bolt.submits('ledger-prod', value)).json()).toEqual({
      response_action: 'errors',
      errors: { confirm_target: expect.stringContaining('ledger-staging') },
    });
  });

  it.each<[string, unknown, RegExp]>([
    ['the reason when it is refused', new Refusal('expired', 'It has expired.', 'Ask again.'), /It has expired/],
    ['a reference when something breaks', new Error('boom'), /reference [0-9a-f]{8}/],
  ])('shows %s', async (_, thrown, words) => {
    const { value } = await start({ confirm: () => Promise.reject(thrown) });
    const shown = await (await bolt.submits('ledger-staging', value)).text();
    expect(JSON.parse(shown)).toMatchObject({ response_action: 'update' });
    expect(shown).toMatch(words);
  });

  it('confirms nothing when its own data were changed', async () => {
    const { asked } = await start();
    const response = await bolt.submits('ledger-staging', '{"operation":"op-41"}');
    expect(await response.json()).toMatchObject({ response_action: 'update' });
    expect(asked).toEqual([]);
  });
});
