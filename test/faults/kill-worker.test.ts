// Workers that die or sleep in the middle of the work: another one goes on, and nothing is done twice (faults 30-32, 35).
import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { HoldfastProcess } from '../../sandbox/holdfast.ts';
import { eventually, OVER, PRODUCTION, STAGING, type Story, startStory } from '../support/story.ts';

const run = promisify(execFile);

let story: Story;
let workers: HoldfastProcess[];

beforeAll(async () => {
  const { processes, ...started } = await startStory({
    roles: ['bot', 'worker', 'worker'],
    rules: { watchSeconds: 1 },
  });
  story = started;
  workers = processes.slice(1);
});

afterAll(() => story?.end());

/** The worker that has the operation now. */
function holderOf(operation: string): Promise<HoldfastProcess> {
  return eventually(`a worker at ${operation}`, async () => {
    const [row] = await story.sql<{ holder: string | null }>('select holder from holdfast.operations where id = $1', [
      operation,
    ]);
    return workers.find(({ pid }) => row?.holder?.endsWith(`-${pid}`));
  });
}

/** The Heroku CLIs that a process runs. */
async function clisOf({ pid }: HoldfastProcess): Promise<number[]> {
  const { stdout } = await run('ps', ['-A', '-o', 'pid=,ppid=,args=']);
  return stdout.split('\n').flatMap((line) => {
    const [, child, parent, args = ''] = /^\s*(\d+)\s+(\d+)\s+(.*)$/.exec(line) ?? [];
    return Number(parent) === pid && args.includes('heroku') ? [Number(child)] : [];
  });
}

async function isAlive(pid: number): Promise<boolean> {
  const { stdout } = await run('ps', ['-o', 'stat=', '-p', String(pid)]).catch(() => ({ stdout: '' }));
  return stdout.trim() !== '' && !stdout.trim().startsWith('Z');
}

/** Kills the worker, starts another one in its place, and says how long it took until somebody went on. */
async function killAndReplace(operation: string, victim: HoldfastProcess): Promise<void> {
  const before = (await story.journal(operation)).length;
  await victim.kill();
  const killed = Date.now();
  const resumed = eventually(`somebody to go on with ${operation}`, async () => {
    const [row] = await story.sql<{ holder: string | null }>('select holder from holdfast.operations where id = $1', [
      operation,
    ]);
    const moved = (await story.journal(operation)).length > before;
    return moved || (row?.holder != null && !row.holder.endsWith(`-${victim.pid}`));
  });
  await resumed;
  process.stdout.write(`    ${operation} was taken up ${Date.now() - killed} ms after its worker was killed\n`);
  workers = [...workers.filter((worker) => worker !== victim), await story.world.holdfast('worker')];
}

async function adopted(operation: string): Promise<unknown[]> {
  const entries = await story.journal(operation);
  return entries.flatMap(({ type, event }) => (type === 'step_ended' && event['adopted'] ? [event['step']] : []));
}

/** A restore that has been accepted by the provider and is not finished. */
function underWay(app: string, before: readonly string[]): Promise<string> {
  return eventually(`a restore under way at ${app}`, async () => {
    const { transfers } = await story.app(app);
    return transfers.find(
      ({ name, finishedAt }) => name.startsWith('r') && !before.includes(name) && finishedAt === null,
    )?.name;
  });
}

const SLOW_RESTORE = {
  match: { method: 'POST', path: '/restores$' },
  times: 1,
  do: { kind: 'slow', factor: 7 },
} as const;

