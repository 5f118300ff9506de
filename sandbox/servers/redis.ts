// Starts a Redis on loopback for the sandbox and the tests: the real redis-server where installed, else js-redis-server.
import { existsSync } from 'node:fs';
import { connect } from 'node:net';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { freePort } from './free-port.ts';
import { type ServerProcess, startProcess } from './server-process.ts';
import { workingDirectory } from './working-directory.ts';

export type RedisKind = 'redis-server' | 'js-redis-server';

export type RedisOptions = {
  /** Redis notation: "64mb". Default: no limit. */
  maxmemory?: string;
  /** Eviction policy. Default: noeviction, the only one BullMQ is safe with. */
  policy?: string;
  /** Default: true. */
  appendonly?: boolean;
  port?: number;
  /** Where it keeps its files; kept at `stop`. Default: temporary. */
  dir?: string;
  /** Insists on one kind. Default: the real one if installed. js-redis-server keeps nothing and ignores the limits above. */
  kind?: RedisKind;
};

export type RedisServer = {
  host: '127.0.0.1';
  port: number;
  url: string;
  kind: RedisKind;
  /** Holds its files and `server.log`. */
  dir: string;
  readonly pid: number;
  /** Orderly shutdown; then the directory is removed if it was temporary. */
  stop(): Promise<void>;
  /** SIGKILL, as a crash would. `restart` starts it again on the same port. */
  kill(): Promise<void>;
  restart(): Promise<void>;
};

/** Starts Redis on 127.0.0.1 and returns when it answers PING. */
export async function startRedis(options: RedisOptions = {}): Promise<RedisServer> {
  const binary = redisBinary();
  const kind = options.kind ?? (binary === undefined ? 'js-redis-server' : 'redis-server');
  if (kind === 'redis-server' && binary === undefined) throw new Error(INSTALL);
  const port = options.port ?? (await freePort());
  const { path: dir, removeIfOurs } = await workingDirectory('redis', options.dir);

  async function start(): Promise<ServerProcess> {
    const started = await startProcess({
      name: kind,
      command: kind === 'redis-server' && binary !== undefined ? binary : process.execPath,
      args: kind === 'redis-server' ? redisArguments(port, dir, options) : [JS_REDIS, String(port)],
      env: { PATH: '/usr/bin:/bin', LC_ALL: 'C' },
      cwd: dir,
      logFile: join(dir, 'server.log'),
      deathSignal: 'SIGTERM',
    });
    await started.untilReady(() => ping(port));
    return started;
  }

  let server: ServerProcess;
  try {
    server = await start();
  } catch (error) {
    await removeIfOurs();
    throw error;
  }

  return {
    host: '127.0.0.1',
    port,
    url: `redis://127.0.0.1:${port}`,
    kind,
    dir,
    get pid() {
      return server.pid;
    },
    async stop() {
      await server.end(['SIGTERM']);
      await removeIfOurs();
    },
    kill: () => server.end([]),
    async restart() {
      await server.end(['SIGTERM']);
      server = await start();
    },
  };
}

const JS_REDIS = fileURLToPath(new URL('./js-redis-main.ts', import.meta.url));
const INSTALL = `redis-server is not installed. Install it with: ${
  process.platform === 'darwin' ? 'brew install redis' : 'sudo apt-get install -y redis-server'
}`;

function redisBinary(): string | undefined {
  return [...(process.env['PATH'] ?? '').split(delimiter), '/usr/bin', '/usr/local/bin', '/opt/homebrew/bin']
    .map((dir) => join(dir, 'redis-server'))
    .find((path) => existsSync(path));
}

function redisArguments(port: number, dir: string, options: RedisOptions): string[] {
  return [
    ...['--bind', '127.0.0.1', '--port', String(port), '--dir', dir],
    ...['--save', '', '--appendonly', (options.appendonly ?? true) ? 'yes' : 'no'],
    ...['--maxmemory-policy', options.policy ?? 'noeviction'],
    ...(options.maxmemory === undefined ? [] : ['--maxmemory', options.maxmemory]),
  ];
}

function ping(port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host: '127.0.0.1', port });
    socket.setTimeout(1_000, () => socket.destroy(new Error('no answer to PING')));
    socket.once('error', reject);
    socket.once('connect', () => socket.write('*1\r\n$4\r\nPING\r\n'));
    socket.once('data', (answer) => {
      socket.destroy();
      if (answer.toString().startsWith('+PONG')) resolve();
      else reject(new Error(`PING was answered with ${answer.toString().trim()}`));
    });
  });
}
