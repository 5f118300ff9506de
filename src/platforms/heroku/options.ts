// What the Heroku platform is made from: addresses, the key, the CLI, and how long it waits for what.
import type { Secret } from '../../core/secret.ts';

export type HerokuOptions = {
  readonly apiKey: Secret;
  /** Platform API, `https://api.heroku.com`. */
  readonly host: string;
  /** Data API, `https://api.data.heroku.com`. */
  readonly dataHost: string;
  /** HEROKU_HOST of the CLI. Default: follows from `host`. */
  readonly cliHost?: string;
  /** HEROKU_DATA_HOST of the CLI, a host name only. Default: that of `dataHost`. */
  readonly cliDataHost?: string;
  /** The pinned CLI: `node_modules/.bin/heroku`. */
  readonly cliFile: string;
  /** PATH of the CLI. The folder of our own Node goes before it. */
  readonly path: string;
  /** HOME of the CLI: a directory of our own, made when it is missing. */
  readonly home: string;
  /** How long (ms) something that was accepted may take until it is listed. */
  readonly settle: number;
  /** How often (ms) the API is asked while something is under way. */
  readonly poll: number;
  /** How long (ms) one read may take. Default 10 s. */
  readonly timeout?: number;
  /** How often a read is tried. Default 5. */
  readonly tries?: number;
  /** The pause (ms) after a first failed read; it doubles with each. Default 500. */
  readonly pause?: number;
  /** How long (ms) reads may fail while something is under way at Heroku. Default 10 min. */
  readonly patience?: number;
  /** How long (ms) processes, releases and new databases may take to be ready. Default 15 min. */
  readonly ready?: number;
  /** How long (ms) a database made as another one was at a moment may take: all of it is copied. Default 6 h. */
  readonly copied?: number;
};

/** The same with every default spelled out. */
export type Resolved = Required<HerokuOptions>;

/** Fills in the defaults. */
export function resolve(options: HerokuOptions): Resolved {
  return {
    cliHost: options.host.replace(/^https:\/\/api\.(?=heroku\.com$)/, ''),
    cliDataHost: new URL(options.dataHost).hostname,
    timeout: 10_000,
    tries: 5,
    pause: 500,
    patience: 600_000,
    ready: 900_000,
    copied: 21_600_000,
    ...options,
  };
}
