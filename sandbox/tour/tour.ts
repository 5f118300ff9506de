// Plays the whole story without a browser, prints what each person saw, and proves every outcome past Holdfast.
import { startWorld } from '../world.ts';
import { look, wrongInputs } from './look.ts';
import { production, rollback } from './production.ts';
import { prove } from './prove.ts';
import { openStage } from './stage.ts';
import { staging } from './staging.ts';

/** Seconds between status updates here, so that the story shows some; production has 15 minutes. */
const UPDATE_SECONDS = 5;

/** Resolves when everything was proven; throws at the first claim that does not hold. */
export async function playTour(print: (text: string) => void): Promise<void> {
  const started = performance.now();
  print('Starting PostgreSQL, the queue, Slack, a simulated Heroku and Holdfast …');
  const world = await startWorld({ pace: 'fast', rules: { updateMinutes: UPDATE_SECONDS / 60 } });
  try {
    const stage = await openStage(world, print);
    try {
      for (const chapter of [look, wrongInputs, prove, staging, rollback, production]) await chapter(stage);
    } finally {
      stage.close();
    }
    const seconds = Math.round((performance.now() - started) / 1000);
    print(`\n${stage.proven()} claims proven in ${seconds} s. Everything holds.`);
  } finally {
    await world.stop();
  }
}
