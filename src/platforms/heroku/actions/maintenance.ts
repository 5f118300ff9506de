// maintenance.on and maintenance.off: one switch, set and read back.
import { z } from 'zod';
import type { Action, Args, Run } from '../../../core/action.ts';
import { Fault } from '../../../core/errors.ts';
import { done, evidence, failed, prepared } from '../../../core/outcomes.ts';
import { maintenance as line, typed } from '../cli-lines.ts';
import { appOf } from '../readings.ts';
import { settingsOf } from '../settings.ts';
import type { Tools } from '../tools.ts';
import { until } from '../waiting.ts';

type A = Args<'maintenance.on'>;

const Before = z.object({ was: z.boolean() });

/** The switch in the one direction; taken back in the other, if it stood there before. */
export function maintenance(tools: Tools, on: boolean): Action<A> {
  return {
    describe: ({ environment }, system) => typed(line(settingsOf(system, environment).app, on)),

    async before({ environment }, run) {
      return { was: (await appOf(tools.api, settingsOf(run.system, environment).app, run.signal)).maintenance };
    },

    async do({ environment }, run) {
      const { app } = settingsOf(run.system, environment);
      const says = [`maintenance mode of ${app} is ${word(on)}`];
      const now = await prepared(run, () => appOf(tools.api, app, run.signal));
      if ('refused' in now) return now.refused;
      const problem = now.value.maintenance === on ? null : await turn(tools, app, on, run);
      return problem === null ? done(says) : failed(problem);
    },

    async probe({ environment }, run) {
      const { app } = settingsOf(run.system, environment);
      const { maintenance: now } = await appOf(tools.api, app, run.signal);
      if (now !== on) return { is: 'not_happened' };
      return { is: 'happened', outcome: done([`maintenance mode of ${app} is ${word(on)}`]) };
    },

    undo: {
      how: `maintenance mode is turned ${word(!on)} again, if it was ${word(!on)} before`,
      async run({ environment }, _output, run) {
        const { app } = settingsOf(run.system, environment);
        const before = Before.safeParse(run.before);
        if (before.success && before.data.was === on)
          return evidence([`maintenance mode of ${app} was ${word(on)} before`]);
        const now = (await appOf(tools.api, app, run.signal)).maintenance;
        const problem = now === on ? await turn(tools, app, !on, run) : null;
        if (problem !== null) throw new Fault(`turning maintenance mode of ${app} ${word(!on)}`, { cause: problem });
        return evidence([`maintenance mode of ${app} is ${word(!on)}`]);
      },
    },
  };
}

/** Null when it reads as wanted afterwards, else what is wrong. */
async function turn(tools: Tools, app: string, on: boolean, run: Run): Promise<string | null> {
  await run.fence();
  const running = tools.cli.start(line(app, on), { signal: run.signal });
  await running.ended;
  run.signal.throwIfAborted();
  const read = () => appOf(tools.api, app, run.signal);
  const now = await until(tools, tools.options.settle, read, ({ maintenance: is }) => is === on, run.signal);
  if (now.maintenance === on) return null;
  return `maintenance mode of ${app} is still ${word(!on)}. The CLI said: ${tools.cli.excerpt(running.said())}`;
}

const word = (on: boolean): string => (on ? 'on' : 'off');
