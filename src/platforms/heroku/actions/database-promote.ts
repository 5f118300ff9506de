// database.promote: makes another database of the app the live one. Undone by promoting the previous one.
import { z } from 'zod';
import type { Action, Args, Outcome, Run } from '../../../core/action.ts';
import { Fault, Refusal, reasonOf } from '../../../core/errors.ts';
import { done, evidence, failed, prepared, unverified } from '../../../core/outcomes.ts';
import { promote, typed } from '../cli-lines.ts';
import { liveDatabase, releasesOf } from '../readings.ts';
import { settingsOf } from '../settings.ts';
import { isServed, released, type Swap, turnTo } from '../swap.ts';
import type { Tools } from '../tools.ts';

type A = Args<'database.promote'>;

const Before = z.object({ database: z.string(), release: z.int() });

export function databasePromote(tools: Tools): Action<A> {
  return {
    describe: ({ environment, promote: name }, system) => typed(promote(settingsOf(system, environment), name)),

    async before({ environment, previous }, run) {
      const settings = settingsOf(run.system, environment);
      const { name } = await liveDatabase(tools.api, settings, run.signal);
      if (name !== previous) throw movedOn(settings.app, name, previous);
      return { database: name, release: (await releasesOf(tools.api, settings.app, run.signal))[0]?.version ?? 0 };
    },

    async do(args, run) {
      const swap = swapOf(args, run);
      const now = await prepared(run, async () => {
        const { name } = await liveDatabase(tools.api, swap.settings, run.signal);
        if (name !== args.promote && name !== args.previous) throw movedOn(swap.settings.app, name, args.previous);
        return name;
      });
      if ('refused' in now) return now.refused;
      const said = now.value === args.promote ? '' : await turnTo(tools, swap, run);
      return outcomeOf(tools, swap, run, said);
    },

    async probe(args, run) {
      const swap = swapOf(args, run);
      const { name } = await liveDatabase(tools.api, swap.settings, run.signal);
      if (name === args.promote) return { is: 'happened', outcome: await outcomeOf(tools, swap, run, '') };
      if (name === args.previous) return { is: 'not_happened' };
      return { is: 'unknown', why: reasonOf(movedOn(swap.settings.app, name, args.previous)) };
    },

    undo: {
      how: 'the previous database is promoted again',
      async run({ environment, promote: promoted, previous }, _output, run) {
        const { api } = tools;
        const settings = settingsOf(run.system, environment);
        const { name } = await liveDatabase(api, settings, run.signal);
        if (name === previous) return evidence([`${previous} is the live database of ${settings.app}`]);
        // Somebody has put a third database there: that is not ours to take away.
        if (name !== promoted)
          throw new Fault(`going back to ${previous}`, { cause: movedOn(settings.app, name, promoted) });
        const after = (await releasesOf(api, settings.app, run.signal))[0]?.version ?? 0;
        const back: Swap = { settings, to: previous, after };
        const outcome = await outcomeOf(tools, back, run, await turnTo(tools, back, run));
        if (outcome.is === 'failed') throw new Fault(`going back to ${previous}`, { cause: outcome.why });
        return outcome.evidence;
      },
    },
  };
}

function swapOf({ environment, promote: to }: A, { system, before }: Run): Swap {
  return { settings: settingsOf(system, environment), to, after: Before.safeParse(before).data?.release ?? null };
}

async function outcomeOf(tools: Tools, swap: Swap, run: Run, said: string): Promise<Outcome> {
  const { settings, to } = swap;
  const { app, database: attachment } = settings;
  const { name, id } = await liveDatabase(tools.api, settings, run.signal);
  if (name !== to) return failed(`${attachment} of ${app} is still ${name}. The CLI said: ${tools.cli.excerpt(said)}`);
  const says = [`${attachment} of ${app} is ${to}`];
  const problem = await released(tools, swap, run);
  if (problem !== null) return failed(problem, says);
  const served = await isServed(tools, swap, run);
  if (served === null)
    return unverified(`${to} has no second name by which ${attachment}_URL could be compared`, says, { live: id });
  if (!served) return failed(`${attachment}_URL of ${app} is not the address of ${to}`, says);
  return done([...says, `${attachment}_URL is its address`], { live: id });
}

function movedOn(app: string, now: string, planned: string): Refusal {
  return new Refusal('moved-on', `${app} uses ${now} now, not ${planned}.`, 'Ask for a new plan.');
}
