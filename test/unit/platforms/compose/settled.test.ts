// When a service counts as started: what its containers are seen to do, look by look.
import { describe, expect, it } from 'vitest';
import type { Container } from '../../../../src/platforms/compose/containers.ts';
import { watchStart } from '../../../../src/platforms/compose/settled.ts';

const up: Container = {
  id: 'c1',
  name: 'provote_web_1',
  service: 'web',
  image: 'sha256:0',
  state: 'running',
  health: null,
  exitCode: 0,
  restarts: 0,
  startedAt: '2025-11-21T02:00:00Z',
  volumes: [],
  networks: [],
};

/** Watches containers that look like this, one look after the other; the last look stays. */
async function seen(
  looks: Partial<Container>[][],
  options: { before?: Partial<Container>[]; healthyWithinMs?: number; health?: 'told' } = {},
) {
  const all = looks.map((look) => look.map((change) => ({ ...up, ...change })));
  const before = (options.before ?? []).map((change) => ({ ...up, ...change }));
  let at = 0;
  const look = async () => {
    at += 1;
    return all[Math.min(at, all.length) - 1] ?? [];
  };
  const { healthyWithinMs = 10_000, health = 'required' } = options;
  const signal = AbortSignal.timeout(4_000);
  const settled = await watchStart(before, look, { signal, watchMs: 100, healthyWithinMs, health });
  return settled.is === 'up' ? 'up' : settled.why;
}

describe('a started service', () => {
  it('is up when its containers run on', async () => {
    expect(await seen([[{}], [{}]])).toBe('up');
  });

  it('is up when it had been running before, whatever had happened to it then', async () => {
    expect(await seen([[{ restarts: 3 }]], { before: [{ restarts: 3 }] })).toBe('up');
  });

  it('is up when it was given a health check that takes its time', async () => {
    expect(await seen([[{ health: 'starting' }], [{ health: 'starting' }], [{ health: 'healthy' }]])).toBe('up');
  });

  it('is up when it runs, whatever its health check says, where others judge that', async () => {
    expect(await seen([[{}], [{ health: 'unhealthy' }]], { health: 'told' })).toBe('up');
    expect(await seen([[{ health: 'starting' }]], { health: 'told', healthyWithinMs: 200 })).toBe('up');
    const ended = [{ health: 'unhealthy', state: 'exited', exitCode: 1 } as const];
    expect(await seen([[{}], ended], { health: 'told' })).toBe('provote_web_1 ended with exit code 1');
  });

  it('is down when it has no container', async () => {
    expect(await seen([[]])).toBe('it has no container');
  });

  it('is down when a container ends while it is watched', async () => {
    const ended = [{ state: 'exited', exitCode: 1 } as const];
    expect(await seen([[{}], ended])).toBe('provote_web_1 ended with exit code 1');
  });

  it('is down when one of several containers ends', async () => {
    const second = { id: 'c2', name: 'provote_web_2' };
    expect(
      await seen([
        [{}, second],
        [{}, { ...second, state: 'dead' }],
      ]),
    ).toBe('provote_web_2 ended with exit code 0');
  });

  it('is down when a container runs, but only because it was started again', async () => {
    const again = [{ restarts: 2, startedAt: '2025-11-21T02:00:03Z' }];
    expect(await seen([again], { before: [{ state: 'exited' }] })).toBe(
      'provote_web_1 ended and was started again 2 times',
    );
    expect(await seen([[{}], again], { before: [{}] })).toBe('provote_web_1 ended and was started again 2 times');
  });

  it('is down when somebody else starts it anew, removes it or pauses it', async () => {
    expect(await seen([[{}], [{ startedAt: '2025-11-21T02:00:03Z' }]])).toBe(
      'provote_web_1 was started again by somebody else',
    );
    expect(await seen([[{}], []])).toBe('provote_web_1 was removed by somebody else');
    expect(await seen([[{ state: 'paused' }]])).toBe('provote_web_1 is paused');
  });

  it('is down when its health check says no, or nothing in time', async () => {
    expect(await seen([[{ health: 'unhealthy' }]])).toBe('provote_web_1 is unhealthy');
    const waiting = seen([[{ health: 'starting' }]], { healthyWithinMs: 500 });
    expect(await waiting).toBe('provote_web_1 was not healthy within 1 s');
  });
});
