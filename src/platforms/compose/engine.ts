// Runs `docker` and `docker-compose` against one engine, in a closed environment. How a program ended proves nothing.
import { mkdir } from 'node:fs/promises';
import { Fault, Refusal } from '../../core/errors.ts';
import { type ExecOptions, exec, type Ran } from '../../lib/exec.ts';
import type { SshClient } from '../../lib/ssh-client.ts';
import type { EngineAddress } from './settings.ts';
import { withTunnel } from './tunnel.ts';

export type EngineOptions = {
  readonly engine: EngineAddress;
  /** Where `docker`, `docker-compose` and `ssh` are looked for. */
  readonly path: string;
  /** A directory of ours in place of a home: what a person has set up for themselves does not reach in here. */
  readonly home: string;
};

export type EngineRun = Pick<ExecOptions, 'stdin' | 'stdoutFile' | 'takeStdout' | 'onLine'> & {
  readonly signal: AbortSignal;
  /** Default: a minute. */
  readonly timeoutMs?: number;
  /** How many characters of each stream are kept: the last ones. */
  readonly maxBuffer?: number;
};

export type Engine = {
  /** For a person: `unix:///var/run/docker.sock`, `ssh://deploy@db1.example.net`. */
  readonly name: string;
  /** Runs a program to its end; any exit code is returned. `activity` reads after "while". Throws Fault when time runs out. */
  run(activity: string, program: string, args: readonly string[], options: EngineRun): Promise<Ran>;
  /** What `docker` printed. Throws Fault with its reason when it ended with anything but 0. */
  docker(activity: string, args: readonly string[], options: EngineRun): Promise<string>;
};

const PATIENCE_MS = 60_000;

/** Prepares the way to an engine; whether it answers shows at the first question. */
export async function openEngine({ engine, path, home }: EngineOptions): Promise<Engine> {
  await mkdir(home, { recursive: true, mode: 0o700 });
  const { name, reach } = wayTo(engine, path);
  // The Python of docker-compose 1 needs an encoding that has all letters.
  const env = { PATH: path, HOME: home, COMPOSE_ANSI: 'never', LC_ALL: 'C.UTF-8', TZ: 'UTC' };

  async function run(activity: string, program: string, args: readonly string[], options: EngineRun): Promise<Ran> {
    const { signal, timeoutMs = PATIENCE_MS, ...rest } = options;
    const doing = `${activity} on the engine ${name}`;
    signal.throwIfAborted();
    const ran = await reach(signal, (host) =>
      exec(program, args, { ...rest, env: { ...env, DOCKER_HOST: host }, cwd: home, signal, timeoutMs }),
    ).catch((cause: unknown) => {
      signal.throwIfAborted();
      throw cause instanceof Refusal ? cause : new Fault(doing, { cause });
    });
    signal.throwIfAborted();
    if (ran.timedOut) throw new Fault(doing, { cause: new Error(`no answer within ${timeoutMs / 1000} s`) });
    return ran;
  }

  return {
    name,
    run,
    async docker(activity, args, options) {
      const ran = await run(activity, 'docker', args, options);
      if (ran.code === 0) return ran.stdout;
      throw new Fault(`${activity} on the engine ${name}`, { cause: new Error(gistOf(ran)) });
    },
  };
}

/** The line of a program's output that says what was wrong. */
export function gistOf({ stderr, code, signal }: Ran): string {
  const lines = stderr
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '');
  const said = lines.findLast((line) => /error|cannot|couldn't|failed|no such/i.test(line)) ?? lines.at(-1);
  return (said ?? `it ended with ${code === null ? signal : `exit code ${code}`}`).slice(0, 400);
}

/** How an engine is called, and how a program that needs it gets its DOCKER_HOST. */
function wayTo(engine: EngineAddress, path: string) {
  if (typeof engine === 'string') {
    return { name: engine, reach: <T>(_: AbortSignal, use: (host: string) => Promise<T>) => use(engine) };
  }
  const { socket, ...address } = engine;
  const client: SshClient = { address, path, refuse: (...why) => new Refusal(...why) };
  return {
    name: `ssh://${address.user}@${address.host}`,
    reach: <T>(signal: AbortSignal, use: (host: string) => Promise<T>) =>
      withTunnel(client, socket, signal, (local) => use(`unix://${local}`)),
  };
}
