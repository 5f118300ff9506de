// The simulated Heroku as a process: prints one JSON line when ready, ends on a signal or with its parent.
import { parseArgs } from 'node:util';
import { z } from 'zod';
import { SYSTEMS, serve } from './serve.ts';

const Arguments = z.object({
  port: z.coerce.number().int().default(0),
  postgres: z.url(),
  dir: z.string(),
  pace: z.enum(['fast', 'real']).default('real'),
  systems: z
    .string()
    .default('grayledger')
    .transform((names) => names.split(','))
    .pipe(z.array(z.enum(SYSTEMS)).min(1)),
  'app-port-base': z.coerce.number().int().default(0),
  'with-parent': z.boolean().default(false),
});

const text = { type: 'string' } as const;
const { values } = parseArgs({
  options: {
    port: text,
    postgres: text,
    dir: text,
    pace: text,
    systems: text,
    'app-port-base': text,
    'with-parent': { type: 'boolean' },
  },
});
const { 'app-port-base': appPortBase, 'with-parent': withParent, ...options } = Arguments.parse(values);

const { ready, close } = await serve({ ...options, appPortBase });
process.stdout.write(`${JSON.stringify(ready)}\n`);

let ended = false;
async function end() {
  if (ended) return;
  ended = true;
  // Work under way at the provider is worth nothing any more: do not wait for it.
  setTimeout(() => process.exit(0), 2_000).unref();
  await close();
  process.exit(0);
}
process.on('SIGTERM', end);
process.on('SIGINT', end);

const parent = process.ppid;
if (withParent) {
  setInterval(() => {
    if (process.ppid !== parent) void end();
  }, 500).unref();
}
