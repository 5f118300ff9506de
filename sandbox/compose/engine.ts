// Starts a real Docker engine of its own: apart from any other on this machine, and gone without a trace when it is stopped.
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type ServerProcess, startProcess } from '../servers/server-process.ts';
import { type DockerOptions, runDocker } from './docker.ts';
import { cgroupOf, leaveAbandonedPlaces, leavePlace, takePlace } from './place.ts';

export type Engine = {
  /** What DOCKER_HOST has to be: `unix:///tmp/holdfast-engine-x/docker.sock`. */
  host: string;
  /** Its images, volumes and `engine.log`; removed at `stop`. */
  dir: string;
  /** The closed environment in which `docker` and `docker-compose` reach this engine and no other. */
  env: Record<string, string>;
  /** Runs `docker` and returns what it printed; rejects with its error output. */
  docker(args: readonly string[], options?: DockerOptions): Promise<string>;
  /** Ends its containers, then itself, and leaves nothing behind. */
  stop(): Promise<void>;
  /** As if the machine had lost its power: containers and engine are gone at once, the data stays for `restart`. */
  kill(): Promise<void>;
  restart(): Promise<void>;
};

const PATH = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';
const INSTALL = 'sudo apt-get install -y docker.io docker-compose iptables iproute2';

/** Starts an engine and returns when it answers. Rejects with the sentence that says why it cannot be started here. */
export async function startEngine(): Promise<Engine> {
  const launcher = launcherOf();
  await leaveAbandonedPlaces();
  const place = await takePlace();
  const { dir, net } = place;
  const host = `unix://${join(dir, 'docker.sock')}`;
  const env = { PATH, HOME: dir, LC_ALL: 'C.UTF-8', DOCKER_HOST: host };
  const settings = [
    `--host=${host}`,
    `--data-root=${join(dir, 'data')}`,
    `--default-address-pool=base=${net}.0/24,size=26`,
    `--cgroup-parent=${cgroupOf(place)}`,
    ...SETTINGS,
  ];

  async function start(): Promise<ServerProcess> {
    const started = await startProcess({
      name: 'The Docker engine',
      command: launcher.unshare,
      args: [...APART, 'sh', '-ec', IN_ITS_OWN_RUN, 'sh', launcher.init, '-s', '--', launcher.dockerd, ...settings],
      env: { PATH, HOME: dir },
      cwd: dir,
      logFile: join(dir, 'engine.log'),
      deathSignal: 'SIGKILL',
    });
    await started.untilReady(() => runDocker(env, ['version', '--format', '{{.Server.Version}}']));
    return started;
  }

  let engine: ServerProcess;
  try {
    engine = await start();
  } catch (error) {
    await leavePlace(place);
    throw error;
  }
  return {
    host,
    dir,
    env,
    docker: (args, options) => runDocker(env, args, options),
    async stop() {
      if (engine.running()) await removeContainers(env).catch(() => {});
      await endInOrder(engine);
      await leavePlace(place);
    },
    kill: () => engine.end([]),
    async restart() {
      await endInOrder(engine);
      engine = await start();
    },
  };
}

// A process and mount space of its own: whatever it starts dies with it, and no mount is ever seen outside.
const APART = ['--mount', '--propagation=private', '--pid', '--fork', '--kill-child=SIGKILL', '--mount-proc', '--'];
// Docker and containerd keep sockets at fixed places under /run: these are to be neither another engine's nor to stay.
const IN_ITS_OWN_RUN = 'mount -t tmpfs -o mode=755 tmpfs /run; exec "$@"';

const SETTINGS = [
  '--exec-root=/run/holdfast',
  '--pidfile=/run/holdfast.pid',
  // The machine's firewall and routes stay as they are: docker-proxy alone publishes ports, on loopback.
  '--bridge=none',
  '--iptables=false',
  '--ip6tables=false',
  '--ip-forward=false',
  '--ip-masq=false',
  '--userland-proxy=true',
  // The other driver would ask the machine's systemd, on a socket under /run.
  '--exec-opt=native.cgroupdriver=cgroupfs',
  '--shutdown-timeout=5',
];

/** The programs that start an engine, or the sentence that says what this machine lacks. */
function launcherOf() {
  if (process.platform !== 'linux') throw new Error('The Docker engine of the sandbox runs on Linux only.');
  for (const needed of ['containerd', 'docker', 'ip']) programNamed(needed);
  const launcher = {
    unshare: programNamed('unshare'),
    init: programNamed('docker-init'),
    dockerd: programNamed('dockerd'),
  };
  if (process.getuid?.() === 0) return launcher;
  throw new Error('The Docker engine of the sandbox has to be started by root: run this with sudo.');
}

function programNamed(name: string): string {
  const found = PATH.split(':')
    .map((dir) => join(dir, name))
    .find((file) => existsSync(file));
  if (found === undefined) throw new Error(`${name} is not installed. Install it with: ${INSTALL}`);
  return found;
}

async function removeContainers(env: Record<string, string>): Promise<void> {
  const ids = (await runDocker(env, ['ps', '--all', '--quiet'])).split('\n').filter((id) => id !== '');
  if (ids.length > 0) await runDocker(env, ['rm', '--force', ...ids]);
  await runDocker(env, ['network', 'prune', '--force']);
}

// unshare passes no signal on: the one to be told is its child, the first process of the space.
async function endInOrder(engine: ServerProcess): Promise<void> {
  if (!engine.running()) return;
  const children = await readFile(`/proc/${engine.pid}/task/${engine.pid}/children`, 'utf8').catch(() => '');
  const first = Number.parseInt(children, 10);
  if (first > 0) process.kill(first, 'SIGTERM');
  // It leaves when its child has; SIGTERM itself is blocked there.
  await engine.end(['SIGTERM']);
}
