// The steps of the systemd platform on a real host behind ssh: services that get stuck, their journals, and a host that is away.
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { type SandboxHost, startHost } from '../../sandbox/host/start.ts';
import type { Action, ActionName, Args, Run } from '../../src/core/action.ts';
import type { Json } from '../../src/core/json.ts';
import type { Platform } from '../../src/core/platform.ts';
import { Secret } from '../../src/core/secret.ts';
import { System } from '../../src/core/system.ts';
import { systemd } from '../../src/platforms/systemd/platform.ts';

const environment = 'production';
const services = ['postgresql', 'financial-planning-app'];
let there: SandboxHost;
let system: System;
let platform: Platform;

beforeAll(async () => {
  there = await startHost({ days: 1 });
  const file = parse(await readFile(join(import.meta.dirname, '../../systems/financial-planning.yml'), 'utf8'));
  const written = JSON.parse(JSON.stringify(file).replaceAll('REPLACE', 'PLACE'));
  const { address } = there.sshd;
  Object.assign(written.environments.production.settings, {
    host: address,
    hostPath: there.path,
    services: ['financial-planning-app'],
    dataDirectory: join(there.dir, 'postgres', 'data'),
    archives: { place: { kind: 'ssh', address, path: there.backups }, scheduled: 'backup_*.sql.gz' },
  });
  written.logs.watchSeconds = 1;
  system = System.parse(written);
  platform = systemdHere();
});
afterAll(() => there.stop());

beforeEach(async () => {
  for (const unit of services) there.control.breakUnit(unit, null);
  await prepare('services.start', { environment, services }).then(({ action, run }) => action.do(run.args, run.with));
});

function systemdHere(): Platform {
  return systemd({
    workDir: join(there.dir, 'work'),
    path: '/usr/local/bin:/usr/bin:/bin',
    maskingKey: null,
    secretOf: () => new Secret(there.database.url),
  });
}

function runWith(before: Json): Run {
  const signal = AbortSignal.timeout(60_000);
  const quiet = { progress: () => {}, fence: async () => {}, neededBy: async () => null };
  return { system, operation: 'op-41', step: 's1', signal, before, outputs: {}, ...quiet };
}

/** The action with the run that the executor would make: what was before is read first. */
async function prepare<N extends ActionName>(name: N, args: Args<N>) {
  const action = platform.actions[name] as Action<Args<N>> | undefined;
  if (action === undefined) throw new Error(`no action ${name}`);
  const before = (await action.before?.(args, runWith(null))) ?? null;
  return { action, run: { args, with: runWith(before) } };
}

const health = async () => {
  try {
    return (await fetch(there.app.health, { signal: AbortSignal.timeout(5_000) })).status;
  } catch {
    return null;
  }
};

describe('services', () => {
  it('of which the second cannot be stopped are to be taken back, and then run again as before', async () => {
    there.control.breakUnit('postgresql', 'not-allowed');
    const { action, run } = await prepare('services.stop', { environment, services });
    // The door first, so the application is down when the server's unit refuses.
    expect(await action.do(run.args, run.with)).toMatchObject({ is: 'failed', untouched: false });
    expect(await health()).toBeNull();
    if (!('run' in action.undo)) throw new Error('it has no undo');
    const undone = await action.undo.run(run.args, null, run.with);
    expect(undone.says.join(' ')).toContain('financial-planning-app is active and running');
    expect(await health()).toBe(200);
  });

  it('that are stopped are read back, found by a probe, and stopping them again is harmless', async () => {
    const { action, run } = await prepare('services.stop', { environment, services: ['financial-planning-app'] });
    expect(await action.probe(run.args, run.with)).toEqual({ is: 'not_happened' });
    expect(await action.do(run.args, run.with)).toMatchObject({ is: 'done' });
    expect(await action.probe(run.args, run.with)).toMatchObject({ is: 'happened' });
    expect(await action.do(run.args, run.with)).toMatchObject({ is: 'done' });
    expect(await health()).toBeNull();
  });

  it('of which one does not come up are to be taken back', async () => {
    const stop = await prepare('services.stop', { environment, services: ['financial-planning-app'] });
    await stop.action.do(stop.run.args, stop.run.with);
    there.control.breakUnit('financial-planning-app', 'start-fails');
    const { action, run } = await prepare('services.start', { environment, services: ['financial-planning-app'] });
    expect(await action.do(run.args, run.with)).toMatchObject({ is: 'failed', untouched: false });
  });
});

describe('the logs', () => {
  it('are watched for a bounded time', async () => {
    const { action, run } = await prepare('logs.watch', { environment });
    const outcome = await action.do(run.args, run.with);
    expect(outcome).toMatchObject({ is: 'done' });
    expect(outcome.evidence.says.join(' ')).toMatch(/^1 s watched, \d+ lines/);
  });
});

describe('a host that is away', () => {
  it('does not stand in the way of its own recovery: its facts are unknown, and it can be planned for', async () => {
    const { settings } = system.environments[environment] ?? {};
    const away = { ...there.sshd.address, port: 1 };
    const backups = { kind: 'directory', path: there.backups };
    const elsewhere = {
      ...settings,
      host: away,
      archives: { place: backups, scheduled: 'backup_*.sql.gz' },
    };
    const gone = System.parse({
      ...system,
      environments: {
        ...system.environments,
        [environment]: { ...system.environments[environment], settings: elsewhere },
      },
    });
    const facts = await systemdHere().facts(gone, environment);
    expect(facts.target.identity).toBe('unreachable: production of financial-planning');
    expect(facts.surveyProblem).not.toBeNull();
    expect(facts.backups.length).toBeGreaterThan(0);
    expect(facts.window).toBeNull();
  });
});
