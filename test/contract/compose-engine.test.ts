// How Holdfast drives a compose project: on a real engine, with the real docker-compose, over a socket and over ssh.
import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { promisify } from 'node:util';
import { gunzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startEngine } from '../../sandbox/compose/engine.ts';
import { type Sshd, startSshd } from '../../sandbox/host/sshd.ts';
import { Fault } from '../../src/core/errors.ts';
import { type Compose, openCompose } from '../../src/platforms/compose/compose-cli.ts';
import { containersOf } from '../../src/platforms/compose/containers.ts';
import { type Bench, startBench } from '../support/compose-engine.ts';

const run = promisify(execFile);
const SERVICES = ['web', 'celery', 'celery-beat'];

let bench: Bench;
let compose: Compose;

beforeAll(async () => {
  bench = await startBench();
  compose = await bench.openCompose();
});
afterAll(() => bench?.stop());

const signal = () => AbortSignal.timeout(90_000);
const quick = () => ({ signal: signal(), watchMs: 500 });
const start = (...services: string[]) => compose.start(services, quick());
const stop = (...services: string[]) => compose.stop(services, { signal: signal(), graceSeconds: 3 });

async function stateOf(service: string) {
  const [container] = (await compose.ps(signal())).filter((one) => one.service === service);
  if (container === undefined) throw new Error(`${service} has no container`);
  return container;
}

/** The containers that had an event since a moment, in its order. */
async function eventsSince(moment: number, event: 'die' | 'start'): Promise<string[]> {
  const range = ['--since', (moment / 1000).toFixed(3), '--until', (Date.now() / 1000 + 0.1).toFixed(3)];
  const format = ['--filter', `event=${event}`, '--format', '{{.Actor.Attributes.name}}'];
  return (await bench.sandbox.docker(['events', ...range, ...format])).trim().split('\n');
}

