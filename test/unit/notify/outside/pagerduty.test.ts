// What PagerDuty makes of our events.
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type PagerDutyServer, startPagerDuty } from '../../../../sandbox/outside/pagerduty.ts';
import type { IncidentEvent } from '../../../../src/core/incident-log.ts';
import type { Notice } from '../../../../src/core/incident-ports.ts';
import { Secret } from '../../../../src/core/secret.ts';
import { pagerduty } from '../../../../src/notify/outside/pagerduty.ts';
import { anIncident, minutes } from './an-incident.ts';

const KEY = 'k'.repeat(32);

let server: PagerDutyServer;
beforeEach(async () => {
  server = await startPagerDuty({ routingKey: KEY });
});
afterEach(() => server.stop());

type Given = {
  readonly level?: 1 | 2 | 3;
  readonly seen?: string;
  readonly events?: readonly IncidentEvent[];
  readonly key?: string;
};

function tell(is: Notice['is'], { key = KEY, ...given }: Given = {}) {
  const sight = anIncident(given);
  const entry = sight.entries.at(-1) ?? null;
  const item = {
    notice: { is, seq: entry?.seq ?? 1 },
    entry,
    sight,
    receipt: null,
    uncertain: false,
    now: new Date(minutes(9)),
  };
  const redact = (text: string) => text.replaceAll('hunter22', '[secret]');
  return pagerduty({ routingKey: new Secret(key), url: server.url, redact }).send(item, new AbortController().signal);
}

it.each([
  [1, 'critical'],
  [2, 'error'],
  [3, 'warning'],
] as const)('level %i is %s', async (level, severity) => {
  expect(await tell('declared', { level })).toEqual({ is: 'sent', receipt: 'holdfast/grayledger/inc-7' });
  expect(server.received()).toMatchObject([{ key: 'holdfast/grayledger/inc-7', state: 'triggered', severity }]);
});

it('is one alert from the trigger to the end', async () => {
  for (const is of ['declared', 'declared', 'acknowledged', 'resolved'] as const) await tell(is);
  expect(server.received()).toMatchObject([
    { state: 'resolved', events: ['trigger', 'trigger', 'acknowledge', 'resolve'] },
  ]);
});

it.each(['updated', 'ongoing', 'escalated'] as const)('has nothing to do with what was %s', async (is) => {
  expect(await tell(is)).toMatchObject({ is: 'skipped' });
  expect(server.received()).toEqual([]);
});

it('takes everything that people can type, without a secret in it', async () => {
  const seen = `hunter22 is down\r\n<!channel> ${'long '.repeat(2000)}`;
  expect(await tell('declared', { seen })).toMatchObject({ is: 'sent' });
  const [alert] = server.received();
  expect(alert?.summary).toContain('[secret] is down ‹!channel› long');
  expect(alert?.details['Seen']).toContain('[secret] is down');
});

describe('a refusal', () => {
  it.each(['k'.repeat(31), 'x'.repeat(32), ''])('of the key %j is tried again slowly', async (key) => {
    expect(await tell('declared', { key })).toMatchObject({ is: 'again', seconds: 300, code: 'routing-key' });
  });

  it('of what was said is not tried again', async () => {
    const body = { status: 'invalid event', errors: ["'payload.summary' is too long"] };
    server.faults.add({ match: { path: '/' }, times: 1, do: { kind: 'answer', status: 400, body, headers: {} } });
    expect(await tell('declared')).toEqual({
      is: 'dropped',
      why: `PagerDuty answered 400 (${JSON.stringify(body)})`,
    });
  });
});

it.each([{ status: 'success', dedup_key: 'another' }, { status: 'queued' }, []])(
  'an answer that is not about our event counts as none: %j',
  async (body) => {
    server.faults.add({ match: { path: '/' }, do: { kind: 'answer', status: 202, body, headers: {} } });
    expect(await tell('declared')).toMatchObject({ is: 'again', code: null });
  },
);
