// Runs one benchmark: `npm run bench -- ack`. Figures go to docs/performance.md by hand, with the date.
import { measureAck } from './ack.ts';

const benchmarks: Record<string, () => Promise<void>> = { ack: measureAck };

const [name = ''] = process.argv.slice(2);
const benchmark = benchmarks[name];
if (benchmark === undefined) {
  console.error(`There is no benchmark "${name}". There is: ${Object.keys(benchmarks).join(', ')}.`);
  process.exit(1);
}
await benchmark();
