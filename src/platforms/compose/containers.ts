// The containers and volumes of a compose project as the engine itself describes them, whichever Compose has made them.
import { z } from 'zod';
import { Fault } from '../../core/errors.ts';
import type { Engine } from './engine.ts';

const NEVER = '0001-01-01T00:00:00Z';

const Inspected = z.object({
  Id: z.string(),
  Image: z.string(),
  Name: z.string(),
  RestartCount: z.int(),
  State: z.object({
    Status: z.enum(['created', 'running', 'paused', 'restarting', 'removing', 'exited', 'dead']),
    ExitCode: z.int(),
    StartedAt: z.string(),
    Health: z.object({ Status: z.string() }).nullish(),
  }),
  Config: z.object({ Labels: z.record(z.string(), z.string()) }),
  Mounts: z.array(z.object({ Type: z.string(), Name: z.string().optional() })),
  NetworkSettings: z.object({ Networks: z.record(z.string(), z.unknown()) }),
});

export type Container = {
  readonly id: string;
  /** `provote_web_1` */
  readonly name: string;
  readonly service: string;
  /** What it was made of: `sha256:…`. */
  readonly image: string;
  readonly state: z.infer<typeof Inspected>['State']['Status'];
  /** Null where the service has no health check. */
  readonly health: 'starting' | 'healthy' | 'unhealthy' | null;
  /** Of its last run; meaningless while it runs. */
  readonly exitCode: number;
  /** How often its restart policy has started it again since somebody last started it. */
  readonly restarts: number;
  /** Null until its first start. */
  readonly startedAt: string | null;
  /** Names of the volumes that it mounts. */
  readonly volumes: readonly string[];
  /** Names of its networks; `host` and `none` are names as well. */
  readonly networks: readonly string[];
};

const InspectedVolume = z.object({
  Name: z.string(),
  CreatedAt: z.string(),
  Mountpoint: z.string(),
  Labels: z.record(z.string(), z.string()).nullable(),
});

export type Volume = {
  /** With the project's name before it: `provote_postgres_data`. */
  readonly name: string;
  /** As the compose file calls it: `postgres_data`. */
  readonly key: string;
  readonly createdAt: string;
  readonly mountpoint: string;
};

/** All containers of a project, stopped ones too, without those of `compose run`; sorted by service and name. */
export async function containersOf(engine: Engine, project: string, signal: AbortSignal): Promise<Container[]> {
  const activity = `reading the containers of ${project}`;
  const filters = [`label=com.docker.compose.project=${project}`, 'label=com.docker.compose.oneoff=False'];
  const list = ['ps', '--all', '--quiet', '--no-trunc', ...filters.flatMap((filter) => ['--filter', filter])];
  for (let attempt = 1; ; attempt += 1) {
    const ids = words(await engine.docker(activity, list, { signal }));
    if (ids.length === 0) return [];
    try {
      const said = await engine.docker(activity, ['inspect', '--type', 'container', '--', ...ids], { signal });
      return parse(activity, z.array(Inspected), said).map(toContainer).sort(byServiceAndName);
    } catch (thrown) {
      // One of them may have been removed in between.
      if (attempt === 3 || !(thrown instanceof Fault && /no such container/i.test(thrown.message))) throw thrown;
    }
  }
}

/** The named volumes of a project. */
export async function volumesOf(engine: Engine, project: string, signal: AbortSignal): Promise<Volume[]> {
  const activity = `reading the volumes of ${project}`;
  const filter = `label=com.docker.compose.project=${project}`;
  const names = words(await engine.docker(activity, ['volume', 'ls', '--quiet', '--filter', filter], { signal }));
  if (names.length === 0) return [];
  const said = await engine.docker(activity, ['volume', 'inspect', '--', ...names], { signal });
  return parse(activity, z.array(InspectedVolume), said).map(({ Name, CreatedAt, Mountpoint, Labels }) => ({
    name: Name,
    key: Labels?.['com.docker.compose.volume'] ?? Name,
    createdAt: CreatedAt,
    mountpoint: Mountpoint,
  }));
}

/** Ends and removes one that is no part of a service; that there is none of the name is well. Throws Fault when it stays. */
export async function removeContainer(engine: Engine, name: string, signal: AbortSignal): Promise<void> {
  const activity = `removing the container ${name}`;
  await engine.run(activity, 'docker', ['rm', '--force', '--volumes', name], { signal });
  const left = ['ps', '--all', '--quiet', '--filter', `name=^/${name}$`];
  if (words(await engine.docker(activity, left, { signal })).length === 0) return;
  throw new Fault(activity, { cause: new Error('it is still there') });
}

function toContainer(inspected: z.infer<typeof Inspected>): Container {
  const { Id, Image, Name, RestartCount, State, Config, Mounts, NetworkSettings } = inspected;
  return {
    id: Id,
    name: Name.replace(/^\//, ''),
    service: Config.Labels['com.docker.compose.service'] ?? '',
    image: Image,
    state: State.Status,
    health: healthOf(State.Health?.Status),
    exitCode: State.ExitCode,
    restarts: RestartCount,
    startedAt: State.StartedAt === NEVER ? null : State.StartedAt,
    volumes: Mounts.flatMap(({ Type, Name: volume }) => (Type === 'volume' && volume !== undefined ? [volume] : [])),
    networks: Object.keys(NetworkSettings.Networks),
  };
}

function healthOf(status: string | undefined): Container['health'] {
  return status === 'healthy' || status === 'unhealthy' || status === 'starting' ? status : null;
}

function byServiceAndName(a: Container, b: Container): number {
  return a.service.localeCompare(b.service) || a.name.localeCompare(b.name);
}

function parse<T>(activity: string, schema: z.ZodType<T>, text: string): T {
  try {
    return schema.parse(JSON.parse(text));
  } catch {
    throw new Fault(activity, { cause: new Error('docker inspect printed something else than expected') });
  }
}

function words(text: string): string[] {
  return text.split(/\s+/).filter((word) => word !== '');
}