describe('a worker that is killed', () => {
  it('in the middle of a restore into staging is followed by another one, which adopts the transfer', async () => {
    const before = await story.transfers(STAGING, 'r');
    await story.world.heroku.control.fault(SLOW_RESTORE);
    const operation = await story.asks('alice', '/dr restore staging a001');
    await story.confirms('alice', operation, STAGING);
    const restore = await underWay(STAGING, before);
    const victim = await holderOf(operation);
    const clis = await clisOf(victim);
    expect(clis).toHaveLength(1);
    await killAndReplace(operation, victim);

    await story.until(operation, OVER);
    expect(story.card(operation)).toMatch(/SUCCEEDED/);
    expect((await story.transfers(STAGING, 'r')).filter((name) => !before.includes(name))).toEqual([restore]);
    expect(await adopted(operation)).toContain('s2');
    expect(await story.rows(STAGING)).toBe(4000);
    expect(await Promise.all(clis.map(isAlive))).toEqual([false]);
  });

  it('between the approval and the first change loses neither the approval nor does it change anything twice', async () => {
    const { control } = story.world.heroku;
    const before = (await story.app(PRODUCTION)).releases.length;
    const operation = await story.asks('alice', '/dr rollback v255');
    await control.fault({
      match: { method: 'GET', path: `/${PRODUCTION}/formation$` },
      do: { kind: 'stall', ms: 3_000 },
    });
    await story.agree(operation);
    const victim = await holderOf(operation);
    expect(await story.stateOf(operation)).toBe('queued');
    await victim.kill();
    await control.clearFaults();
    workers = [...workers.filter((worker) => worker !== victim), await story.world.holdfast('worker')];

    await story.until(operation, OVER);
    expect(story.card(operation)).toMatch(/SUCCEEDED/);
    const { releases, currentRelease } = await story.app(PRODUCTION);
    expect(releases).toHaveLength(before + 1);
    expect(releases.find(({ version }) => version === currentRelease)?.description).toBe('Rollback to v255');
    expect((await story.journal(operation)).filter(({ type }) => type === 'started')).toHaveLength(1);
  });

  it('in the middle of loading the candidate is followed by another one, and production is restored once', async () => {
    const before = await story.transfers(PRODUCTION, 'r');
    const { live } = await story.app(PRODUCTION);
    await story.world.heroku.control.fault(SLOW_RESTORE);
    const operation = await story.asks('alice', '/dr restore production a001');
    const restore = await underWay(PRODUCTION, before);
    const victim = await holderOf(operation);
    const clis = await clisOf(victim);
    await story.agree(operation);
    await killAndReplace(operation, victim);

    await story.until(operation, OVER);
    expect(story.card(operation)).toMatch(/SUCCEEDED/);
    expect((await story.transfers(PRODUCTION, 'r')).filter((name) => !before.includes(name))).toEqual([restore]);
    expect(await adopted(operation)).toContain('s2');
    const after = await story.app(PRODUCTION);
    expect(after.live).not.toBe(live);
    expect(after.addons).toHaveLength(2);
    expect(after.maintenance).toBe(false);
    expect(await story.rows(PRODUCTION)).toBe(4000);
    expect(clis.length).toBeGreaterThan(0);
    expect(await Promise.all(clis.map(isAlive))).not.toContain(true);
  });
});

describe('a worker that sleeps longer than its lease', () => {
  it('starts nothing when it wakes up, although it was just about to', async () => {
    const { control } = story.world.heroku;
    const before = await story.transfers(STAGING, 'r');
    const operation = await story.asks('alice', '/dr restore staging a002');
    await story.confirms('alice', operation, STAGING);
    const sleeper = await holderOf(operation);
    // Between the intent and the fence there is only the reading of this list: the worker is caught in it.
    await control.fault({ match: { method: 'GET', path: `/${STAGING}/transfers$` }, do: { kind: 'stall', ms: 700 } });
    await eventually('the intent to restore', async () =>
      (await story.journal(operation)).some(({ type, event }) => type === 'step_started' && event['step'] === 's2'),
    );
    process.kill(sleeper.pid, 'SIGSTOP');
    await control.clearFaults();
    try {
      await story.until(operation, OVER);
    } finally {
      process.kill(sleeper.pid, 'SIGCONT');
    }
    await eventually('the sleeper to notice', async () => /handed on/.test(await readFile(sleeper.logFile, 'utf8')));
    await sleep(1_000);
    expect(story.card(operation)).toMatch(/SUCCEEDED/);
    expect((await story.transfers(STAGING, 'r')).filter((name) => !before.includes(name))).toHaveLength(1);
    expect(await story.rows(STAGING)).toBe(4040);
    // Not adopted: the sleeper had not begun it.
    expect(await adopted(operation)).not.toContain('s2');
    expect(sleeper.running()).toBe(true);
    expect(await clisOf(sleeper)).toEqual([]);
  });
});