describe('the services of a project', () => {
  it('are read with their state and health from the engine', async () => {
    await start('web');
    const containers = await compose.ps(signal());
    expect(
      containers.map(({ service, name, state, health, restarts }) => [service, name, state, health, restarts]),
    ).toEqual([
      ['celery', 'provote_celery_1', 'running', null, 0],
      ['celery-beat', 'provote_celery-beat_1', 'running', null, 0],
      ['db', 'provote_db_1', 'running', 'healthy', 0],
      ['web', 'provote_web_1', 'running', 'healthy', 0],
    ]);
    expect(containers[2]?.volumes.toSorted()).toEqual(['provote_postgres_data', 'provote_wal_archive']);
    expect(containers[2]?.networks).toEqual(['provote_default']);
  });

  it('are stopped in the order given, and none of them runs then', async () => {
    const since = Date.now();
    const stopped = await stop(...SERVICES);
    expect(stopped.map(({ service, state }) => [service, state])).toEqual(SERVICES.map((name) => [name, 'exited']));
    expect(await eventsSince(since, 'die')).toEqual(SERVICES.map((name) => `provote_${name}_1`));
    expect((await stateOf('db')).state).toBe('running');
  });

  it('are left alone when they are stopped already', async () => {
    const before = await compose.ps(signal());
    await stop(...SERVICES);
    expect(await compose.ps(signal())).toEqual(before);
  });

  it('are started in the order given, and are up and healthy then', async () => {
    const since = Date.now();
    const order = SERVICES.toReversed();
    const started = await start(...order);
    expect(started.map(({ service, state }) => [service, state])).toEqual(order.map((name) => [name, 'running']));
    expect(await eventsSince(since, 'start')).toEqual(order.map((name) => `provote_${name}_1`));
    expect(started.find(({ service }) => service === 'web')?.health).toBe('healthy');
  });

  it('are seen as ended when somebody kills their container', async () => {
    await bench.provote.control.kill('celery');
    expect(await stateOf('celery')).toMatchObject({ state: 'exited', exitCode: 137 });
    await start('celery');
  });

  it('count as started only when they have become healthy, however long that takes', async () => {
    await bench.provote.control.slowStart(2);
    await stop('web');
    const [web] = await start('web');
    await bench.provote.control.slowStart(0);
    expect(web).toMatchObject({ state: 'running', health: 'healthy' });
    expect((await fetch(`${bench.provote.webUrl}/health/`)).status).toBe(200);
  });

  it('are a fault with the last line of the log when a container dies right after its start', async () => {
    await bench.provote.control.crashAtStart('celery');
    await stop('celery');
    // As long as the product watches by default: on a busy machine it takes a moment until it dies.
    const failed = compose.start(['celery'], { signal: signal() });
    await expect(failed).rejects.toThrow(Fault);
    await expect(failed).rejects.toThrow(
      /^while starting celery of provote: provote_celery_1 ended .*; its log ends: celery: ImproperlyConfigured/,
    );
    await bench.provote.control.mendStart('celery');
    await stop('celery');
    await start('celery');
  });

  it('are a fault when their health check does not come to say healthy', async () => {
    await bench.provote.control.breakHealth();
    await stop('web');
    const failed = compose.start(['web'], { signal: signal(), watchMs: 500, healthyWithinMs: 2_000 });
    await expect(failed).rejects.toThrow(/^while starting web of provote: provote_web_1 was not healthy within 2 s/);
    await bench.provote.control.mendHealth();
    await start('web');
  });

  it('are refused by a name that the project does not have, before anything is done', async () => {
    const before = await compose.ps(signal());
    for (const name of ['nginx', '--all', '', 'web celery']) {
      const refused = { name: 'Refusal', code: 'unknown-service', next: expect.stringContaining('celery-beat') };
      await expect(stop('web', name)).rejects.toMatchObject(refused);
      await expect(start(name)).rejects.toMatchObject(refused);
      await expect(compose.up([name], quick())).rejects.toMatchObject(refused);
      await expect(compose.remove([name], { signal: signal() })).rejects.toMatchObject(refused);
      await expect(compose.logs(name, { signal: signal() })).rejects.toMatchObject(refused);
      await expect(compose.exec(name, ['id'], { signal: signal() })).rejects.toMatchObject(refused);
    }
    expect(await compose.ps(signal())).toEqual(before);
  });
});

describe('a command inside a service', () => {
  it('runs without a terminal, and its exit code is returned', async () => {
    const script = 'if [ -t 0 ] || [ -t 1 ]; then echo a terminal; fi; echo said; echo wrong >&2; exit 7';
    const ran = await compose.exec('db', ['sh', '-c', script], { signal: signal() });
    expect(ran).toMatchObject({ code: 7, stdout: 'said\n' });
    expect(ran.stderr).toContain('wrong');
  });

  it('migrates the database once', async () => {
    const migrate = ['python', 'manage.py', 'migrate', '--settings=config.settings.production'];
    await bench.provote.query('alter table polls_poll drop column is_archived');
    await bench.provote.query("delete from django_migrations where name = '0003_poll_is_archived'");
    expect((await fetch(`${bench.provote.webUrl}/health/`)).status).toBe(503);
    const first = await compose.exec('web', migrate, { signal: signal() });
    const second = await compose.exec('web', migrate, { signal: signal() });
    expect([first.code, second.code]).toEqual([0, 0]);
    expect(first.stdout).toContain('Applying polls.0003_poll_is_archived... OK');
    expect(second.stdout).toContain('No migrations to apply.');
    expect((await fetch(`${bench.provote.webUrl}/health/`)).status).toBe(200);
  });
});

