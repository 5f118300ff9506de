// Units on a host behind ssh: started, stopped and read back, also when they fail in systemd's ways.
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type SandboxHost, startHost } from '../../sandbox/host/start.ts';
import { Fault, Refusal } from '../../src/core/errors.ts';
import { sshHost } from '../../src/lib/ssh.ts';
import { readJournal, readUnits, startUnits, stopUnits, type Units } from '../../src/platforms/systemd/units.ts';

let there: SandboxHost;
let units: Units;
beforeAll(async () => {
  there = await startHost({ days: 1 });
  const host = sshHost({
    address: there.sshd.address,
    path: '/usr/bin:/bin',
    remotePath: there.path,
    refuse: (...all) => new Refusal(...all),
  });
  units = { host, sudo: false };
});
afterAll(() => there.stop());

const signal = new AbortController().signal;
const both = ['postgresql', 'financial-planning-app'];
const state = async (name: string) => (await readUnits(units, [name], signal))[0];
const health = async () => {
  try {
    return (await fetch(there.app.health, { signal: AbortSignal.timeout(5_000) })).status;
  } catch {
    return null;
  }
};

beforeEach(async () => {
  for (const name of both) there.control.breakUnit(name, null);
  await there.control.breakApp(null);
  await startUnits(units, both, { signal });
});

describe('units', () => {
  it('are read with their process', async () => {
    const [postgresql, app] = await readUnits(units, both, signal);
    expect(postgresql).toMatchObject({ load: 'loaded', active: 'active', sub: 'running', result: 'success' });
    expect(app?.mainPid).toBeGreaterThan(0);
    expect(() => process.kill(app?.mainPid ?? 0, 0)).not.toThrow();
  });

  it('are stopped and started in order, and what they run really ends and comes back', async () => {
    expect(await health()).toBe(200);
    const stopped = await stopUnits(units, both.toReversed(), { signal });
    expect(stopped.map(({ unit, active, mainPid }) => [unit, active, mainPid])).toEqual([
      ['financial-planning-app', 'inactive', 0],
      ['postgresql', 'inactive', 0],
    ]);
    expect(await health()).toBeNull();
    await expect(there.control.sql('select 1')).rejects.toThrow('ECONNREFUSED');
    await startUnits(units, both, { signal });
    expect(await health()).toBe(200);
  });

  it('that are so already stay as they are', async () => {
    const before = await readUnits(units, both, signal);
    expect(await startUnits(units, both, { signal })).toEqual(before);
  });

  it('that systemd does not know are refused by name', async () => {
    expect(await state('nobody')).toMatchObject({ load: 'not-found', active: 'inactive' });
    for (const act of [startUnits, stopUnits]) {
      await expect(act(units, ['nobody'], { signal })).rejects.toMatchObject({
        code: 'unit-not-loaded',
        why: expect.stringContaining('nobody'),
      });
    }
  });

  it('are never an option or a pattern', async () => {
    for (const name of ['--now', '-H root@elsewhere', 'postgres*', 'a b', '']) {
      await expect(startUnits(units, [name], { signal })).rejects.toThrow('the name of a systemd unit');
    }
  });

  it('whose start fails are told with the end of their journal, and those after them are left alone', async () => {
    await stopUnits(units, both.toReversed(), { signal });
    there.control.breakUnit('postgresql', 'start-fails');
    const failure: unknown = await startUnits(units, both, { signal }).catch((thrown: unknown) => thrown);
    expect(failure).toBeInstanceOf(Fault);
    expect(String(failure)).toContain('starting postgresql on 127.0.0.1: it is failed (failed, exit-code)');
    expect(String(failure)).toContain("Failed with result 'exit-code'");
    expect(await state('financial-planning-app')).toMatchObject({ active: 'inactive' });
  });

  it('of a database with a spoilt control file fail with what PostgreSQL says', async () => {
    const own = await startHost({ days: 1 });
    const at = {
      host: sshHost({
        address: own.sshd.address,
        path: '/usr/bin:/bin',
        remotePath: own.path,
        refuse: (...all) => new Refusal(...all),
      }),
      sudo: false,
    };
    await own.control.corruptControlFile();
    const failure: unknown = await startUnits(at, ['postgresql'], { signal }).catch((thrown: unknown) => thrown);
    expect(String(failure)).toContain('it is failed');
    const journal = await readJournal(at, { unit: 'postgresql', since: new Date(0).toISOString(), lines: 20 }, signal);
    expect(journal.join('\n')).toMatch(/control file|pg_control/);
    await own.stop();
  });

  it('that never come up are given up after the time that they were given', async () => {
    await stopUnits(units, ['financial-planning-app'], { signal });
    there.control.breakUnit('financial-planning-app', 'stays-activating');
    const given = startUnits(units, ['financial-planning-app'], { signal, patienceSeconds: 3 });
    await expect(given).rejects.toThrow('it is activating (start');
    there.control.breakUnit('financial-planning-app', null);
    await stopUnits(units, ['financial-planning-app'], { signal });
  });

  it('that died by themselves are failed, and are started again', async () => {
    await there.control.breakApp('dies');
    await sleep(200);
    expect(await state('financial-planning-app')).toMatchObject({ active: 'failed', mainPid: 0, result: 'signal' });
    await startUnits(units, ['financial-planning-app'], { signal });
    expect(await health()).toBe(200);
  });

  it('that we may not stop are refused with what to allow, and go on', async () => {
    there.control.breakUnit('postgresql', 'not-allowed');
    await expect(stopUnits(units, ['postgresql'], { signal })).rejects.toMatchObject({
      code: 'unit-not-allowed',
      next: expect.stringContaining('NOPASSWD'),
    });
    expect(await state('postgresql')).toMatchObject({ active: 'active' });
  });
});

describe('the journal', () => {
  it('of a unit is read from a moment on, and no further back than asked', async () => {
    const since = new Date(Date.now() - 1_000).toISOString();
    await health();
    await health();
    const asked = { unit: 'financial-planning-app', since, lines: 50 };
    const journal = await readJournal(units, asked, signal);
    expect(journal.at(-1)).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\+0000 sandbox .*GET \/api\/v1\/health 200$/);
    expect(await readJournal(units, { ...asked, lines: 1 }, signal)).toHaveLength(1);
    const later = new Date(Date.now() + 60_000).toISOString();
    expect(await readJournal(units, { ...asked, since: later }, signal)).toEqual([]);
  });

  it('shows what an unhealthy application has logged', async () => {
    const since = new Date(Date.now() - 1_000).toISOString();
    await there.control.breakApp('errors');
    expect(await health()).toBe(500);
    const journal = await readJournal(units, { unit: 'financial-planning-app', since, lines: 5 }, signal);
    expect(journal.at(-1)).toContain('ERROR GET /api/v1/health 500');
  });
});
