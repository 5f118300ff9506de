// Store, queue, Slack and Holdfast itself go away and come back: nothing is lost, nothing is told twice.
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { HoldfastProcess } from '../../sandbox/holdfast.ts';
import { eventually, OVER, STAGING, type Story, startStory } from '../support/story.ts';

const run = promisify(execFile);

let story: Story;
let holdfast: HoldfastProcess;

beforeAll(async () => {
  const { processes, ...started } = await startStory({ rules: { updateMinutes: 3 / 60, watchSeconds: 1 } });
  story = started;
  [holdfast] = processes as [HoldfastProcess];
});

afterAll(() => story?.end());

describe('the store', () => {
  it('that is down lets nobody believe that a command was taken: within 3 s they are told that it was NOT queued', async () => {
    await story.world.store.kill();
    const began = performance.now();
    const answer = await story.types('alice', '/dr restore staging a001');
    const seconds = (performance.now() - began) / 1000;
    await story.world.store.restart();
    expect(answer).toMatch(/NOT queued.*Next:.*Type it again/s);
    expect(seconds).toBeLessThan(3);
    const rows = await story.sql('select 1 from holdfast.commands');
    expect(rows).toEqual([]);
    expect(await story.types('alice', '/dr status')).toMatch(/grayledger/i);
  });
});

describe('the queue', () => {
  it('that is down lets a command be taken, which starts late and runs within seconds once it is back', async () => {
    await story.world.queue.kill();
    const answer = await story.types('alice', '/dr verify');
    expect(answer).toMatch(/Planned as op-\d+.*will start late/s);
    const [operation = ''] = /op-\d+/.exec(answer) ?? [];
    expect(await story.stateOf(operation)).toBe('queued');
    const ready = async () => await (await fetch(`${holdfast.healthUrl}/readyz`)).text();
    expect(await ready()).toBe('store: ok\nqueue: away\nslack: ok\n');
    const metrics = await (await fetch(`${holdfast.healthUrl}/metrics`)).text();
    expect(metrics).toContain('holdfast_operations_open{system="grayledger",state="queued"} 1');
    const queue = await (await fetch(`${holdfast.healthUrl}/queue`)).json();
    expect(queue).toMatchObject({ lanes: null, operations: [{ system: 'grayledger', state: 'queued' }] });
    await story.world.queue.restart();
    const back = Date.now();
    await eventually('the late operation', async () => (await story.stateOf(operation)) === 'succeeded');
    expect(await ready()).toBe('store: ok\nqueue: ok\nslack: ok\n');
    process.stdout.write(`    ${operation} ran ${Date.now() - back} ms after the queue was back\n`);
  });
});

describe('Slack', () => {
  it('that is down does not hold up the work; afterwards the card is right and no note stands there twice', async () => {
    const { faults } = story.world.slack;
    const operation = await story.asks('alice', '/dr restore staging a001');
    await story.until(operation, ['PLANNED']);
    // The first note arrives although its sender does not hear of it.
    faults.next('chat.postMessage', { is: 'lost-reply' });
    await story.confirms('alice', operation, STAGING);
    await story.people.waitFor('the first note', () => story.notes(operation).length === 1);
    faults.always('*', { is: 'http', status: 503 });
    await eventually('the end of the restore', async () => (await story.stateOf(operation)) === 'succeeded', 30_000);
    const inTheDark = story.card(operation);
    faults.clear();
    expect(inTheDark).not.toMatch(/SUCCEEDED/);
    expect(await story.rows(STAGING)).toBe(4000);
    await story.until(operation, ['SUCCEEDED']);
    await eventually('all notes', async () => {
      const open = await story.sql("select 1 from holdfast.outbox where subject = $1 and state in ('due', 'begun')", [
        operation,
      ]);
      return open.length === 0;
    });
    const notes = story.notes(operation);
    expect(new Set(notes).size).toBe(notes.length);
    expect(notes.some((text) => /confirmed op-\d+ by typing/.test(text))).toBe(true);
    expect(notes.some((text) => /ended: \*?SUCCEEDED/.test(text))).toBe(true);
    expect(story.cards(operation)).toHaveLength(1);
  });
});

describe('Holdfast', () => {
  it('that is killed goes on with the status updates when it is back: none twice, and a last one', {
    timeout: 240_000,
  }, async () => {
    const operation = await story.asks('alice', '/dr rollback v255');
    const updates = (least: number) =>
      story.people.waitFor(`${least} updates`, () => story.updates(operation).length >= least, {
        // An update that was under way at the kill counts as in flight for half a minute, and those behind it wait.
        timeoutMs: 60_000,
      });
    await updates(1);
    await holdfast.kill();
    const before = story.updates(operation).length;
    holdfast = await story.world.holdfast();
    await updates(before + 2);
    await story.clicks('bob', operation, 'Deny');
    await story.people.waitFor('the last update', () => story.updates(operation).some((text) => /^Last/.test(text)), {
      timeoutMs: 60_000,
    });
    const numbers = story.updates(operation).map((text) => /^(?:Update \d+|Last update)/.exec(text)?.[0]);
    expect(new Set(numbers).size).toBe(numbers.length);
    expect(numbers.at(-1)).toBe('Last update');
  });

  it('that is told to stop is gone within 15 s with its children, and the work goes on in the next one', async () => {
    const { control } = story.world.heroku;
    const before = await story.transfers(STAGING, 'r');
    await control.fault({ match: { method: 'POST', path: '/restores$' }, times: 1, do: { kind: 'slow', factor: 8 } });
    const operation = await story.asks('alice', '/dr restore staging a002');
    await story.confirms('alice', operation, STAGING);
    await eventually('the restore', async () => (await story.transfers(STAGING, 'r')).length > before.length);
    const children = await childrenOf(holdfast.pid);
    expect(children.length).toBeGreaterThan(0);
    const told = Date.now();
    process.kill(holdfast.pid, 'SIGTERM');
    await eventually('the end of the process', async () => !holdfast.running(), 15_000);
    process.stdout.write(`    the process ended ${Date.now() - told} ms after SIGTERM\n`);
    expect(await Promise.all(children.map(isAlive))).not.toContain(true);

    holdfast = await story.world.holdfast();
    expect(await story.until(operation, OVER)).toMatch(/SUCCEEDED/);
    expect(await story.transfers(STAGING, 'r')).toHaveLength(before.length + 1);
    expect(await story.rows(STAGING)).toBe(4040);
  });
});

async function childrenOf(parent: number): Promise<number[]> {
  const { stdout } = await run('ps', ['-A', '-o', 'pid=,ppid=']);
  return stdout.split('\n').flatMap((line) => {
    const [pid, ppid] = line.trim().split(/\s+/).map(Number);
    return ppid === parent && pid !== undefined ? [pid] : [];
  });
}

async function isAlive(pid: number): Promise<boolean> {
  const { stdout } = await run('ps', ['-o', 'stat=', '-p', String(pid)]).catch(() => ({ stdout: '' }));
  return stdout.trim() !== '' && !stdout.trim().startsWith('Z');
}
