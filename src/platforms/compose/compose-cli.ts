// What Holdfast does with the services of a compose project, and what it reads of them.
import { Fault } from '../../core/errors.ts';
import type { Ran } from '../../lib/exec.ts';
import { type Container, removeContainer, type Volume, volumesOf } from './containers.ts';
import { type Engine, gistOf } from './engine.ts';
import { type LogOptions, readLogs } from './logs.ts';
import { openProject } from './project.ts';
import { removeService, startService, stopService } from './services.ts';
import type { Project } from './settings.ts';
import type { SettleOptions } from './settled.ts';
import type { Spelling } from './spelling.ts';

export type StopOptions = {
  readonly signal: AbortSignal;
  /** How long a container may take to end by itself before it is killed. Default: what its compose file says, or 10 s. */
  readonly graceSeconds?: number;
};

export type InsideOptions = {
  readonly signal: AbortSignal;
  /** Default: ten minutes. The command inside goes on when time runs out or `signal` aborts: Docker does not end it. */
  readonly timeoutMs?: number;
};

export type Compose = {
  readonly spelling: Spelling;
  /** The services that the compose files have. Any other name is refused by everything below. */
  readonly services: readonly string[];
  /** Every container of the project as it is now, stopped ones too. */
  ps(signal: AbortSignal): Promise<Container[]>;
  volumes(signal: AbortSignal): Promise<Volume[]>;
  /** Stops them one after the other, in this order. Returns when none of their containers runs; a stopped one is left alone. */
  stop(services: readonly string[], options: StopOptions): Promise<Container[]>;
  /** Starts their containers one after the other, in this order, and watches each service until it stays up. */
  start(services: readonly string[], options: SettleOptions): Promise<Container[]>;
  /** As `start`, but makes containers that are missing. Replaces none, and starts nothing that is not named. */
  up(services: readonly string[], options: SettleOptions): Promise<Container[]>;
  /** Makes the containers of a service that are missing, and starts none. */
  create(service: string, signal: AbortSignal): Promise<Container[]>;
  /** Stops them and removes their containers. Named volumes stay. */
  remove(services: readonly string[], options: StopOptions): Promise<void>;
  /** Runs a command in a running container, without a terminal. Any exit code is returned. No secret belongs into `command`. */
  exec(service: string, command: readonly string[], options: InsideOptions): Promise<Ran>;
  /**
   * As `exec`, in a container of its own that is called `name` and removed in the end; the service itself may be stopped.
   * Whatever was called so is ended and removed first: an attempt that was broken off goes on in there.
   */
  run(service: string, command: readonly string[], options: InsideOptions & { readonly name: string }): Promise<Ran>;
  /** The last lines of a service, oldest first: `2025-11-21T02:00:00.123456789Z Listening on 0.0.0.0:8000`. */
  logs(service: string, options: LogOptions): Promise<string[]>;
};

const INSIDE_MS = 600_000;

/** Refuses when Compose is missing, or cannot read the project's files. */
export async function openCompose(engine: Engine, settings: Project, signal: AbortSignal): Promise<Compose> {
  const project = await openProject(engine, settings, signal);

  async function start(verb: readonly string[], services: readonly string[], options: SettleOptions) {
    project.assertKnown(...services);
    const started: Container[] = [];
    for (const service of services) started.push(...(await startService(project, verb, service, options)));
    return started;
  }

  async function stop(services: readonly string[], { signal: abort, graceSeconds }: StopOptions): Promise<Container[]> {
    project.assertKnown(...services);
    const verb = ['stop', ...(graceSeconds === undefined ? [] : ['--timeout', String(graceSeconds)])];
    const stopped: Container[] = [];
    for (const service of services) stopped.push(...(await stopService(project, verb, service, abort)));
    return stopped;
  }

  return {
    spelling: project.spelling,
    services: project.services,
    ps: (abort) => project.containers(abort),
    volumes: (abort) => volumesOf(engine, project.name, abort),
    stop,
    start: (services, options) => start(['start'], services, options),
    up: (services, options) => start(['up', '--detach', '--no-deps', '--no-recreate'], services, options),
    async create(service, abort) {
      project.assertKnown(service);
      const activity = `making the container of ${service} of ${project.name}`;
      const ran = await project.run(activity, ['up', '--no-start', '--no-deps', '--no-recreate', service], {
        signal: abort,
      });
      const containers = await project.containers(abort, service);
      if (containers.length > 0) return containers;
      throw new Fault(activity, { cause: new Error(gistOf(ran)) });
    },
    async remove(services, options) {
      await stop(services, options);
      for (const service of services) await removeService(project, service, options.signal);
    },
    async exec(service, command, { signal: abort, timeoutMs = INSIDE_MS }) {
      project.assertKnown(service);
      const activity = `running ${command[0] ?? 'nothing'} in ${service} of ${project.name}`;
      return await project.run(activity, ['exec', '-T', service, ...command], { signal: abort, timeoutMs });
    },
    async run(service, command, { signal: abort, timeoutMs = INSIDE_MS, name }) {
      project.assertKnown(service);
      await removeContainer(engine, name, abort);
      const activity = `running ${command[0] ?? 'nothing'} in a container of ${service} of ${project.name}`;
      const args = ['run', '--rm', '--no-deps', '-T', '--name', name, service, ...command];
      try {
        return await project.run(activity, args, { signal: abort, timeoutMs });
      } finally {
        // Broken off by the time, it would go on.
        if (!abort.aborted) await removeContainer(engine, name, abort);
      }
    },
    async logs(service, options) {
      project.assertKnown(service);
      return await readLogs(engine, await project.containers(options.signal, service), options);
    },
  };
}
