// A platform on paper: it implements the contract over plain data and counts its effects, so that crashes can be placed exactly.
import type { Action, ActionName, Actions, Args, Run } from '../../src/core/action.ts';
import type { Backup, EnvironmentFacts, Facts, Release, Server } from '../../src/core/facts.ts';
import type { Platform } from '../../src/core/platform.ts';
import type { Systems } from '../../src/core/ports.ts';
import { Secret } from '../../src/core/secret.ts';
import type { System } from '../../src/core/system.ts';
import { personTask } from '../../src/platforms/shared/person-task.ts';

/** What exists. Everything that an operation can change is in here, so a clean slate is one comparison. */
export type World = {
  live: string;
  databases: string[];
  /** Which of them a backup was restored into. */
  loaded: string[];
  maintenance: boolean;
  release: string;
  backups: Record<string, string[]>;
  stagingHolds: string;
  /** What earlier operations have left on a server that is reached, by name, and the operation that did. */
  left: Record<string, { by: string; is: 'candidate' | 'kept' }>;
  /** Where the server is reached: what an operation has put beside the live data, and whether services and rows are as they were. */
  beside: string[];
  stopped: boolean;
  merged: boolean;
};

/** Where something goes wrong, once: before or after the effect of an action. */
export type Mishap = {
  action: ActionName;
  when: 'before' | 'after';
  /**
   * `fault` throws; `crash` aborts the worker as if it had died; `unknown` throws and cannot be probed; `fails` ends the
   * step; `unverified` ends it without having been read back (only after the effect).
   */
  how: 'fault' | 'crash' | 'unknown' | 'fails' | 'unverified';
};

export type Paper = {
  world: World;
  /** How often each effect happened at the provider. */
  effects: Record<string, number>;
  mishap: Mishap | null;
  /** Actions whose `before` cannot be read, and those that cannot be taken back now. */
  unreadable: Set<ActionName>;
  stuck: Set<ActionName>;
  /** Awaited by every action when it begins, before its fence, and directly before its effect. */
  begins: (action: ActionName, run: Run) => Promise<void>;
  acts: (action: ActionName, run: Run) => Promise<void>;
  /** Awaited whenever something is taken back, before it is. */
  undoes: (action: ActionName, run: Run) => Promise<void>;
  /** Called instead of dying. */
  crash: () => void;
  actions: Actions;
  systems: Systems;
};

const BACKUP: Backup = {
  id: 'a001',
  kind: 'scheduled',
  state: 'finished',
  startedAt: '2026-11-15T02:00:00.000Z',
  finishedAt: '2026-11-15T02:01:00.000Z',
  bytes: 1_000_000,
  sha256: null,
};

const RELEASES: Release[] = ['v256', 'v255', 'v254'].map((id, index) => ({
  id,
  code: `slug-${id}`,
  commit: `${index}abcdef0123`,
  description: `Deploy ${id}`,
  by: 'eve@example.com',
  createdAt: `2026-11-2${0 - index + 1}T10:00:00.000Z`.replace('2-', '1-'),
  state: 'succeeded',
  current: false,
}));

/** `direct`: one whose PostgreSQL is reached, instead of one like Heroku. */
export function paperPlatform(system: System, { direct = false } = {}): Paper {
  const world: World = {
    live: 'db-one',
    databases: ['db-one', 'db-staging'],
    loaded: [],
    maintenance: false,
    release: 'v256',
    backups: { production: ['a001'], staging: [] },
    stagingHolds: 'old data',
    left: {},
    beside: [],
    stopped: false,
    merged: false,
  };
  const nothing = async () => {};
  const hooks = { begins: nothing, acts: nothing, undoes: nothing, crash: () => {} };
  const missing = { actions: undefined as never, systems: undefined as never };
  const paper: Paper = {
    world,
    effects: {},
    mishap: null,
    unreadable: new Set(),
    stuck: new Set(),
    ...hooks,
    ...missing,
  };
  paper.actions = actionsOn(paper);
  const factsHere = (environment: string): EnvironmentFacts => {
    const facts = factsOf(world, environment, system.name);
    return direct ? { ...facts, window: WINDOW, server: serverOf(world) } : facts;
  };
  const read = async (_system: System, environment: string) => factsHere(environment);
  const platform: Platform = {
    kind: system.platform,
    capabilities: direct
      ? ['backups', 'candidate', 'server', 'tables', 'moments']
      : ['backups', 'candidate', 'maintenance', 'releases'],
    problemsOf: () => [],
    variablesOf: () => [],
    backupId: (typed) => typed,
    archiveKeys: async () => ({}),
    names: ({ name, database }, { operation }) => ({ candidate: `${name}-${operation}`, previous: database }),
    facts: read,
    connection: async () => new Secret('postgres://paper'),
    download: async () => {},
    actions: paper.actions,
  };
  paper.systems = {
    all: [system],
    platformOf: () => platform,
    actionsOf: () => paper.actions,
    facts: async (_system, environments) => ({
      at: new Date().toISOString(),
      environments: Object.fromEntries(environments.map((name) => [name, factsHere(name)])),
    }),
    survey: async (_system, facts: Facts) => facts,
    leftBy: async (_system, facts: Facts) => facts,
    offsite: async () => null,
  };
  return paper;
}

