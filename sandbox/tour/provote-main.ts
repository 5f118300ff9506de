import { startProvoteWorld } from '../provote-world.ts';
import { provote } from './provote.ts';
import { openStage } from './stage.ts';

const print = (text: string) => console.log(text);
const world = await startProvoteWorld({ rules: { updateMinutes: 5 } });
try {
  const stage = await openStage(world, print);
  try {
    await provote(stage);
    console.log(stage.proven(), 'proven');
  } finally {
    stage.close();
  }
} catch (error) {
  console.error(error);
  const { readFileSync, readdirSync } = await import('node:fs');
  for (const f of readdirSync(world.dir))
    if (f.endsWith('.log')) console.error(readFileSync(`${world.dir}/${f}`, 'utf8').slice(-4000));
  process.exitCode = 1;
} finally {
  await world.stop();
}
