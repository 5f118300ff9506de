// suoops on the simulated Heroku: its real system file, the real CLI, real databases.
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parse } from 'yaml';
import { type SimulatedHeroku, startHeroku } from '../../sandbox/heroku/start.ts';
import { startPostgres } from '../../sandbox/servers/postgres.ts';
import type { ActionName, Args, Evidence } from '../../src/core/action.ts';
import type { EnvironmentFacts } from '../../src/core/facts.ts';
import { Secret } from '../../src/core/secret.ts';
import { System } from '../../src/core/system.ts';
import type { HerokuOptions } from '../../src/platforms/heroku/options.ts';
import { type Heroku, heroku } from '../../src/platforms/heroku/platform.ts';
import { withDatabase } from '../../src/postgres/connect.ts';
import { act, actionOf, type runOf } from '../support/heroku-platform.ts';

export const BACKEND = 'suoops-backend';
export const LIVE = 'postgresql-globular-52901';
const ROOT = join(import.meta.dirname, '../..');
const BIN = join(ROOT, 'node_modules/.bin');
export const CLI = join(BIN, 'heroku');

export type SuoopsBench = {
  readonly sim: SimulatedHeroku;
  /** HOME for the CLI. */
  readonly home: string;
  readonly system: System;
  readonly platform: Heroku;
  platformWith(options: Partial<HerokuOptions>): Heroku;
  facts(environment?: string): Promise<EnvironmentFacts>;
  /** `before` and `do`, with the run for calling `probe` and `undo` afterwards. */
  act<N extends ActionName>(name: N, args: Args<N>, platform?: Heroku): ReturnType<typeof act<N>>;
  undo<N extends ActionName>(name: N, args: Args<N>, run: ReturnType<typeof runOf>): Promise<Evidence>;
  /** What one SELECT of one number returns, from the live database or a candidate. */
  ask(sql: string, candidate?: string | null): Promise<number>;
  /** Changes the live database, past everything. */
  change(sql: string): Promise<void>;
  /** How many databases Heroku was asked to make. */
  orders(): Promise<number>;
  stop(): Promise<void>;
};

/** Starts everything. */
export async function startSuoops(): Promise<SuoopsBench> {
  const dir = await mkdtemp(join(tmpdir(), 'holdfast-suoops-'));
  const postgres = await startPostgres();
  const sim = await startHeroku({ postgres: postgres.url, dir: join(dir, 'dumps'), pace: 'fast', systems: ['suoops'] });
  const system = await suoops();
  const home = join(dir, 'home');
  const options: HerokuOptions = {
    apiKey: new Secret(sim.apiKey),
    host: sim.url,
    dataHost: sim.url,
    cliFile: CLI,
    path: `${BIN}:/usr/bin:/bin`,
    home,
    settle: 1_000,
    poll: 100,
    timeout: 1_500,
    tries: 3,
    pause: 20,
    patience: 3_000,
    ready: 10_000,
  };
  const platform = heroku(options);
  return {
    sim,
    home,
    system,
    platform,
    platformWith: (more) => heroku({ ...options, ...more }),
    facts: (environment = 'production') => platform.facts(system, environment),
    act: (name, args, on = platform) => act(on, name, args, { system }),
    async undo(name, args, run) {
      const { undo } = actionOf(platform, name);
      if (!('how' in undo)) throw new Error(`${name} has no undo`);
      return undo.run(args, null, run);
    },
    async change(sql) {
      const secret = await platform.connection(system, { environment: 'production', candidate: null });
      await withDatabase(secret, { readOnly: false, purpose: 'test', timeoutSeconds: 10 }, (query) => query(sql));
    },
    async ask(sql, candidate = null) {
      const secret = await platform.connection(system, { environment: 'production', candidate });
      const how = { readOnly: true, purpose: 'test', timeoutSeconds: 10 };
      const [row] = await withDatabase(secret, how, (query) => query<{ answer: string }>(`select (${sql}) as answer`));
      return Number(row?.answer);
    },
    orders: () => sim.control.count('POST', /^\/apps\/suoops-backend\/addons$/),
    async stop() {
      await sim.stop();
      await postgres.stop();
      await rm(dir, { recursive: true, force: true });
    },
  };
}

/** systems/suoops.yml, with people in the places that are to be filled in. */
async function suoops(): Promise<System> {
  const text = await readFile(join(ROOT, 'systems/suoops.yml'), 'utf8');
  const filled = parse(text.replaceAll(/([CU])0REPLACE/g, '$10TEST')) as Record<string, unknown>;
  return System.parse({ ...filled, logs: { watchSeconds: 2, alarming: ['Traceback', ' status=5[0-9][0-9] '] } });
}
