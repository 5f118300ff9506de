// The Heroku platform over the simulated Heroku with the real CLI and real databases, and a run of one action as the executor makes it.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type SimulatedHeroku, startHeroku } from '../../sandbox/heroku/start.ts';
import { startPostgres } from '../../sandbox/servers/postgres.ts';
import type { Action, ActionName, Args, Progress, Run } from '../../src/core/action.ts';
import type { Backup, Target } from '../../src/core/facts.ts';
import type { Json } from '../../src/core/json.ts';
import { Secret } from '../../src/core/secret.ts';
import { System } from '../../src/core/system.ts';
import type { HerokuOptions } from '../../src/platforms/heroku/options.ts';
import { type Heroku, heroku } from '../../src/platforms/heroku/platform.ts';
import { withDatabase } from '../../src/postgres/connect.ts';

export const PRODUCTION = 'grayledger-production';
export const STAGING = 'grayledger-staging';
const HEALTH = { url: 'http://127.0.0.1:9/health' };
const BIN = join(import.meta.dirname, '../../node_modules/.bin');

export type Bench = {
  readonly sim: SimulatedHeroku;
  readonly platform: Heroku;
  readonly system: System;
  /** Another platform on the same account. */
  platformWith(options: Partial<HerokuOptions>): Heroku;
  backup(id: string): Promise<Backup>;
  target(environment: string): Promise<Target>;
  /** Rows of a table in an environment's live database, or in a candidate. */
  rows(environment: string, table: string, candidate?: string | null): Promise<number>;
  stop(): Promise<void>;
};

const SYSTEM = System.parse({
  name: 'grayledger',
  title: 'Gray Ledger',
  platform: 'heroku',
  channel: 'C0INCIDENT',
  roles: { lead: { users: ['U0AAA'] } },
  operators: ['lead'],
  environments: {
    production: {
      protected: true,
      consent: { kind: 'approvals', roles: ['lead'], count: 1 },
      health: HEALTH,
      settings: { app: PRODUCTION, plan: 'heroku-postgresql:standard-0' },
    },
    staging: {
      consent: { kind: 'none' },
      health: HEALTH,
      settings: { app: STAGING, plan: 'heroku-postgresql:essential-1' },
    },
  },
  backups: { of: 'production', maxAgeHours: 24, sizeTolerancePercent: 10, retentionDays: 7 },
  tables: [{ name: 'entries' }, { name: 'line_items' }, { name: 'accounts' }],
  updates: {},
  logs: { watchSeconds: 2, alarming: ['NoMethodError', 'status=5\\d\\d'] },
});

/** Options for the simulator: short waits. */
function optionsFor(sim: { url: string; apiKey: string }, home: string): HerokuOptions {
  return {
    apiKey: new Secret(sim.apiKey),
    host: sim.url,
    dataHost: sim.url,
    cliFile: join(BIN, 'heroku'),
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
}

/** Starts everything. */
export async function startBench(): Promise<Bench> {
  const dir = await mkdtemp(join(tmpdir(), 'holdfast-platform-'));
  const postgres = await startPostgres();
  const sim = await startHeroku({ postgres: postgres.url, dir: join(dir, 'dumps'), pace: 'fast' });
  const options = optionsFor(sim, join(dir, 'home'));
  const platform = heroku(options);
  return {
    sim,
    platform,
    system: SYSTEM,
    platformWith: (more) => heroku({ ...options, ...more }),
    async backup(id) {
      const { backups } = await platform.facts(SYSTEM, 'production');
      const found = backups.find((backup) => backup.id === id);
      if (found === undefined) throw new Error(`no backup ${id}`);
      return found;
    },
    target: async (environment) => (await platform.facts(SYSTEM, environment)).target,
    async rows(environment, table, candidate = null) {
      const secret = await platform.connection(SYSTEM, { environment, candidate });
      const how = { readOnly: true, purpose: 'test', timeoutSeconds: 10 };
      const [row] = await withDatabase(secret, how, (query) =>
        query<{ count: string }>(`select count(*) from ${table}`),
      );
      return Number(row?.count);
    },
    async stop() {
      await sim.stop();
      await postgres.stop();
      await rm(dir, { recursive: true, force: true });
    },
  };
}

export type FakeRun = Run & { readonly told: Progress[]; readonly fences: number[] };

/** What the executor hands to an action; `fences` and `told` keep what the action did with it. */
export function runOf(before: Json = null, more: Partial<Run> = {}): FakeRun {
  const told: Progress[] = [];
  const fences: number[] = [];
  return {
    system: SYSTEM,
    operation: 'op-1',
    step: 's1',
    signal: new AbortController().signal,
    before,
    outputs: {},
    progress: (progress) => void told.push(progress),
    fence: async () => void fences.push(Date.now()),
    neededBy: async () => null,
    ...more,
    told,
    fences,
  };
}

/** The action of that name; throws when the platform has none. */
export function actionOf<N extends ActionName>(platform: Heroku, name: N): Action<Args<N>> {
  const action = platform.actions[name];
  if (action === undefined) throw new Error(`no action ${name}`);
  return action as Action<Args<N>>;
}

/** `before` and `do`, as the executor calls them, with the run for calling `probe` and `undo` afterwards. */
export async function act<N extends ActionName>(platform: Heroku, name: N, args: Args<N>, more: Partial<Run> = {}) {
  const action = actionOf(platform, name);
  const before = (await action.before?.(args, runOf(null, more))) ?? null;
  const run = runOf(before, more);
  const outcome = await action.do(args, run);
  return { action, run, outcome };
}
