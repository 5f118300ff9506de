// One compose project on one engine: how Compose is called for it, and which services it has.
import { join } from 'node:path';
import { Refusal } from '../../core/errors.ts';
import { list } from '../../core/wording.ts';
import type { Ran } from '../../lib/exec.ts';
import { type Container, containersOf } from './containers.ts';
import { type Engine, gistOf } from './engine.ts';
import { ServiceName, Project as Settings } from './settings.ts';
import { findSpelling, type Spelling } from './spelling.ts';

export type Project = {
  readonly name: string;
  readonly engine: Engine;
  readonly spelling: Spelling;
  /** In the order in which Compose prints them. */
  readonly services: readonly string[];
  /** Runs Compose with the project's files. Any exit code is returned: it proves nothing. */
  run(activity: string, args: readonly string[], options: { signal: AbortSignal; timeoutMs?: number }): Promise<Ran>;
  /** Throws a Refusal for a name that is none of its services. */
  assertKnown(...services: readonly string[]): void;
  /** The containers of one service, or of all, as they are now. */
  containers(signal: AbortSignal, service?: string): Promise<Container[]>;
};

/** Compose may have to stop a container that does not want to. */
const PATIENCE_MS = 180_000;

/** Refuses when Compose is missing, or cannot read the project's files. */
export async function openProject(engine: Engine, settings: Settings, signal: AbortSignal): Promise<Project> {
  const spelling = await spellingFor(engine, signal);
  const words = [...spelling.words, ...argumentsOf(settings)];
  const name = settings.project;
  const run: Project['run'] = (activity, args, { timeoutMs = PATIENCE_MS, signal: abort }) =>
    engine.run(activity, spelling.program, [...words, ...args], { signal: abort, timeoutMs });

  const services = await readServices();
  async function readServices(): Promise<string[]> {
    const ran = await run(`reading the compose files of ${name}`, ['config', '--services'], { signal });
    const found = ran.stdout.split('\n').filter((line) => line !== '');
    if (ran.code === 0 && found.length > 0) return found;
    const why = `Compose cannot read the files of ${name}: ${gistOf(ran)}.`;
    throw new Refusal('bad-compose-file', why, 'Mend them, or the system file.');
  }

  return {
    name,
    engine,
    spelling,
    services,
    run,
    assertKnown(...names) {
      const unknown = names.find((one) => !ServiceName.safeParse(one).success || !services.includes(one));
      if (unknown === undefined) return;
      const why = `${name} has no service ${JSON.stringify(unknown)}.`;
      throw new Refusal('unknown-service', why, `Its services are ${list(services)}.`);
    },
    async containers(abort, service) {
      const all = await containersOf(engine, name, abort);
      return service === undefined ? all : all.filter((one) => one.service === service);
    },
  };
}

const spellings = new WeakMap<Engine, Promise<Spelling>>();

/** Asked once: docker-compose 1 takes most of a second to say it, and services are down meanwhile. */
async function spellingFor(engine: Engine, signal: AbortSignal): Promise<Spelling> {
  const asked = spellings.get(engine) ?? findSpelling(engine, signal);
  spellings.set(engine, asked);
  try {
    return await asked;
  } catch (thrown) {
    spellings.delete(engine);
    throw thrown;
  }
}

function argumentsOf(settings: Settings): string[] {
  // Parsed again, because settings may have been made by hand: after this nothing in them can be taken for an option.
  const { project, directory, files, envFile } = Settings.parse(settings);
  return [
    ...['--project-name', project, '--project-directory', directory],
    ...files.flatMap((file) => ['--file', join(directory, file)]),
    ...(envFile === undefined ? [] : ['--env-file', join(directory, envFile)]),
  ];
}
