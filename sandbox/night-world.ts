// The world of a bad night: grayledger with everything that is told outside of Slack, clocks and looks in seconds.
import type { GroundOptions } from './ground.ts';
import { type Outside, startOutside } from './outside/outside.ts';
import { startWorld, type World } from './world.ts';

export type NightWorld = World & { readonly outside: Outside };

/** Minutes after which the second one is called. */
export const SECOND_CALL_MINUTES = 0.1;

export async function startNightWorld(options: GroundOptions = {}): Promise<NightWorld> {
  const outside = await startOutside();
  const incidents = {
    notify: outside.notify,
    escalation: [
      { afterMinutes: 0, call: ['on-call'] },
      { afterMinutes: SECOND_CALL_MINUTES, call: ['engineering-lead'] },
    ],
  };
  const rules = { watchMinutes: 1 / 30, incidents, ...options.rules };
  try {
    const world = await startWorld({ ...options, rules, env: { ...outside.env, ...options.env } });
    return {
      ...world,
      outside,
      async stop() {
        await world.stop();
        await outside.stop();
      },
    };
  } catch (thrown) {
    await outside.stop();
    throw thrown;
  }
}