describe('the log of a service', () => {
  const say = (script: string) =>
    bench.sandbox.docker(['run', '--name', 'provote_chatter_1', ...LABELS, 'provote/web', 'sh', '-c', script]);
  const LABELS = ['project=provote', 'service=celery', 'oneoff=False'].flatMap((label) => [
    '--label',
    `com.docker.compose.${label}`,
  ]);

  it('is read to its newest lines, oldest first, of both streams and of every container', async () => {
    await say('for n in 1 2 3 4 5 6 7 8 9; do echo out $n; echo err $n >&2; sleep 0.05; done');
    const lines = await compose.logs('celery', { signal: signal(), lines: 4 });
    await bench.sandbox.docker(['rm', 'provote_chatter_1']);
    expect(lines.map((line) => line.replace(/^\S+ /, '')).toSorted()).toEqual(['err 8', 'err 9', 'out 8', 'out 9']);
    expect(lines).toEqual(lines.toSorted());
  });

  it('is limited in size, and begins with a whole line', async () => {
    await say('n=0; while [ $n -lt 400 ]; do echo "line $n of some length that fills the buffer"; n=$((n + 1)); done');
    const lines = await compose.logs('celery', { signal: signal(), lines: 1000, characters: 4_000 });
    await bench.sandbox.docker(['rm', 'provote_chatter_1']);
    const chatter = lines.filter((line) => line.includes('of some length'));
    expect(chatter.length).toBeGreaterThan(20);
    expect(chatter.join('\n').length).toBeLessThanOrEqual(4_000);
    for (const line of chatter)
      expect(line).toMatch(/^\d{4}-\d\d-\d\dT\S+Z line \d+ of some length that fills the buffer$/);
    expect(chatter.at(-1)).toContain('line 399');
  });
});

describe('Compose on this machine', () => {
  // Debian has no version 2: this stands in for its spelling alone, what acts is the real docker-compose.
  const VERSION_2 = `#!/bin/sh
if [ "$1" != compose ]; then exec /usr/bin/docker "$@"; fi
shift
case "$*" in *version*) echo v2.99.0 ;; *) exec /usr/bin/docker-compose "$@" ;; esac
`;
  const WITHOUT = '#!/bin/sh\necho "docker: \'compose\' is not a docker command." >&2\nexit 1\n';

  it('is found as docker-compose where the newer spelling is missing', () => {
    expect(compose.spelling).toMatchObject({ program: 'docker-compose', words: [], version: /^1\./ });
    expect(compose.services.toSorted()).toEqual(['celery', 'celery-beat', 'db', 'web']);
  });

  it('is preferred as docker compose, with the same project behind it', async () => {
    const newer = await bench.openCompose({ path: await bench.pathWith('docker', VERSION_2) });
    expect(newer.spelling).toEqual({ program: 'docker', words: ['compose'], version: '2.99.0' });
    await newer.stop(['celery'], { signal: signal(), graceSeconds: 3 });
    expect((await stateOf('celery')).state).toBe('exited');
    expect(await newer.start(['celery'], quick())).toMatchObject([{ service: 'celery', state: 'running' }]);
  });

  it('is refused with what to install when there is neither', async () => {
    const path = (await bench.pathWith('docker', WITHOUT)).split(':')[0] ?? '';
    const refused = bench.openCompose({ path });
    await expect(refused).rejects.toMatchObject({
      name: 'Refusal',
      code: 'no-compose',
      next: expect.stringContaining('docker-compose'),
    });
  });

  it('is refused when it cannot read the files of the project', async () => {
    const refused = bench.openCompose({ settings: { files: ['docker/none.yml'] } });
    await expect(refused).rejects.toMatchObject({ name: 'Refusal', code: 'bad-compose-file' });
    await expect(refused).rejects.toThrow('none.yml');
  });

  it('is not believed: neither when it says 0 and did nothing, nor when it says 1 and did it', async () => {
    const does = (what: string) =>
      `#!/bin/sh\ncase "$*" in *version*|*config*) ;; *) ${what} ;; esac\nexec ${REAL} "$@"\n`;
    const REAL = '/usr/bin/docker-compose';
    const idle = await bench.openCompose({ path: await bench.pathWith('docker-compose', does('exit 0')) });
    const failing = await bench.openCompose({
      path: await bench.pathWith('docker-compose', does(`${REAL} "$@"; exit 1`)),
    });
    const options = { signal: signal(), graceSeconds: 3 };
    const stopping = 'while stopping celery of provote: provote_celery_1 is still running';
    await expect(idle.stop(['celery'], options)).rejects.toThrow(stopping);
    expect(await failing.stop(['celery'], options)).toMatchObject([{ state: 'exited' }]);
    const starting = /^while starting celery of provote: provote_celery_1 ended with exit code \d+; its log ends: /;
    await expect(idle.start(['celery'], quick())).rejects.toThrow(starting);
    expect(await failing.start(['celery'], quick())).toMatchObject([{ state: 'running' }]);
  });

  it('sees nothing of the environment, nor of the home, of whoever started Holdfast', async () => {
    const path = await bench.pathWith('docker-compose', '#!/bin/sh\nexec /usr/bin/env >&2\n');
    const engine = await bench.openEngine({ path });
    const { stderr } = await engine.run('looking', 'docker-compose', [], { signal: signal() });
    const names = stderr.split('\n').map((line) => line.split('=')[0]);
    const own = ['COMPOSE_ANSI', 'DOCKER_HOST', 'HOME', 'LC_ALL', 'PATH', 'TZ'];
    expect(names.filter((name) => name !== '' && name !== 'PWD').toSorted()).toEqual(own);
    expect(stderr).toContain(`HOME=${bench.dir}/home-`);
  });
});

