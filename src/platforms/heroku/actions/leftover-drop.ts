// leftover.drop: destroys the add-on of a database that was live once.
import type { Action, Args, Run } from '../../../core/action.ts';
import { done, prepared, untouched } from '../../../core/outcomes.ts';
import { destroyAddon, typed } from '../cli-lines.ts';
import { destroy } from '../destroy.ts';
import { addonOf, otherAppsOf } from '../readings.ts';
import { settingsOf } from '../settings.ts';
import type { Tools } from '../tools.ts';

type A = Args<'leftover.drop'>;

export function leftoverDrop(tools: Tools): Action<A> {
  const found = ({ environment, name }: A, run: Run) =>
    addonOf(tools.api, settingsOf(run.system, environment).app, name, run.signal);
  return {
    describe: ({ environment, name }, system) => typed(destroyAddon(settingsOf(system, environment).app, name)),

    async do(args, run) {
      const { environment, name, identity } = args;
      const settings = settingsOf(run.system, environment);
      const there = await prepared(run, async () => {
        const addon = await found(args, run);
        if (addon?.id !== identity) return { addon, others: [] };
        return { addon, others: await otherAppsOf(tools.api, settings.app, identity, run.signal) };
      });
      if ('refused' in there) return there.refused;
      const { addon, others } = there.value;
      if (addon === null) return done([`There is no ${name} any more.`]);
      if (addon.id !== identity) return untouched(`${name} is not what was planned to be removed`);
      if (others.length > 0) return untouched(`${name} is attached to ${others.join(', ')} too; detach it there first`);
      const { says } = await destroy(tools, settings, name, run);
      return done(says);
    },

    async probe(args, run) {
      if ((await found(args, run)) !== null) return { is: 'not_happened' };
      return { is: 'happened', outcome: done([`There is no ${args.name} any more.`]) };
    },

    undo: { not: 'what is destroyed is gone' },
  };
}
