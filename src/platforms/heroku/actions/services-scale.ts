// services.scale: how many of one process run; set, and read back. Undone to as many as there were.
import { z } from 'zod';
import type { Action, Args, Run } from '../../../core/action.ts';
import { Fault, Refusal } from '../../../core/errors.ts';
import { done, evidence, failed, prepared } from '../../../core/outcomes.ts';
import { scale, typed } from '../cli-lines.ts';
import { formationOf } from '../readings.ts';
import { settingsOf } from '../settings.ts';
import type { Tools } from '../tools.ts';
import { until } from '../waiting.ts';

type A = Args<'services.scale'>;

const Before = z.object({ was: z.int() });

export function servicesScale(tools: Tools): Action<A> {
  return {
    describe: ({ environment, process, quantity }, system) =>
      typed(scale(settingsOf(system, environment).app, process, quantity)),

    async before({ environment, process }, run) {
      return { was: await quantityOf(tools, settingsOf(run.system, environment).app, process, run) };
    },

    async do({ environment, process, quantity }, run) {
      const { app } = settingsOf(run.system, environment);
      const { was } = Before.parse(run.before);
      const now = await prepared(run, async () => {
        const found = await quantityOf(tools, app, process, run);
        if (found !== quantity && found !== was) throw movedOn(app, process, found, was);
        return found;
      });
      if ('refused' in now) return now.refused;
      const problem = now.value === quantity ? null : await turn(tools, app, { process, quantity }, run);
      return problem === null ? done([runs(app, process, quantity, was)]) : failed(problem);
    },

    async probe({ environment, process, quantity }, run) {
      const { app } = settingsOf(run.system, environment);
      const { was } = Before.parse(run.before);
      const now = await quantityOf(tools, app, process, run);
      if (now === quantity) return { is: 'happened', outcome: done([runs(app, process, quantity, was)]) };
      if (now === was) return { is: 'not_happened' };
      return { is: 'unknown', why: movedOn(app, process, now, was).why };
    },

    undo: {
      how: 'as many run again as before',
      async run({ environment, process, quantity }, _output, run) {
        const { app } = settingsOf(run.system, environment);
        const { was } = Before.parse(run.before);
        const now = await quantityOf(tools, app, process, run);
        const says = `${process} of ${app} runs ${times(was)}`;
        if (now === was) return evidence([says]);
        const activity = `running ${process} of ${app} ${times(was)} again`;
        // Somebody has decided otherwise since.
        if (now !== quantity) throw new Fault(activity, { cause: movedOn(app, process, now, quantity).why });
        const problem = await turn(tools, app, { process, quantity: was }, run);
        if (problem !== null) throw new Fault(activity, { cause: problem });
        return evidence([says]);
      },
    },
  };
}

/** Only a process that the app has can be scaled: the CLI would report success for any other. */
async function quantityOf({ api }: Tools, app: string, process: string, { signal }: Run): Promise<number> {
  const formation = await formationOf(api, app, signal);
  const found = formation.find(({ type }) => type === process);
  if (found !== undefined) return found.quantity;
  const known = formation.map(({ type }) => type).join(', ');
  throw new Refusal('no-such-process', `${app} has no process ${process}.`, `It has ${known || 'none'}.`);
}

/** Null when it reads as wanted afterwards, else what is wrong. */
async function turn(tools: Tools, app: string, { process, quantity }: Pick<A, 'process' | 'quantity'>, run: Run) {
  await run.fence();
  const running = tools.cli.start(scale(app, process, quantity), { signal: run.signal });
  await running.ended;
  run.signal.throwIfAborted();
  const read = () => quantityOf(tools, app, process, run);
  const now = await until(tools, tools.options.settle, read, (found) => found === quantity, run.signal);
  if (now === quantity) return null;
  return `${process} of ${app} runs ${times(now)} still. The CLI said: ${tools.cli.excerpt(running.said())}`;
}

function runs(app: string, process: string, quantity: number, was: number): string {
  return `${process} of ${app} runs ${times(quantity)} (${was} before)`;
}

function times(quantity: number): string {
  return quantity === 1 ? 'once' : `${quantity} times`;
}

function movedOn(app: string, process: string, now: number, planned: number): Refusal {
  const why = `${process} of ${app} runs ${times(now)} now, not ${times(planned)}.`;
  return new Refusal('moved-on', why, 'Ask for a new plan.');
}
