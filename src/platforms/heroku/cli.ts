// Runs the pinned Heroku CLI in a closed environment. What it says is only ever quoted; what it did is read from the API.
import { mkdir } from 'node:fs/promises';
import { delimiter, dirname } from 'node:path';
import { Fault, Refusal, reasonOf } from '../../core/errors.ts';
import { exec, type Ran } from '../../lib/exec.ts';
import type { Clean } from './clean.ts';
import type { Line } from './cli-lines.ts';
import type { Resolved } from './options.ts';

export type RunOptions = {
  readonly signal: AbortSignal;
  readonly timeoutMs?: number;
  onLine?(line: string): void;
};

/** A CLI that is running. */
export type Running = {
  readonly ended: Promise<Ran>;
  isOver(): boolean;
  /** Everything that it has written so far. */
  said(): string;
  /** Ends it and waits until it is gone. Harmless afterwards. */
  stop(): Promise<void>;
};

export type Cli = {
  start(line: Line, options: RunOptions): Running;
  /** What a person may want to know of its output: the error, or its last line. */
  excerpt(said: string): string;
  /** Refuses any version but the pinned one. */
  assertVersion(): Promise<void>;
};

const VERSION = '11.10.0';
/** Nothing that only starts something takes so long; it must not hold up the operation for ever. */
const LONGEST_MS = 900_000;
const NEVER_TWICE = new URL('./never-twice.ts', import.meta.url).href;

export function createCli(options: Resolved, clean: Clean): Cli {
  const env = environment(options);

  function start(line: Line, { signal, timeoutMs = LONGEST_MS, onLine }: RunOptions): Running {
    const stopping = new AbortController();
    let over = false;
    let said = '';
    const run = async () => {
      await mkdir(options.home, { recursive: true });
      return await exec(options.cliFile, line, {
        env,
        cwd: options.home,
        timeoutMs,
        signal: AbortSignal.any([signal, stopping.signal]),
        onLine: (text) => {
          said = `${said}${text}\n`.slice(-20_000);
          onLine?.(text);
        },
      });
    };
    const ended = run().finally(() => {
      over = true;
    });
    // Whoever waits for it hears of the failure; nobody has to.
    ended.catch(() => {});
    return {
      ended,
      isOver: () => over,
      said: () => said,
      async stop() {
        stopping.abort();
        await ended.catch(() => {});
      },
    };
  }

  return {
    start,
    excerpt: (said) => excerptOf(said, clean),
    async assertVersion() {
      const ran = await start(['version'], { signal: AbortSignal.timeout(60_000) }).ended.catch((cause: unknown) => {
        throw new Fault('starting the Heroku CLI', { cause: reasonOf(cause) });
      });
      const found = /^heroku\/(\d+\.\d+\.\d+\S*)/m.exec(ran.stdout)?.[1] ?? 'unknown';
      if (found === VERSION) return;
      throw new Refusal(
        'heroku-cli-version',
        `The Heroku CLI is ${found}, not ${VERSION}.`,
        'Install the pinned one: npm ci.',
      );
    },
  };
}

function environment({ apiKey, home, path, cliHost, cliDataHost }: Resolved): Record<string, string> {
  return {
    PATH: [dirname(process.execPath), path].join(delimiter),
    HOME: home,
    HEROKU_API_KEY: apiKey.open(),
    HEROKU_HOST: cliHost,
    HEROKU_DATA_HOST: cliDataHost,
    HEROKU_DISABLE_AUTOUPDATE: '1',
    DISABLE_TELEMETRY: 'true',
    NODE_OPTIONS: `--import=${NEVER_TWICE}`,
    TERM: 'dumb',
    NO_COLOR: '1',
    TZ: 'UTC',
  };
}

function excerptOf(said: string, clean: Clean): string {
  const lines = said
    .split('\n')
    .map((line) => clean(line.replace(/^[\s›▸!]+/u, '')))
    .filter((line) => line !== '' && !/^(?:Warning:|https:\/\/dashboard\.heroku\.com)/.test(line));
  const error = lines.findIndex((line) => line.startsWith('Error:'));
  return error >= 0
    ? lines
        .slice(error, error + 2)
        .join(' ')
        .slice(0, 300)
    : (lines.at(-1) ?? 'nothing');
}