const WINDOW = { from: '2020-01-01T00:00:00.000Z', to: '2099-01-01T00:00:00.000Z' };
function serverOf({ left }: World): Server {
  const those = (wanted: 'candidate' | 'kept') =>
    Object.entries(left).flatMap(([name, { by, is }]) =>
      is === wanted ? [{ name, identity: `paper/${name}`, operation: by, bytes: 1, until: null }] : [],
    );
  const candidates = those('candidate').map(({ until: _, ...candidate }) => candidate);
  return {
    ...{ services: ['web'], migrate: 'migrate', bytes: 1, freeBytes: 9 },
    ...{ warm: [], candidates, kept: those('kept') },
  };
}

/** The identity carries the system's name, so that several worlds can use one store. */
function factsOf(world: World, environment: string, system: string): EnvironmentFacts {
  const production = environment === 'production';
  const database = production ? world.live : 'db-staging';
  return {
    target: { environment, name: `app-${environment}`, database, identity: `${system}-${database}` },
    window: null,
    server: null,
    backups: (world.backups[environment] ?? []).map((id) => ({ ...BACKUP, id })),
    releases: production ? RELEASES.map((release) => ({ ...release, current: release.id === world.release })) : [],
    releasePhase: null,
    activity: [],
    survey: null,
    surveyProblem: 'on paper',
  };
}

function actionsOn(paper: Paper): Actions {
  const { world } = paper;
  const reads = <N extends ActionName>(name: N): Action<Args<N>> =>
    action(paper, name, { effect: () => {}, done: () => false });
  const besides = <N extends ActionName>(name: N, called: (args: Args<N>) => string): Action<Args<N>> =>
    action(paper, name, {
      effect: (args) => void world.beside.push(called(args)),
      done: (args) => world.beside.includes(called(args)),
      undo: (args) => {
        world.beside = world.beside.filter((one) => one !== called(args));
      },
    });
  /** What is gone cannot be put back. */
  const drops = <N extends ActionName>(name: N, called: (args: Args<N>) => string): Action<Args<N>> =>
    action(paper, name, {
      effect: (args) => void delete world.left[called(args)],
      done: (args) => world.left[called(args)] === undefined,
    });
  /** Turned on by its effect and off when it is taken back; it has happened as often as it was turned on. */
  const switches = <N extends ActionName>(name: N, turn: (on: boolean) => void): Action<Args<N>> => {
    let on = false;
    const set = (to: boolean) => {
      on = to;
      turn(to);
    };
    return action(paper, name, { effect: () => set(true), done: () => on, undo: () => set(false) });
  };
  return {
    // The one that reads nothing before its intent is journaled.
    'backups.verify': withoutBefore(reads('backups.verify')),
    'candidate.check': reads('candidate.check'),
    'database.check': reads('database.check'),
    'services.check': reads('services.check'),
    'health.check': reads('health.check'),
    'logs.watch': reads('logs.watch'),
    'backup.capture': action(paper, 'backup.capture', {
      effect: ({ environment }, run) => add(world.backups, environment, captureName(run)),
      done: ({ environment }, run) => (world.backups[environment] ?? []).includes(captureName(run)),
      output: (_args, run) => ({ backup: captureName(run) }),
    }),
    'candidate.create': action(paper, 'candidate.create', {
      effect: ({ candidate }) => void world.databases.push(candidate),
      done: ({ candidate }) => world.databases.includes(candidate),
      undo: ({ candidate }) => {
        world.databases = world.databases.filter((name) => name !== candidate);
        world.loaded = world.loaded.filter((name) => name !== candidate);
      },
    }),
    'candidate.load': action(paper, 'candidate.load', {
      effect: ({ candidate }) => void world.loaded.push(candidate),
      done: ({ candidate }) => world.loaded.includes(candidate),
    }),
    'person.task': personTask(),
    'candidate.preflight': reads('candidate.preflight'),
    'candidate.scan': reads('candidate.scan'),
    'smoke.check': reads('smoke.check'),
    'migrations.run': reads('migrations.run'),
    'backup.fetch': besides('backup.fetch', ({ from }) => `archive ${from.backup.id}`),
    'moment.recover': besides('moment.recover', ({ at }) => `cluster at ${at}`),
    'candidate.drop': drops('candidate.drop', ({ candidate }) => candidate),
    'leftover.drop': drops('leftover.drop', ({ name }) => name),
    'table.extract': besides('table.extract', ({ table }) => `table ${table}`),
    'services.stop': switches('services.stop', (on) => {
      world.stopped = on;
    }),
    'services.start': switches('services.start', (on) => {
      world.stopped = !on;
    }),
    'table.merge': switches('table.merge', (on) => {
      world.merged = on;
    }),
    'table.unmerge': switches('table.unmerge', (on) => {
      world.merged = !on;
    }),
    'maintenance.on': action(paper, 'maintenance.on', {
      effect: () => {
        world.maintenance = true;
      },
      done: () => world.maintenance,
      undo: () => {
        world.maintenance = false;
      },
    }),
    'maintenance.off': action(paper, 'maintenance.off', {
      effect: () => {
        world.maintenance = false;
      },
      done: () => !world.maintenance,
      undo: () => {
        world.maintenance = true;
      },
    }),
    'database.promote': action(paper, 'database.promote', {
      effect: ({ promote }) => {
        world.live = promote;
      },
      done: ({ promote }) => world.live === promote,
      undo: ({ previous }) => {
        world.live = previous;
      },
    }),
    'database.restore': action(paper, 'database.restore', {
      effect: ({ from }) => {
        world.stagingHolds = `${from.environment} ${from.backup.id}`;
      },
      done: ({ from }) => world.stagingHolds === `${from.environment} ${from.backup.id}`,
      undo: () => {
        world.stagingHolds = 'old data';
      },
    }),
    'release.rollback': action(paper, 'release.rollback', {
      effect: ({ to }) => {
        world.release = to.id;
      },
      done: ({ to }) => world.release === to.id,
      undo: ({ from }) => {
        world.release = from.id;
      },
    }),
  };
}

