// The retention on real files and a real store: what goes is seen and agreed to first, and judged once more before it goes.
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeEach, describe, expect, it } from 'vitest';
import type { Action, Args } from '../../src/core/action.ts';
import { LeaseLost } from '../../src/core/errors.ts';
import type { Backup, EnvironmentFacts, Facts } from '../../src/core/facts.ts';
import type { Manifest } from '../../src/core/manifest.ts';
import type { Operation } from '../../src/core/operation.ts';
import { done } from '../../src/core/outcomes.ts';
import { Secret } from '../../src/core/secret.ts';
import type { System } from '../../src/core/system.ts';
import { heldBackups } from '../../src/operations/held.ts';
import { heldIn, retentionView, withOffsite } from '../../src/operations/retention.ts';
import { archivesOf, readOffsite } from '../../src/platforms/shared/places.ts';
import { pruneBackups } from '../../src/platforms/shared/prune-backups.ts';
import { type SystemFile, systemFile } from '../support/system.ts';
import { type Desk, desksOfThisFile, openDesk } from './operations-fixture.ts';
import { runOf } from './postgres-fixture.ts';

const desk = await desksOfThisFile();
const DAY = 86_400_000;
const RECIPIENT = 'age1ql3z7hjy54pw3hyww5ayyfg7zqgvc7w3j2elw8zmrj2kg5sfn9aqmcac8p';
const opening = { path: '/usr/bin:/bin', secretOf: () => new Secret('') };
const SERVER = { services: [], migrate: null, bytes: null, freeBytes: null, warm: [], candidates: [], kept: [] };
const root = await mkdtemp(join(tmpdir(), 'holdfast-prune-'));
afterAll(() => rm(root, { recursive: true, force: true }));

let archives = '';
let outside = '';
let here: Desk;
let system: System;
beforeEach(async () => {
  const dir = await mkdtemp(join(root, 'case-'));
  [archives, outside] = [join(dir, 'archives'), join(dir, 'outside')];
  await Promise.all([mkdir(archives), mkdir(outside)]);
  here = deskOnFiles();
});

/** A desk whose production has its backups in real directories. */
function deskOnFiles(tiers: SystemFile['backups']['tiers'] = { scheduled: 7, manual: 30 }): Desk {
  const file = systemFile();
  const settings = {
    archives: { place: { kind: 'directory', path: archives } },
    offsite: { place: { kind: 'directory', path: outside }, encryptTo: [RECIPIENT] },
  };
  const production = { ...file.environments['production'], settings } as SystemFile['environments'][string];
  const opened = openDesk(
    desk().store,
    {
      environments: { ...file.environments, production },
      backups: { ...file.backups, tiers },
    },
    { direct: true },
  );
  const { paper, deps, store } = opened;
  const [only] = paper.systems.all;
  if (only === undefined) throw new Error('there is no system');
  system = only;
  const withFiles = async (given: System, facts: Facts): Promise<Facts> => {
    const backups = await archivesOf(opening, given, 'production')?.list(AbortSignal.timeout(10_000));
    const { production: known, ...others } = facts.environments;
    const read = { ...known, backups: [...(backups ?? [])], server: SERVER } as EnvironmentFacts;
    return { ...facts, environments: { ...others, production: read } };
  };
  deps.systems = {
    ...paper.systems,
    facts: async (given, environments) => withFiles(given, await paper.systems.facts(given, environments)),
    offsite: (given, environment) => readOffsite(opening, given, environment),
    actionsOf: () => ({
      ...paper.actions,
      'backup.rehearse': proving(only),
      'backups.prune': pruneBackups({
        ...opening,
        now: () => new Date(),
        held: (name, ids, except) => heldBackups(store.operations, name, ids, except),
      }),
    }),
  };
  return opened;
}

/** Stands for the restore into a scratch server: what it proves is all that matters here. */
function proving({ name }: System): Action<Args<'backup.rehearse'>> {
  return {
    describe: () => 'restore it',
    async do({ from }, { operation }) {
      const at = new Date().toISOString();
      const proof = { system: name, backup: from.backup.id, operation, at, seconds: 1, tables: {} };
      const outcome = done(['it is proven']);
      return outcome.is === 'done' ? { ...outcome, evidence: { ...outcome.evidence, proof } } : outcome;
    },
    probe: async () => ({ is: 'not_happened' }),
    undo: { not: 'nothing is left' },
  };
}

