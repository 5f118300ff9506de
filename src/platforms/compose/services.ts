// Starting and stopping single services. Compose acts, and may end as it likes; what became of it is read from the engine.
import { Fault } from '../../core/errors.ts';
import type { Ran } from '../../lib/exec.ts';
import type { Container } from './containers.ts';
import { gistOf } from './engine.ts';
import { readLogs } from './logs.ts';
import type { Project } from './project.ts';
import { type SettleOptions, watchStart } from './settled.ts';

const STOPPED: readonly Container['state'][] = ['created', 'exited', 'dead'];

function isStopped({ state }: Container): boolean {
  return STOPPED.includes(state);
}

/** Starts one service by `verb` and returns its containers when they have stayed up; throws a Fault with the reason. */
export async function startService(
  project: Project,
  verb: readonly string[],
  service: string,
  options: SettleOptions,
): Promise<Container[]> {
  const { signal } = options;
  const activity = `starting ${service} of ${project.name}`;
  const look = () => project.containers(signal, service);
  const before = await look();
  const ran = await project.run(activity, [...verb, service], { signal });
  const settled = await watchStart(before, look, options);
  if (settled.is === 'up') return settled.containers;
  throw new Fault(activity, {
    cause: new Error([settled.why, ...complaintOf(ran), ...(await lastWords())].join('; ')),
  });

  async function lastWords(): Promise<string[]> {
    const lines = await readLogs(project.engine, await look(), { signal, lines: 1 }).catch(() => []);
    signal.throwIfAborted();
    // Without the moment before it.
    return lines.map((line) => `its log ends: ${line.slice(line.indexOf(' ') + 1)}`);
  }
}

/** Stops one service; Compose is not asked where nothing runs. Returns its containers when none of them runs; throws a Fault otherwise. */
export async function stopService(
  project: Project,
  verb: readonly string[],
  service: string,
  signal: AbortSignal,
): Promise<Container[]> {
  const activity = `stopping ${service} of ${project.name}`;
  const before = await project.containers(signal, service);
  if (before.every(isStopped)) return before;
  const ran = await project.run(activity, [...verb, service], { signal });
  const containers = await project.containers(signal, service);
  const running = containers.find((container) => !isStopped(container));
  if (running === undefined) return containers;
  const why = [`${running.name} is still ${running.state}`, ...complaintOf(ran)];
  throw new Fault(activity, { cause: new Error(why.join('; ')) });
}

/** Removes the containers of a stopped service. */
export async function removeService(project: Project, service: string, signal: AbortSignal): Promise<void> {
  const activity = `removing the containers of ${service} of ${project.name}`;
  const ran = await project.run(activity, ['rm', '--force', service], { signal });
  const [left] = await project.containers(signal, service);
  if (left === undefined) return;
  throw new Fault(activity, { cause: new Error([`${left.name} is still there`, ...complaintOf(ran)].join('; ')) });
}

function complaintOf(ran: Ran): string[] {
  return ran.code === 0 ? [] : [`Compose said: ${gistOf(ran)}`];
}
