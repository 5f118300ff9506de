// What stands on the status page: one incident, its sentences, and the state of the component.
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type StatuspageServer, startStatuspage } from '../../../../sandbox/outside/statuspage.ts';
import type { IncidentEvent } from '../../../../src/core/incident-log.ts';
import type { Notice, NoticeState } from '../../../../src/core/incident-ports.ts';
import { Secret } from '../../../../src/core/secret.ts';
import { statuspage } from '../../../../src/notify/outside/statuspage.ts';
import { anIncident, minutes } from './an-incident.ts';

const RESOLVED: IncidentEvent = { type: 'resolved', by: 'U02BOB', text: 'restored a003' };
const PUBLIC: IncidentEvent = { type: 'updated', by: 'U02BOB', text: 'hunter22 is paused', public: true };

let server: StatuspageServer;
beforeEach(async () => {
  server = await startStatuspage({ token: 'token', page: 'p1', components: ['c1', 'c2'] });
});
afterEach(() => server.stop());

type Given = {
  readonly id?: string;
  readonly level?: 1 | 2 | 3;
  readonly events?: readonly IncidentEvent[];
  readonly seq?: number;
  readonly receipt?: string;
  readonly notices?: readonly NoticeState[];
  readonly page?: string;
};

function tell(is: Notice['is'], { seq, receipt = '', notices = [], page = 'p1', ...given }: Given = {}) {
  const sight = { ...anIncident(given), notices };
  const entry = is === 'ongoing' ? null : (sight.entries.at(-1) ?? null);
  const notice = { is, seq: seq ?? entry?.seq ?? 1 };
  const item = {
    notice,
    entry,
    sight,
    receipt: receipt === '' ? null : receipt,
    uncertain: false,
    now: new Date(minutes(20)),
  };
  const redact = (text: string) => text.replaceAll('hunter22', '[secret]');
  const options = { token: new Secret('token'), page, component: 'c1', url: server.url, redact };
  return statuspage(options).send(item, new AbortController().signal);
}

const state = () => server.received();
const bodies = () =>
  state().incidents.map(({ incident_updates: updates }) => updates.map(({ body }) => body).toReversed());

it.each([
  [1, 'major_outage'],
  [2, 'partial_outage'],
  [3, 'degraded_performance'],
] as const)('level %i is a %s, and operational at the end', async (level, component) => {
  expect(await tell('declared', { level })).toEqual({ is: 'sent', receipt: 'page00000001' });
  expect(state().components).toEqual({ c1: component, c2: 'operational' });
  expect(await tell('resolved', { level, events: [RESOLVED], receipt: 'page00000001' })).toMatchObject({ is: 'sent' });
  expect(state().components).toEqual({ c1: 'operational', c2: 'operational' });
  expect(state().incidents).toMatchObject([{ name: 'Problem with GrayLedger', status: 'resolved' }]);
});

it('shows what people meant for the public, without a secret in it', async () => {
  await tell('declared');
  await tell('updated', { events: [PUBLIC], receipt: 'page00000001' });
  expect(bodies()).toEqual([
    [expect.stringMatching(/^We are investigating a problem with GrayLedger/), '[secret] is paused.'],
  ]);
});

it('says "identified" once the cause is found', async () => {
  await tell('declared');
  await tell('ongoing', {
    events: [{ type: 'reached', milestone: 'diagnosed', by: null, note: '' }],
    receipt: 'page00000001',
  });
  expect(state().incidents).toMatchObject([{ status: 'identified' }]);
});

it('can say the same sentence twice when people do', async () => {
  await tell('declared');
  await tell('updated', { events: [PUBLIC], receipt: 'page00000001' });
  await tell('updated', { events: [PUBLIC, PUBLIC], receipt: 'page00000001' });
  expect(bodies()[0]?.slice(1)).toEqual(['[secret] is paused.', '[secret] is paused.']);
});

it('finds its incident again although nobody knows its id', async () => {
  await tell('declared');
  await tell('declared', { id: 'inc-8' });
  await tell('updated', { events: [PUBLIC] });
  expect(bodies().map((one) => one.length)).toEqual([2, 1]);
});

describe('what is told once in every period', () => {
  const ongoing = (seq: number, what: NoticeState['state']): NoticeState => {
    return { notifier: 'statuspage', notice: { is: 'ongoing', seq }, state: what, at: null, why: null };
  };

  it('is made up once after an outage of the page, by the newest', async () => {
    await tell('declared');
    const notices = [ongoing(1, 'due'), ongoing(2, 'due')];
    expect(await tell('ongoing', { seq: 1, notices, receipt: 'page00000001' })).toMatchObject({ is: 'skipped' });
    expect(await tell('ongoing', { seq: 2, notices, receipt: 'page00000001' })).toMatchObject({ is: 'sent' });
    expect(bodies()[0]).toHaveLength(2);
  });

  it('is not told after the end', async () => {
    await tell('declared');
    const told = await tell('ongoing', { events: [RESOLVED], receipt: 'page00000001' });
    expect(told).toMatchObject({ is: 'skipped' });
    expect(bodies()[0]).toHaveLength(1);
  });
});

it('leaves the component down while another incident needs it', async () => {
  await tell('declared');
  await tell('declared', { id: 'inc-8', level: 2 });
  await tell('resolved', { events: [RESOLVED], receipt: 'page00000001' });
  expect(state().components).toMatchObject({ c1: 'partial_outage' });
  await tell('resolved', { id: 'inc-8', events: [RESOLVED], receipt: 'page00000002' });
  expect(state().components).toMatchObject({ c1: 'operational' });
});

it('does not bring back what a person removed from the page', async () => {
  await tell('declared');
  server.remove('page00000001');
  expect(await tell('updated', { events: [PUBLIC], receipt: 'page00000001' })).toMatchObject({ is: 'dropped' });
  expect(await tell('resolved', { events: [RESOLVED], receipt: 'page00000001' })).toMatchObject({ is: 'dropped' });
  expect(state().incidents).toEqual([]);
});

it('does not tell of the end what nobody there heard begin', async () => {
  expect(await tell('resolved', { events: [RESOLVED] })).toMatchObject({ is: 'skipped' });
  expect(state().incidents).toEqual([]);
});

it('of a page that is not ours says so slowly', async () => {
  expect(await tell('declared', { page: 'p2' })).toMatchObject({ is: 'again', seconds: 300, code: 'not-found' });
});

it('does not repeat what the page refuses for what it says', async () => {
  server.faults.add({
    match: { method: 'POST', path: '/' },
    do: { kind: 'answer', status: 422, body: { error: 'too long' }, headers: {} },
  });
  expect(await tell('declared')).toMatchObject({ is: 'dropped' });
});

it.each([[{}], [{ id: 'x', name: 'y', status: 'resolved' }]])(
  'takes no answer for a success that does not show what was told: %j',
  async (body) => {
    server.faults.add({ match: { method: 'POST', path: '/' }, do: { kind: 'answer', status: 201, body, headers: {} } });
    expect(await tell('declared')).toMatchObject({ is: 'again', code: null });
  },
);