async function lay(name: string, days: number, dir = archives): Promise<void> {
  // An hour more: a file that was written to just now may still be arriving.
  const at = new Date(Date.now() - days * DAY - DAY / 24);
  await writeFile(join(dir, name), `the backup ${name}`);
  await utimes(join(dir, name), at, at);
}

/** One of each of these days: `backup_3` is three days old. */
async function daily(...days: readonly number[]): Promise<void> {
  for (const one of days) await lay(`backup_${one}`, one);
}

async function layCopy(name: string, of: Partial<NonNullable<Manifest['copyOf']>>, days: number): Promise<void> {
  await lay(name, days, outside);
  const moment = new Date(Date.now() - days * DAY).toISOString();
  const sum = 'b'.repeat(64);
  const copyOf = {
    system: system.name,
    environment: 'production',
    backup: 'x',
    sha256: sum,
    bytes: 1,
    copiedAt: moment,
    ...of,
  };
  const manifest: Manifest = {
    ...{ version: 1, sha256: sum, bytes: `the backup ${name}`.length, kind: 'scheduled', database: 'd' },
    ...{ serverVersion: '15', moment, tables: {}, copyOf },
  } as Manifest;
  await writeFile(join(outside, `${name}.manifest.json`), JSON.stringify(manifest));
}

const listed = async (dir = archives) => (await readdir(dir)).sort();
const why = ({ stopped }: Operation) => stopped?.why ?? '';

describe('deleting what the retention no longer keeps', () => {
  it('waits for the approvals of production, then deletes exactly what was shown, and reads back that it is gone', async () => {
    await daily(0, 6, 8, 9);
    await lay('manual_20', 20);
    const operation = await here.ask('prune');
    expect(operation.state).toBe('awaiting_approval');
    await here.work(operation.id);
    expect(await listed()).toHaveLength(5);
    await here.agree(operation);
    await here.work(operation.id);
    const ended = await here.useCases.find(operation.id);
    expect(ended.state).toBe('succeeded');
    expect(await listed()).toEqual(['backup_0', 'backup_6', 'manual_20']);
    const [step] = Object.values(ended.steps);
    expect(step?.outcome?.evidence.says).toEqual([
      `2 backups are gone from ${archives}: 38 B; read back, none of them is listed.`,
    ]);
    await expect(here.ask(`undo ${operation.id}`)).rejects.toThrow('what is deleted is gone');
    await expect(here.ask('prune')).rejects.toThrow('Nothing would be deleted');
  });

  it('never takes the last proven one, however old; when that is gone, the last proven of those that are left', async () => {
    await daily(0, 20, 30, 40);
    for (const id of ['backup_30', 'backup_20'])
      expect((await here.run(`verify ${id} --deep`)).state).toBe('succeeded');
    expect((await here.run('prune')).state).toBe('succeeded');
    expect(await listed()).toEqual(['backup_0', 'backup_20']);
    await daily(30, 40);
    await rm(join(archives, 'backup_20'));
    expect((await here.run('prune')).state).toBe('succeeded');
    expect(await listed()).toEqual(['backup_0', 'backup_30']);
  });

  it('takes copies out of the house by the same rules, and nothing there that is not a copy of these backups', async () => {
    await daily(0);
    await layCopy('c_new.age', {}, 1);
    await layCopy('c_old.age', { backup: 'backup_9' }, 9);
    await layCopy('c_other_system.age', { system: 'suoops' }, 900);
    await layCopy('c_staging.age', { environment: 'staging' }, 900);
    await lay('of-somebody', 900, outside);
    expect((await here.run('prune')).state).toBe('succeeded');
    const left = (await listed(outside)).filter((name) => !name.endsWith('.manifest.json'));
    expect(left).toEqual(['c_new.age', 'c_other_system.age', 'c_staging.age', 'of-somebody']);
    expect(existsSync(join(outside, 'c_old.age.manifest.json'))).toBe(false);
  });

  it('leaves a backup to the operation that uses it', async () => {
    await daily(0, 8, 9);
    await here.ask('restore staging backup_8');
    expect((await here.run('prune')).state).toBe('succeeded');
    expect(await listed()).toEqual(['backup_0', 'backup_8']);
  });
});

