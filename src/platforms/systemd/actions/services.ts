// services.stop and services.start: systemd's units in their order, each read back before the next.
import { z } from 'zod';
import type { Action, Args, Outcome, Run } from '../../../core/action.ts';
import { done, evidence, prepared } from '../../../core/outcomes.ts';
import { list } from '../../../core/wording.ts';
import type { Places } from '../place.ts';
import { hasEnded, isUp, readUnits, startUnits, stopUnits, type UnitState } from '../units.ts';

type A = Args<'services.stop'>;

const Before = z.object({ up: z.array(z.string()) });

/** Stopped in the opposite order. Taken back by starting those that ran before. */
export function servicesStop(places: Places): Action<A> {
  return {
    describe: ({ services }) => `systemctl stop ${services.toReversed().join(' ')}`,
    before: (args, run) => running(places, args, run),

    async do({ environment, services }, run) {
      await run.fence();
      return await changed(run, () =>
        stopUnits(unitsOf(places, environment, run), services.toReversed(), { signal: run.signal }),
      );
    },

    async probe(args, run) {
      const states = await read(places, args, run);
      return states.every(hasEnded) ? { is: 'happened', outcome: done(states.map(told)) } : { is: 'not_happened' };
    },

    undo: {
      how: 'those that ran before are started again',
      async run({ environment, services }, _output, run) {
        const were = Before.safeParse(run.before).data?.up ?? services;
        const wanted = services.filter((service) => were.includes(service));
        await run.fence();
        const states = await startUnits(unitsOf(places, environment, run), wanted, { signal: run.signal });
        return evidence(states.map(told));
      },
    },
  };
}

/** Taken back by stopping those that did not run before. */
export function servicesStart(places: Places): Action<A> {
  return {
    describe: ({ services }) => `systemctl start ${services.join(' ')}`,
    before: (args, run) => running(places, args, run),

    async do({ environment, services }, run) {
      await run.fence();
      return await changed(run, () => startUnits(unitsOf(places, environment, run), services, { signal: run.signal }));
    },

    async probe(args, run) {
      const states = await read(places, args, run);
      return states.every(isUp) ? { is: 'happened', outcome: done(states.map(told)) } : { is: 'not_happened' };
    },

    undo: {
      how: 'those that did not run before are stopped again',
      async run({ environment, services }, _output, run) {
        const were = Before.safeParse(run.before).data?.up ?? [];
        const wanted = services.filter((service) => !were.includes(service)).toReversed();
        await run.fence();
        const states = await stopUnits(unitsOf(places, environment, run), wanted, { signal: run.signal });
        return evidence(states.map(told));
      },
    },
  };
}

/** Units before the one that got stuck have changed by then: that has to be taken back. */
async function changed(run: Run, act: () => Promise<UnitState[]>): Promise<Outcome> {
  const ended = await prepared(run, act);
  if (!('refused' in ended)) return done(ended.value.map(told));
  const { refused } = ended;
  return refused.is === 'failed' ? { ...refused, untouched: false } : refused;
}

async function running(places: Places, args: A, run: Run) {
  return { up: (await read(places, args, run)).filter(isUp).map(({ unit }) => unit) };
}

function read(places: Places, { environment, services }: A, run: Run): Promise<UnitState[]> {
  return readUnits(unitsOf(places, environment, run), services, run.signal);
}

function unitsOf(places: Places, environment: string, { system }: Run) {
  const settings = places.settingsOf(system, environment);
  return { host: places.hostOf(settings), sudo: settings.sudo };
}

function told({ unit, active, sub, mainPid }: UnitState): string {
  return `${unit} is ${list([active, sub])}${mainPid === 0 ? '' : ` (pid ${mainPid})`}.`;
}
