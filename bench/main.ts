// Runs one benchmark: `npm run bench -- ack`. Figures go to docs/performance.md by hand, with the date.
import { measureAck } from './ack.ts';
import { measureGrowth } from './growth.ts';
import { measureLoad } from './load.ts';
import { measureRestore } from './restore.ts';

const benchmarks: Record<string, (args: readonly string[]) => Promise<void>> = {
  ack: measureAck,
  growth: measureGrowth,
  load: measureLoad,
  restore: measureRestore,
};

const [name = '', ...args] = process.argv.slice(2);
const benchmark = benchmarks[name];
if (benchmark === undefined) {
  console.error(`There is no benchmark "${name}". There is: ${Object.keys(benchmarks).join(', ')}.`);
  process.exit(1);
}
await benchmark(args);