describe('nothing at all is deleted when at the last moment', () => {
  /** Plans, has it approved, lets something happen, and carries it out. */
  async function after(happens: () => Promise<unknown>): Promise<Operation> {
    const operation = await here.ask('prune');
    await here.work(operation.id);
    await here.agree(operation);
    await happens();
    await here.work(operation.id);
    return here.useCases.find(operation.id);
  }

  it.each([
    ['one of them is another file', () => lay('backup_9', 9.5), 'backup_9: no longer what was planned to be deleted'],
    [
      'one of them is proven',
      () => here.run('verify backup_9 --deep'),
      'backup_9 (the last one that a restore has proven)',
    ],
    ['one of them is used', () => here.ask('restore staging backup_9'), /backup_9 \(op-\d+ uses it\)/],
    ['the newer ones are gone', () => rm(join(archives, 'backup_0')), 'backup_8 (the newest finished one)'],
  ] as const)('%s', async (_what, happens, expected) => {
    await daily(0, 8, 9);
    const before = await after(happens);
    expect(before.state).toBe('failed');
    expect(why(before)).toMatch(expected);
    for (const name of ['backup_8', 'backup_9']) expect(existsSync(join(archives, name))).toBe(true);
  });

  it('the system file no longer lets them go, or no longer names their place', async () => {
    await daily(0, 8);
    const { args, action } = await planned();
    const looser = { ...system, backups: { ...system.backups, tiers: { scheduled: 30 } } };
    expect(await action.do(args, runOf({ system: looser }))).toMatchObject({
      untouched: true,
      why: expect.stringMatching(/^must be kept by now: backup_8 \(scheduled: kept until/),
    });
    const untiered = { ...system, backups: { ...system.backups, tiers: undefined } } as System;
    expect(await action.do(args, runOf({ system: untiered }))).toMatchObject({
      why: expect.stringContaining('no time is named'),
    });
    const environments = { ...system.environments, production: { ...system.environments['production'], settings: {} } };
    const bare = { ...system, environments } as System;
    expect(await action.do(args, runOf({ system: bare }))).toMatchObject({
      why: expect.stringContaining('no longer name the place'),
    });
    expect(await listed()).toEqual(['backup_0', 'backup_8']);
  });
});

/** The step of a plan, to be carried out by hand. */
async function planned(): Promise<{ args: Args<'backups.prune'>; action: Action<Args<'backups.prune'>> }> {
  const { plan } = await here.ask('prune');
  const action = here.deps.systems.actionsOf(system)['backups.prune'];
  const [step] = plan.steps;
  if (action === undefined || step === undefined) throw new Error('there is no such step');
  return { args: step.args as unknown as Args<'backups.prune'>, action };
}

describe('a deletion that breaks off', () => {
  const fenceUntil = (calls: number, thrown: Error) => {
    let left = calls;
    return async () => {
      left -= 1;
      if (left < 0) throw thrown;
    };
  };

  it('tells how many are gone, by listing, and which are not', async () => {
    await daily(0, 8, 9, 10);
    const { args, action } = await planned();
    const outcome = await action.do(args, runOf({ system, fence: fenceUntil(2, new Error('the store is away')) }));
    expect(outcome).toMatchObject({
      is: 'failed',
      untouched: false,
      why: 'the store is away; 2 of 3 backups are gone, still there: backup_10',
    });
  });

  it('says so when not even that can be read', async () => {
    await daily(0, 8, 9);
    const { args, action } = await planned();
    const fence = async () => {
      await rm(archives, { recursive: true });
      throw new Error('the store is away');
    };
    const outcome = await action.do(args, runOf({ system, fence }));
    expect(outcome).toMatchObject({
      is: 'failed',
      why: expect.stringMatching(/^the store is away; how many are gone could not be read/),
    });
  });

  it('with a lost lease is thrown on: another worker is at it', async () => {
    await daily(0, 8);
    const { args, action } = await planned();
    const run = runOf({ system, fence: fenceUntil(0, new LeaseLost('op-41')) });
    await expect(action.do(args, run)).rejects.toThrow(LeaseLost);
  });

  it('is gone on with: what is gone already is told apart, and it has happened when all of it is gone', async () => {
    await daily(0, 8, 9);
    const { args, action } = await planned();
    await rm(join(archives, 'backup_8'));
    expect(await action.probe(args, runOf({ system }))).toEqual({ is: 'not_happened' });
    const outcome = await action.do(args, runOf({ system }));
    expect(outcome.evidence.says[1]).toBe('1 of them had been gone before.');
    const probed = await action.probe(args, runOf({ system }));
    expect(probed).toMatchObject({
      is: 'happened',
      outcome: { is: 'done', output: { removed: ['backup_8', 'backup_9'] } },
    });
  });

  it('names a few of many that are still there', async () => {
    await daily(0, 8, 9, 10, 11, 12, 13, 14);
    const { args, action } = await planned();
    const outcome = await action.do(args, runOf({ system, fence: fenceUntil(0, new Error('away')) }));
    expect(outcome).toMatchObject({ why: expect.stringMatching(/still there: backup_8, backup_9, .* and 2 more$/) });
  });
});

describe('what would go', () => {
  it('can be looked at before anything goes, with the reasons, in both places', async () => {
    await daily(0, 6, 8);
    await layCopy('c.age', { backup: 'backup_0' }, 0);
    const view = await retentionView(here.deps, system);
    expect(view).toMatchObject({
      system: 'GrayLedger',
      environment: 'production',
      tiers: { scheduled: 7, manual: 30 },
    });
    const words = view.places.map(({ place, kept, going, problem }) => ({
      place,
      kept: kept.map(({ backup, rule }) => `${backup.id} ${rule}`),
      going: going.map(({ backup, why: because }) => `${backup.id} ${because}`),
      problem,
    }));
    expect(words).toEqual([
      {
        place: 'archives',
        kept: ['backup_0 newest', 'backup_6 tier'],
        going: [expect.stringMatching(/^backup_8 scheduled: 8 d 1 h old, kept for 7 d$/)],
        problem: null,
      },
      { place: 'offsite', kept: ['c.age newest'], going: [], problem: null },
    ]);
  });

  it('is nothing where the system file names no tiers', async () => {
    here = deskOnFiles(undefined);
    system = here.paper.systems.all[0] as System;
    await daily(0, 900);
    const view = await retentionView(here.deps, {
      ...system,
      backups: { ...system.backups, tiers: undefined },
    } as System);
    expect(view.tiers).toBeNull();
    expect(view.places.flatMap(({ going }) => going)).toEqual([]);
  });

  it('is refused when the environment cannot be read', async () => {
    const systems = { ...here.deps.systems, facts: async () => ({ at: new Date().toISOString(), environments: {} }) };
    await expect(retentionView({ ...here.deps, systems }, system)).rejects.toThrow('production could not be read');
  });
});

it('the place out of the house is read of the environments that were asked for, and of no others', async () => {
  await daily(0);
  await layCopy('c.age', { backup: 'backup_0' }, 0);
  const facts = await here.deps.systems.facts(system, ['production', 'staging']);
  const { environments } = await withOffsite(here.deps, system, facts, ['production']);
  expect(environments['production']?.offsite?.copies).toMatchObject([{ of: 'backup_0' }]);
  expect(environments['staging']).not.toHaveProperty('offsite');
});

it('nothing is held where nothing was ever proven, nor where all that was proven is gone', async () => {
  await daily(0, 30);
  const read = async () => {
    const { environments } = await here.deps.systems.facts(system, ['production']);
    return heldIn(here.deps, system, environments['production'] as EnvironmentFacts);
  };
  expect(await read()).toEqual({ proven: [], inUse: [] });
  await here.run('verify backup_30 --deep');
  await rm(join(archives, 'backup_30'));
  expect(await read()).toEqual({ proven: ['backup_30'], inUse: [] });
});

it('is described with how many files go, and from where', async () => {
  const action = here.deps.systems.actionsOf(system)['backups.prune'];
  const args = { environment: 'production', place: 'offsite' as const, remove: [{ id: 'a' } as Backup] };
  expect(action?.describe(args, system)).toBe(`delete 1 file with their manifests from ${outside}`);
});