describe('an engine behind ssh', () => {
  let sshd: Sshd;
  beforeAll(async () => {
    sshd = await startSshd();
  });
  afterAll(() => sshd?.end());

  const open = () =>
    bench.openEngine({ engine: { ...sshd.address, socket: bench.sandbox.host.slice('unix://'.length) } });

  it('is used by docker and by Compose as a local one is', async () => {
    const engine = await open();
    expect(engine.name).toBe(`ssh://${sshd.address.user}@127.0.0.1`);
    const far = await openCompose(engine, bench.settings, signal());
    expect(await far.ps(signal())).toEqual(await compose.ps(signal()));
    expect(await far.stop(['celery'], { signal: signal(), graceSeconds: 3 })).toMatchObject([{ state: 'exited' }]);
    expect(await far.start(['celery'], quick())).toMatchObject([{ service: 'celery', state: 'running' }]);
  });

  it('is refused when its host shows another key than the known one', async () => {
    await sshd.changeHostKey();
    const refused = containersOf(await open(), 'provote', signal());
    await expect(refused).rejects.toMatchObject({ name: 'Refusal', code: 'host-key-changed' });
  });

  it('is a refusal that names the host when that does not answer', async () => {
    await sshd.stop();
    const refused = containersOf(await open(), 'provote', signal());
    await expect(refused).rejects.toMatchObject({ name: 'Refusal', code: 'host-unreachable' });
  });
});

describe('a lost database', () => {
  it('is found gone, and comes up empty in a new volume without any other service being touched', async () => {
    const [volume, archive] = await compose.volumes(signal());
    expect(volume).toMatchObject({ name: 'provote_postgres_data', key: 'postgres_data' });
    await bench.provote.control.loseDatabase();
    expect(await compose.volumes(signal())).toEqual([archive]);
    expect((await compose.ps(signal())).map(({ service }) => service)).toEqual(['celery', 'celery-beat', 'web']);
    await expect(start('db')).rejects.toThrow('starting db of provote: it has no container');

    const others = (await compose.ps(signal())).map(({ id, startedAt }) => [id, startedAt]);
    expect(await compose.up(['db'], quick())).toMatchObject([{ service: 'db', state: 'running', health: 'healthy' }]);
    expect(await bench.provote.query('select from pg_tables where tablename like $$polls%$$')).toEqual([]);
    const now = (await compose.ps(signal())).filter(({ service }) => service !== 'db');
    expect(now.map(({ id, startedAt }) => [id, startedAt])).toEqual(others);
  });

  it('has daily backups that are whole, and a newer one that was made before a migration', async () => {
    const { backups, backupsDir, preMigration } = bench.provote;
    const polls: number[] = [];
    for (const name of [...backups, preMigration]) {
      const text = gunzipSync(await readFile(join(backupsDir, name))).toString();
      expect(text).toContain('PostgreSQL database dump complete');
      polls.push(rowsOf(text, 'polls_poll'));
    }
    expect(polls).toEqual(polls.toSorted((a, b) => a - b));
    for (const name of backups) expect(name).toMatch(/^backup_\d{8}_\d{6}\.sql\.gz$/);
    expect(preMigration).toMatch(/^pre_migration_\d{8}_\d{6}\.sql\.gz$/);
    expect(preMigration.slice(-22) > (backups.at(-1) ?? '').slice(-22)).toBe(true);
  });
});

