// Starts Holdfast: reads the configuration, refuses what is wrong with it, runs until it is told to stop.
import { parseArgs } from 'node:util';
import { judges } from './app/platforms.ts';
import { createApp, ROLES, type Role } from './app.ts';
import { readConfig } from './config/config.ts';
import { type Problem, problemsText } from './config/problem.ts';

const SIGNALS = ['SIGTERM', 'SIGINT'] as const;

/** Resolves to the exit code. */
async function main(args: string[]): Promise<number> {
  const roles = rolesFrom(args);
  if (roles === null) return say(`Usage: npm start [-- --role ${ROLES.join('|')}]`);
  const read = await readConfig(judges);
  if ('problems' in read) return refuse(read.problems);
  const app = createApp(read.config, roles);
  const stopped = new Promise<void>((resolve) => {
    // `on`, not `once`: a second Ctrl-C must not cut the orderly stop short.
    for (const signal of SIGNALS) process.on(signal, () => resolve());
  });
  try {
    const problems = await app.start();
    if (problems.length > 0) return refuse(problems);
    await stopped;
    return 0;
  } catch (thrown) {
    return say(`Holdfast does not start: ${thrown instanceof Error ? thrown.message : String(thrown)}`);
  } finally {
    await app.stop();
  }
}

function rolesFrom(args: string[]): readonly Role[] | null {
  try {
    const { values } = parseArgs({ args, options: { role: { type: 'string' } } });
    if (values.role === undefined) return ROLES;
    const role = ROLES.find((known) => known === values.role);
    return role === undefined ? null : [role];
  } catch {
    return null;
  }
}

function refuse(problems: readonly Problem[]): number {
  return say(problemsText(problems));
}

function say(text: string): number {
  process.stderr.write(`${text}\n`);
  return 1;
}

process.exit(await main(process.argv.slice(2)));
