// What the answer of a service outside means: taken, refused, or to be sent again, and when.
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { startPagerDuty } from '../../../../sandbox/outside/pagerduty.ts';
import type { Fault } from '../../../../sandbox/supabase/http/faults.ts';
import { createRedactor } from '../../../../src/lib/redact.ts';
import { ask, type Request } from '../../../../src/notify/outside/request.ts';

const KEY = 'k'.repeat(32);

let service: Awaited<ReturnType<typeof startPagerDuty>>;
beforeAll(async () => {
  service = await startPagerDuty({ routingKey: KEY });
});
beforeEach(() => service.faults.clear());
afterAll(() => service.stop());

const redactor = createRedactor();
redactor.register('hunter22');

function asked(fault: Fault['do'], request: Partial<Request> = {}, signal = new AbortController().signal) {
  service.faults.add({ match: { path: '/' }, do: fault });
  const usual = { service: 'the service', method: 'GET', redact: redactor.text } as const;
  return ask({ ...usual, url: `${service.url}/v2/enqueue`, ...request }, signal);
}

const answering = (status: number, rest: { body?: unknown; headers?: Record<string, string> } = {}): Fault['do'] => ({
  kind: 'answer',
  status,
  body: 'no',
  headers: {},
  ...rest,
});

describe('an answer', () => {
  it('of success is handed on', async () => {
    expect(await asked(answering(202, { body: { status: 'success' } }))).toEqual({
      is: 'ok',
      body: { status: 'success' },
    });
  });

  it('that was cut short counts as none', async () => {
    const event = { routing_key: KEY, event_action: 'acknowledge', dedup_key: 'k' };
    for (const cut of [true, false]) {
      service.faults.clear();
      expect(await asked({ kind: 'truncate', cut }, { method: 'POST', json: event })).toMatchObject({
        is: 'again',
        seconds: 0,
        code: null,
      });
    }
  });

  it.each([
    [429, {}, 30],
    [429, { 'retry-after': '7' }, 7],
    [420, { 'retry-after': '0' }, 1],
    [503, { 'retry-after': '12' }, 12],
    [429, { 'retry-after': '999999' }, 3600],
    [429, { 'retry-after': 'soon' }, 30],
    [500, {}, 0],
    [408, {}, 0],
  ])('of %i with %j is waited for: %i s', async (status, headers, seconds) => {
    expect(await asked(answering(status, { headers }))).toMatchObject({ is: 'again', seconds, code: null });
  });

  it('may name the moment until which to wait', async () => {
    const moment = new Date(Date.now() + 90_000).toUTCString();
    const answer = await asked(answering(429, { headers: { 'retry-after': moment } }));
    if (answer.is !== 'again') throw new Error(answer.is);
    expect(answer.seconds).toBeGreaterThan(80);
    expect(answer.seconds).toBeLessThanOrEqual(90);
  });

  it.each([401, 403])('of %i is a trouble that does not pass, and is asked again slowly', async (status) => {
    expect(await asked(answering(status))).toMatchObject({ is: 'again', seconds: 300, code: 'unauthorized' });
  });

  it('that sends us elsewhere is not followed with our key', async () => {
    const elsewhere = answering(307, { headers: { location: `${service.url}/stolen` } });
    expect(await asked(elsewhere)).toMatchObject({ is: 'again', code: 'redirected' });
  });

  it('of refusal says why, on one line and without a secret', async () => {
    const answer = await asked(answering(422, { body: { error: 'no hunter22\u0007 here\n' } }));
    expect(answer).toEqual({ is: 'refused', status: 422, says: '{"error":"no [secret]\\u0007 here\\n"}' });
  });
});

describe('no answer', () => {
  it('after a broken connection is asked again', async () => {
    expect(await asked({ kind: 'reset' })).toMatchObject({ is: 'again', seconds: 0, code: null });
  });

  it('is waited for only until we are stopped', async () => {
    const stopping = new AbortController();
    setTimeout(() => stopping.abort(), 50);
    const answer = await asked({ kind: 'stall', ms: 1_000 }, {}, stopping.signal);
    expect(answer).toMatchObject({ is: 'again', why: 'the service did not answer: we were stopped' });
  });

  it('shows no secret that could not even be sent', async () => {
    const answer = await asked(answering(200), { headers: { authorization: 'OAuth never\nshown' } });
    expect(answer).toMatchObject({ is: 'again' });
    expect(JSON.stringify(answer)).not.toMatch(/never|shown/);
  });
});
