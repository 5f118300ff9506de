// Where a compose project's database is recovered to a moment: containers of its own image, on its volumes, which they cannot write to.
import { Refusal } from '../../core/errors.ts';
import { execOptionsOf, type Host } from '../../lib/host.ts';
import type { Bay } from '../direct/moments.ts';
import { type Container, removeContainer } from './containers.ts';
import type { Engine } from './engine.ts';
import type { Hands } from './hands.ts';
import type { Settings } from './settings.ts';

type PgBackRest = NonNullable<Settings['pgbackrest']>;

/** Of a volume without a name, which goes with its container. */
const DIR = '/var/lib/holdfast';
/** What a program may take that says for itself how long it may. */
const PATIENCE_MS = 24 * 3_600_000;
/** Set over whatever the configuration of pgBackRest says: the directories that it names cannot be written to here. */
const ENV = ['LC_ALL=C', 'TZ=UTC', 'PGBACKREST_LOCK_PATH=/tmp/pgbackrest', 'PGBACKREST_ARCHIVE_ASYNC=n'];

export function bayOf(hands: Hands, { user }: PgBackRest): Bay {
  const { engine, settings } = hands;
  const called = (name: string) => `${settings.project}_recovery_${name}`;

  /** A new container like the server's: what it is to be, then the image. */
  async function running(words: readonly string[], signal: AbortSignal): Promise<string[]> {
    const all = await hands.containers(signal);
    const server = all.find(({ service }) => service === settings.database);
    if (server === undefined) throw noServer(settings);
    return ['run', '--init', ...words, ...likenessOf(server), server.image];
  }

  return {
    host: hostOn(engine, (program, signal) =>
      running(['--rm', '--interactive', '--user', user, '--entrypoint', program], signal),
    ),

    async beside(name, signal) {
      const activity = `starting a container beside ${settings.database}`;
      const container = called(name);
      const words = ['--detach', '--name', container, '--user', '0:0', '--shm-size', '256m', '--entrypoint', 'tail'];
      const started = await running([...words, '--mount', `type=volume,target=${DIR}`], signal);
      await engine.docker(activity, [...started, '-f', '/dev/null'], { signal });
      await engine.docker(activity, ['exec', '--user', '0:0', container, 'chown', user, DIR], { signal });
      const exec = ['exec', '--interactive', '--user', user, container];
      return { dir: DIR, host: hostOn(engine, async (program) => [...exec, program]) };
    },

    clear: (name, signal) => removeContainer(engine, called(name), signal),
  };
}

/** Its volumes and its network: from there a repository is as reachable as for the server. */
function likenessOf({ id, networks: [network] }: Container): string[] {
  const where = network === undefined ? [] : ['--network', network];
  return [...where, '--volumes-from', `${id}:ro`, ...ENV.flatMap((one) => ['--env', one])];
}

/** Programs that `docker` runs; `wordsOf` gives everything up to the arguments of the program. */
function hostOn(engine: Engine, wordsOf: (program: string, signal: AbortSignal) => Promise<readonly string[]>): Host {
  return {
    name: engine.name,
    async run(program, args, options = {}) {
      const { signal = AbortSignal.timeout(PATIENCE_MS), timeoutMs = PATIENCE_MS, ...rest } = execOptionsOf(options);
      const words = await wordsOf(program, signal);
      return await engine.run(`running ${program}`, 'docker', [...words, ...args], { ...rest, signal, timeoutMs });
    },
  };
}

function noServer({ project, database }: Settings): Refusal {
  return new Refusal(
    'no-container',
    `${project} has no container of ${database}, so its pgBackRest cannot be asked.`,
    `Make it again (\`docker-compose up --no-start ${database}\`), or restore a backup.`,
  );
}