type Kind<A> = {
  effect(args: A, run: Run): void;
  done(args: A, run: Run): boolean;
  undo?(args: A): void;
  output?(args: A, run: Run): { backup: string };
};

function action<N extends ActionName>(paper: Paper, name: N, kind: Kind<Args<N>>): Action<Args<N>> {
  const strike = (when: Mishap['when'], run: Run): 'fails' | 'unverified' | null => {
    const { mishap } = paper;
    if (mishap?.action !== name || mishap.when !== when) return null;
    if (mishap.how !== 'unknown') paper.mishap = null;
    if (mishap.how === 'fails' || mishap.how === 'unverified') return mishap.how;
    if (mishap.how === 'crash') paper.crash();
    run.signal.throwIfAborted();
    throw new Error(`mishap ${when} ${name}`);
  };
  const evidence = { says: [`${name} was read back`], checks: [] };
  const outcome = (args: Args<N>, run: Run) => ({
    is: 'done' as const,
    evidence,
    output: kind.output?.(args, run) ?? null,
  });
  return {
    describe: () => `paper ${name}`,
    async before() {
      if (paper.unreadable.has(name)) throw new Error(`${name} cannot be read`);
      return { read: true };
    },
    async do(args, run) {
      await paper.begins(name, run);
      await run.fence();
      if (strike('before', run) === 'fails') return { is: 'failed', why: 'on paper', evidence, untouched: true };
      await paper.acts(name, run);
      kind.effect(args, run);
      paper.effects[name] = (paper.effects[name] ?? 0) + 1;
      const struck = strike('after', run);
      if (struck === 'fails') return { is: 'failed', why: 'on paper', evidence, untouched: false };
      return struck === null ? outcome(args, run) : { ...outcome(args, run), is: struck, why: 'on paper' };
    },
    async probe(args, run) {
      if (paper.mishap?.action === name && paper.mishap.how === 'unknown') {
        paper.mishap = null;
        return { is: 'unknown', why: 'the provider does not say' };
      }
      return kind.done(args, run) ? { is: 'happened', outcome: outcome(args, run) } : { is: 'not_happened' };
    },
    undo:
      kind.undo === undefined
        ? { not: 'nothing to take back' }
        : {
            how: 'it is put back',
            run: async (args, _output, run) => {
              await paper.undoes(name, run);
              if (paper.stuck.has(name)) throw new Error(`${name} is stuck`);
              kind.undo?.(args);
              return { says: [`${name} was taken back`], checks: [] };
            },
          },
  };
}

function withoutBefore<A>({ before: _, ...action }: Action<A>): Action<A> {
  return action;
}

function captureName({ operation }: Run): string {
  return `b${operation.slice(3).padStart(3, '0')}`;
}

function add(lists: Record<string, string[]>, key: string, value: string): void {
  lists[key] = [...(lists[key] ?? []), value];
}