describe('the removal of a service', () => {
  it('takes its containers and leaves the volumes', async () => {
    await compose.remove(['celery', 'db'], { signal: signal(), graceSeconds: 3 });
    expect((await compose.ps(signal())).map(({ service }) => service)).toEqual(['celery-beat', 'web']);
    expect(await compose.volumes(signal())).toHaveLength(2);
    await compose.up(['db', 'celery'], quick());
  });
});

describe('an engine', () => {
  it('that is gone is a fault that names it, and is read again when it is back', async () => {
    await bench.sandbox.kill();
    const gone = compose.ps(signal());
    await expect(gone).rejects.toThrow(Fault);
    await expect(gone).rejects.toThrow(`while reading the containers of provote on the engine ${bench.sandbox.host}: `);
    await expect(stop('web')).rejects.toThrow(bench.sandbox.host);
    await bench.sandbox.restart();
    // What was running comes back by its restart policy.
    await expect.poll(async () => (await stateOf('celery-beat')).state, { timeout: 20_000 }).toBe('running');
  });

  it('of the sandbox leaves nothing behind, even when the process that started it is killed', async () => {
    const script = `const { startEngine } = await import(${JSON.stringify(join(import.meta.dirname, '../../sandbox/compose/engine.ts'))});
      const engine = await startEngine();
      console.log(engine.dir);
      process.kill(process.pid, 'SIGKILL');`;
    const killed = await run(process.execPath, ['--input-type=module', '--eval', script]).catch((error) => error);
    const dir = String(killed.stdout).trim();
    expect(existsSync(dir)).toBe(true);
    const next = await startEngine();
    await next.stop();
    expect(await tracesOf(dir)).toEqual([]);
    expect(await tracesOf(next.dir)).toEqual([]);
    expect((await tracesOf(bench.sandbox.dir)).length).toBeGreaterThan(0);
    await bench.stop();
    expect(await tracesOf(bench.sandbox.dir)).toEqual([]);
  });
});

/** How many rows a plain dump has for a table. */
function rowsOf(dump: string, table: string): number {
  const lines = dump.split('\n');
  const first = lines.findIndex((line) => line.startsWith(`COPY public.${table} `)) + 1;
  return lines.indexOf('\\.', first) - first;
}

/** Whatever an engine may leave on a machine: its directory, mounts, control groups, processes. */
async function tracesOf(dir: string): Promise<string[]> {
  const name = basename(dir);
  const files = (await readdir(tmpdir())).filter((entry) => entry === name);
  const mounts = (await readFile('/proc/self/mounts', 'utf8')).split('\n').filter((line) => line.includes(name));
  const groups = await run('find', ['/sys/fs/cgroup', '-name', name]).catch((error) => error);
  const processes = (await run('ps', ['-A', '-o', 'args='])).stdout.split('\n').filter((line) => line.includes(name));
  return [...files, ...mounts, ...String(groups.stdout).split('\n').filter(Boolean), ...processes];
}
