// release.rollback: a new release with the code of an earlier one. Undone by rolling to the release that ran before.
import { z } from 'zod';
import type { Action, Args, Run } from '../../../core/action.ts';
import { Fault } from '../../../core/errors.ts';
import { evidence, prepared, untouched } from '../../../core/outcomes.ts';
import { rollback, typed } from '../cli-lines.ts';
import { releasesOf } from '../readings.ts';
import { assertEligible, movedOn, nothingText, ours, result, roll, type To } from '../roll.ts';
import type { HerokuRelease } from '../schema.ts';
import { settingsOf } from '../settings.ts';
import type { Tools } from '../tools.ts';
import { until } from '../waiting.ts';

type A = Args<'release.rollback'>;

const Before = z.object({ newest: z.int() });

export function releaseRollback(tools: Tools): Action<A> {
  return {
    describe: ({ environment, to }, system) => typed(rollback(settingsOf(system, environment).app, to.id)),

    async before({ environment, from }, run) {
      const { app } = settingsOf(run.system, environment);
      const releases = await releasesOf(tools.api, app, run.signal);
      const current = releases.find((release) => release.current);
      if (`v${current?.version}` !== from.id) throw movedOn(app, current, from.id);
      return { newest: releases[0]?.version ?? 0 };
    },

    async do(args, run) {
      const to = forward(args, run);
      const made = await prepared(run, async () => {
        const releases = await releasesOf(tools.api, to.app, run.signal);
        const already = ours(releases, to) !== undefined;
        if (!already) assertEligible(releases, to, args.from.id);
        return already;
      });
      if ('refused' in made) return made.refused;
      const said = made.value ? '' : await roll(tools, to, run);
      return (await result(tools, to, run)) ?? untouched(nothingText(tools, to, said));
    },

    async probe(args, run) {
      const outcome = await result(tools, forward(args, run), run);
      return outcome === null ? { is: 'not_happened' } : { is: 'happened', outcome };
    },

    undo: {
      how: 'the release that ran before is released again',
      run: (args, _output, run) => rollForward(tools, args, run),
    },
  };
}

function forward({ environment, to }: A, { system, before }: Run): To {
  return { app: settingsOf(system, environment).app, id: to.id, code: to.code, after: Before.parse(before).newest };
}

async function rollForward(tools: Tools, args: A, run: Run) {
  const rolled = forward(args, run);
  const { app } = rolled;
  const { from } = args;
  const read = () => releasesOf(tools.api, app, run.signal);
  // A rollback that was cut off may still come through: it gets the time to appear, and to end.
  const settled = (releases: HerokuRelease[]) => ours(releases, rolled) !== undefined;
  await until(tools, tools.options.settle, read, settled, run.signal);
  const quiet = (releases: HerokuRelease[]) => releases[0]?.status !== 'pending';
  const releases = await until(tools, tools.options.ready, read, quiet, run.signal);
  const current = releases.find((release) => release.current);
  const back: To = { app, id: from.id, code: from.code, after: rolled.after };
  const isBack = current !== undefined && (`v${current.version}` === from.id || ours([current], back) !== undefined);
  if (isBack) return evidence([`${app} runs v${current.version}, the code of ${from.id}`]);
  if (current === undefined || ours([current], rolled) === undefined) {
    throw new Fault(`releasing ${from.id} again`, { cause: movedOn(app, current, rolled.id) });
  }
  // What is there may be an earlier try that failed: only a release newer than everything now is this one.
  const again: To = { ...back, after: releases[0]?.version ?? rolled.after };
  const said = await roll(tools, again, run);
  const outcome = await result(tools, again, run);
  if (outcome?.is === 'done') return outcome.evidence;
  throw new Fault(`releasing ${from.id} again`, {
    cause: outcome === null ? nothingText(tools, again, said) : outcome.why,
  });
}
