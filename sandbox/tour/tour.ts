// Plays the whole story without a browser, system by system, prints what each person saw, and proves every outcome past Holdfast.
import { strict as assert } from 'node:assert';
import { startFieldserviceWorld } from '../fieldservice-world.ts';
import { startFinancialPlanningWorld } from '../financial-planning-world.ts';
import type { Ground, GroundOptions } from '../ground.ts';
import { startNightWorld } from '../night-world.ts';
import { startProvoteWorld } from '../provote-world.ts';
import { secretsIn } from '../secrets-in.ts';
import { startWorld } from '../world.ts';
import { badNight } from './bad-night.ts';
import { fieldserviceBackup, fieldserviceStaging } from './fieldservice.ts';
import { momentInTime, oneTable, warmRestore } from './financial-planning.ts';
import { firstFriday } from './first-friday.ts';
import { look, wrongInputs } from './look.ts';
import { production, rollback } from './production.ts';
import { prove } from './prove.ts';
import { provote } from './provote.ts';
import { openStage, type Stage } from './stage.ts';
import { staging } from './staging.ts';
import { suoops } from './suoops.ts';

/** Seconds between status updates here, so that the story shows some; production has 15 minutes. */
const UPDATE_SECONDS = 5;

/** One system, or one story of it, with its chapters in a world of its own. Resolves to the number of claims that were proven. */
type Act = { readonly system: string; play(print: (text: string) => void): Promise<number> };

function act<W extends Ground>(
  system: string,
  start: (options: GroundOptions) => Promise<W>,
  chapters: readonly ((stage: Stage<W>) => Promise<void>)[],
): Act {
  return {
    system,
    async play(print) {
      print(`\nStarting ${system} with everything that it stands on …`);
      const world = await start({ rules: { updateMinutes: UPDATE_SECONDS / 60 } });
      try {
        const stage = await openStage(world, print);
        try {
          for (const chapter of chapters) await chapter(stage);
          await stage.proves(
            'no secret of it stands in a log, in the store, in the queue or in what Slack was sent',
            async () => {
              assert.deepEqual(await secretsIn(world), []);
            },
          );
        } finally {
          stage.close();
        }
        return stage.proven();
      } finally {
        await world.stop();
      }
    },
  };
}

const ACTS: readonly Act[] = [
  act('grayledger', startWorld, [look, wrongInputs, prove, staging, rollback, production]),
  act('bad-night', startNightWorld, [badNight]),
  act('first-friday', (options) => startWorld({ ...options, rules: { ...options.rules, schedules: [soon()] } }), [
    firstFriday,
  ]),
  act('suoops', (options) => startWorld({ ...options, system: 'suoops' }), [suoops]),
  act('provote', startProvoteWorld, [provote]),
  act('financial-planning', startFinancialPlanningWorld, [momentInTime, oneTable, warmRestore]),
  act('fieldservice', startFieldserviceWorld, [fieldserviceBackup, fieldserviceStaging]),
];

/** The drill of the system file, at the minute after the next one instead of on the first Friday. */
function soon(): Record<string, unknown> {
  const at = new Date(Date.now() + 120_000);
  const cron = [at.getUTCMinutes(), at.getUTCHours(), at.getUTCDate(), at.getUTCMonth() + 1, '*'].join(' ');
  return { name: 'drill-soon', cron, work: { do: 'drill', drill: 'monthly' } };
}

/** Of one system, or of all. Resolves when everything was proven; throws at the first claim that does not hold. */
export async function playTour(print: (text: string) => void, only: string | null): Promise<void> {
  const acts = ACTS.filter(({ system }) => only === null || system === only);
  if (acts.length === 0)
    throw new Error(`There is no tour of ${only}; there are ${ACTS.map(({ system }) => system).join(', ')}.`);
  const started = performance.now();
  let proven = 0;
  for (const one of acts) proven += await one.play(print);
  const seconds = Math.round((performance.now() - started) / 1000);
  print(`\n${proven} claims proven in ${seconds} s. Everything holds.`);
}
