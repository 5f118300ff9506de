// One simulated Supabase project as a process: prints one JSON line when ready, ends on a signal or with its parent.
import { parseArgs } from 'node:util';
import { z } from 'zod';
import { startProject } from './project.ts';

const Arguments = z.object({
  environment: z.enum(['production', 'staging']),
  postgres: z.url(),
  dir: z.string(),
  port: z.coerce.number().int().default(0),
});

const text = { type: 'string' } as const;
const { values } = parseArgs({ options: { environment: text, postgres: text, dir: text, port: text } });
const { ready, close } = await startProject(Arguments.parse(values));
process.stdout.write(`${JSON.stringify(ready)}\n`);

let ended = false;
async function end() {
  if (ended) return;
  ended = true;
  setTimeout(() => process.exit(0), 2_000).unref();
  await close();
  process.exit(0);
}
process.on('SIGTERM', end);
process.on('SIGINT', end);

const parent = process.ppid;
setInterval(() => {
  if (process.ppid !== parent) void end();
}, 500).unref();
