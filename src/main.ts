// Starts Holdfast: reads the configuration, refuses what is wrong with it, runs until it is told to stop.
import { parseArgs } from 'node:util';
import { AUDIT_USAGE, verifyAudit } from './app/audit.ts';
import { examine, lineOf, verdictOf } from './app/doctor.ts';
import { judges } from './app/platforms.ts';
import { keyText } from './app/totp.ts';
import { createApp, ROLES, type Role } from './app.ts';
import { readConfig } from './config/config.ts';
import { readRecordsEnv } from './config/env.ts';
import { type Problem, problemsText } from './config/problem.ts';

const SIGNALS = ['SIGTERM', 'SIGINT'] as const;

/** Resolves to the exit code. */
async function main(args: string[]): Promise<number> {
  if (args[0] === 'audit') return await audit(args.slice(1));
  if (args[0] === 'doctor') return await doctor();
  if (args[0] === 'totp') return totp(args.slice(1));
  const roles = rolesFrom(args);
  if (roles === null)
    return say(`Usage: npm start [-- --role ${ROLES.join('|')} | doctor | totp <user id> | audit verify]`);
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

async function audit([verb, ...stamps]: string[]): Promise<number> {
  if (verb !== 'verify') return say(`Usage: ${AUDIT_USAGE}`);
  const read = readRecordsEnv();
  if ('problems' in read) return refuse(read.problems);
  try {
    const { holds, lines } = await verifyAudit(read, stamps);
    process.stdout.write(`${lines.join('\n')}\n`);
    return holds ? 0 : 1;
  } catch (thrown) {
    return say(`The audit could not be made: ${thrown instanceof Error ? thrown.message : String(thrown)}`);
  }
}

async function doctor(): Promise<number> {
  const read = await readConfig(judges);
  if ('problems' in read) return refuse(read.problems);
  let problems = 0;
  for await (const finding of examine(read.config)) {
    if (finding.is === 'problem') problems += 1;
    process.stdout.write(`${lineOf(finding)}\n`);
  }
  process.stdout.write(`${verdictOf(problems)}\n`);
  return problems === 0 ? 0 : 1;
}

function totp([person = '']: string[]): number {
  const text = keyText(person);
  if (text === null) return say('Usage: npm start -- totp <Slack user id, such as U0123ABCD>');
  process.stdout.write(text);
  return 0;
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
