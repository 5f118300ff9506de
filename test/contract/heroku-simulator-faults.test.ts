// The simulated Heroku fails, stalls and lies when it is told to, and can be looked at from its own side.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { execa } from 'execa';
import pg from 'pg';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { cliEnvironment } from '../../sandbox/heroku/cli-environment.ts';
import { type SimulatedHeroku, startHeroku } from '../../sandbox/heroku/start.ts';
import { type PostgresServer, startPostgres } from '../../sandbox/servers/postgres.ts';

const PRODUCTION = 'grayledger-production';
const STAGING = 'grayledger-staging';
const HEROKU = join(import.meta.dirname, '../../node_modules/.bin/heroku');

type Answer = { status: number; headers: Headers; body: Record<string, unknown> };

let dir: string;
let postgres: PostgresServer;
let heroku: SimulatedHeroku;

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'holdfast-heroku-'));
  postgres = await startPostgres();
  heroku = await startHeroku({ postgres: postgres.url, dir, pace: 'fast' });
});

afterEach(() => heroku.control.clearFaults());

afterAll(async () => {
  await heroku?.stop();
  await postgres?.stop();
  await rm(dir, { recursive: true, force: true });
});

async function api(method: string, path: string, body?: unknown, key = heroku.apiKey): Promise<Answer> {
  const init = {
    method,
    headers: { Authorization: `Bearer ${key}` },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  };
  const response = await fetch(new URL(path, heroku.url), init);
  return {
    status: response.status,
    headers: response.headers,
    body: (await response.json()) as Record<string, unknown>,
  };
}

const transfersOf = (app: string) => `/client/v11/apps/${app}/transfers`;

async function databaseOf(app: string): Promise<string> {
  const { body } = await api('GET', `/apps/${app}/addons`);
  return (body as unknown as { id: string }[])[0]?.id ?? '';
}

async function restoreToStaging(num: number): Promise<Record<string, unknown>> {
  const backup = await api('GET', `${transfersOf(PRODUCTION)}/${num}`);
  const path = `/client/v11/databases/${await databaseOf(STAGING)}/restores`;
  return (await api('POST', path, { backup_url: backup.body['to_url'] })).body;
}

async function finished(app: string, uuid: unknown): Promise<Record<string, unknown>> {
  for (;;) {
    const { body } = await api('GET', `${transfersOf(app)}/${uuid}?verbose=true`);
    if (body['finished_at'] !== null) return body;
    await sleep(50);
  }
}

async function entries(app: string): Promise<unknown> {
  const response = await fetch(`${heroku.apps[app]?.web}/health`);
  return ((await response.json()) as Record<string, unknown>)['entries'];
}

const stateOf = async (app: string) => (await heroku.control.state()).apps[app];

describe('the API', () => {
  it('refuses a wrong key with 401 and an unknown app with 404, in Heroku words', async () => {
    const wrong = await api('GET', `/apps/${PRODUCTION}`, undefined, 'HRKU-wrong');
    expect(wrong).toMatchObject({
      status: 401,
      body: { id: 'unauthorized', message: 'Invalid credentials provided.' },
    });
    const unknown = await api('GET', '/apps/nope');
    expect(unknown).toMatchObject({ status: 404, body: { id: 'not_found', message: "Couldn't find that app." } });
    expect(Number(unknown.headers.get('ratelimit-remaining'))).toBeGreaterThan(0);
  });

  it('pages releases by version', async () => {
    const headers = { Authorization: `Bearer ${heroku.apiKey}`, Range: 'version ..; max=2, order=desc' };
    const first = await fetch(new URL(`/apps/${PRODUCTION}/releases`, heroku.url), { headers });
    expect(first.status).toBe(206);
    const next = first.headers.get('next-range') ?? '';
    const second = await fetch(new URL(`/apps/${PRODUCTION}/releases`, heroku.url), {
      headers: { ...headers, Range: next },
    });
    expect((await second.json()) as unknown).toMatchObject([{ version: 254 }, { version: 253 }]);
  });

  it('hands out a dump only at an address it signed', async () => {
    const { body } = await api('POST', `${transfersOf(PRODUCTION)}/7/actions/public-url`);
    const url = String(body['url']);
    const whole = await fetch(url, { method: 'HEAD' });
    expect(whole.status).toBe(200);
    const part = await fetch(url, { headers: { Range: 'bytes=0-4' } });
    expect({ status: part.status, text: await part.text() }).toEqual({ status: 206, text: 'PGDMP' });
    expect((await fetch(url.replace(/.$/, (last) => (last === '0' ? '1' : '0')))).status).toBe(403);
    const stored = await api('GET', `${transfersOf(PRODUCTION)}/7`);
    expect((await fetch(String(stored.body['to_url']))).status).toBe(403);
  });

  it('gives each database a role that is no superuser and enters no other database', async () => {
    const config = await api('GET', `/apps/${STAGING}/config-vars`);
    const own = new URL(String(config.body['DATABASE_URL']));
    const client = new pg.Client({ connectionString: own.href });
    await client.connect();
    const { rows } = await client.query("select current_setting('is_superuser') as superuser");
    await client.end();
    expect(rows).toEqual([{ superuser: 'off' }]);
    own.pathname = new URL(String((await api('GET', `/apps/${PRODUCTION}/config-vars`)).body['DATABASE_URL'])).pathname;
    await expect(new pg.Client({ connectionString: own.href }).connect()).rejects.toThrow(
      'permission denied for database',
    );
  });
});

describe('faults of the connection', () => {
  const path = `^/apps/${PRODUCTION}$`;

  it('answers with the status and headers it is told, as often as it is told', async () => {
    await heroku.control.fault({
      match: { path },
      times: 1,
      do: { kind: 'status', status: 429, headers: { 'Retry-After': '7' } },
    });
    const refused = await api('GET', `/apps/${PRODUCTION}`);
    expect(refused).toMatchObject({ status: 429, body: { id: 'rate_limit' } });
    expect(refused.headers.get('retry-after')).toBe('7');
    expect(await api('GET', `/apps/${PRODUCTION}`)).toMatchObject({ status: 200 });
  });

  it('does nothing before `reset`, and everything before `lose-reply`', async () => {
    await heroku.control.fault({ match: { path }, times: 1, do: { kind: 'reset' } });
    await expect(api('PATCH', `/apps/${PRODUCTION}`, { maintenance: true })).rejects.toThrow();
    expect((await stateOf(PRODUCTION))?.maintenance).toBe(false);
    await heroku.control.fault({ match: { path }, times: 1, do: { kind: 'lose-reply' } });
    await expect(api('PATCH', `/apps/${PRODUCTION}`, { maintenance: true })).rejects.toThrow();
    expect((await stateOf(PRODUCTION))?.maintenance).toBe(true);
    await api('PATCH', `/apps/${PRODUCTION}`, { maintenance: false });
  });

  it('sends half of the JSON for `truncate`, and waits for `stall`', async () => {
    await heroku.control.fault({ match: { path }, times: 1, do: { kind: 'truncate' } });
    await expect(api('GET', `/apps/${PRODUCTION}`)).rejects.toThrow('JSON');
    await heroku.control.fault({ match: { path }, times: 1, do: { kind: 'stall', ms: 400 } });
    const began = Date.now();
    await api('GET', `/apps/${PRODUCTION}`);
    expect(Date.now() - began).toBeGreaterThanOrEqual(395);
  });

  it('shows that the CLI itself sends a restore twice when the reply is lost', async () => {
    await heroku.control.fault({ match: { method: 'POST', path: '/restores$' }, times: 1, do: { kind: 'lose-reply' } });
    const args = ['pg:backups:restore', `${PRODUCTION}::a001`, 'DATABASE_URL', '-a', STAGING, '--confirm', STAGING];
    await execa(HEROKU, args, { env: cliEnvironment(heroku, dir), extendEnv: false, timeout: 30_000 });
    expect(await heroku.control.count('POST', /\/restores$/)).toBe(2);
    expect((await stateOf(STAGING))?.transfers.filter(({ name }) => name.startsWith('r'))).toHaveLength(2);
  });
});

describe('lies', () => {
  const lie = (path: string, kind: 'lie' | 'swallow' = 'lie') =>
    heroku.control.fault({ match: { method: 'POST', path }, times: 1, do: { kind } });

  it('claims a finished restore although no row moved', async () => {
    const before = await heroku.control.writeRows(STAGING, 3);
    await lie('/restores$');
    const transfer = await finished(STAGING, (await restoreToStaging(1))['uuid']);
    expect(transfer).toMatchObject({ succeeded: true, to_type: 'pg_restore' });
    expect(await entries(STAGING)).toBe(before);
  });

  it('swallows a restore: accepted, and never seen again', async () => {
    await lie('/restores$', 'swallow');
    const { uuid } = await restoreToStaging(1);
    expect(await api('GET', `${transfersOf(STAGING)}/${uuid}`)).toMatchObject({ status: 404 });
  });

  it('claims a capture that left no file', async () => {
    await lie('/backups$');
    const { body } = await api('POST', `/client/v11/databases/${await databaseOf(PRODUCTION)}/backups`);
    expect(await finished(PRODUCTION, body['uuid'])).toMatchObject({ succeeded: true });
    const link = await api('POST', `${transfersOf(PRODUCTION)}/${body['num']}/actions/public-url`);
    expect((await fetch(String(link.body['url']))).status).toBe(404);
  });

  it('claims a rollback and a promotion that made no release', async () => {
    const before = await stateOf(PRODUCTION);
    await lie('/releases$');
    const rolled = await api('POST', `/apps/${PRODUCTION}/releases`, { release: '255' });
    expect(rolled).toMatchObject({ status: 201, body: { version: 257, description: 'Rollback to v255' } });
    await lie('/addon-attachments$');
    const attachment = { addon: await databaseOf(PRODUCTION), app: PRODUCTION, confirm: PRODUCTION, name: 'DATABASE' };
    expect(await api('POST', '/addon-attachments', attachment)).toMatchObject({
      status: 201,
      body: { name: 'DATABASE' },
    });
    expect(await stateOf(PRODUCTION)).toEqual(before);
  });
});

describe('damage', () => {
  it('fails the transfer half-way for `fail-transfer`, with logs', async () => {
    await heroku.control.fault({ match: { path: '/restores$' }, times: 1, do: { kind: 'fail-transfer' } });
    const transfer = await finished(STAGING, (await restoreToStaging(1))['uuid']);
    expect(transfer).toMatchObject({ succeeded: false });
    expect(Number(transfer['processed_bytes'])).toBeLessThan(Number(transfer['source_bytes']));
    expect(transfer['logs']).not.toEqual([]);
  });

  it.each([
    ['cut short', 2, 'truncateBackup', 'end of file'],
    ['with a flipped bit', 3, 'flipBit', 'could not uncompress data'],
  ] as const)('fails to restore a dump %s', async (_what, num, damage, says) => {
    await heroku.control[damage](PRODUCTION, num);
    const transfer = await finished(STAGING, (await restoreToStaging(num))['uuid']);
    expect(transfer).toMatchObject({ succeeded: false });
    expect(JSON.stringify(transfer['logs'])).toContain(says);
  });

  it('leaves a cancelled restore unfinished and the database half done', async () => {
    await heroku.control.fault({ match: { path: '/restores$' }, times: 1, do: { kind: 'slow', factor: 30 } });
    const { uuid } = await restoreToStaging(7);
    await sleep(3_500);
    await api('POST', `${transfersOf(STAGING)}/${uuid}/actions/cancel`);
    expect(await finished(STAGING, uuid)).toMatchObject({ succeeded: false, canceled_at: expect.any(String) });
    expect(await entries(STAGING)).not.toBe(4240);
  });

  it('restores production and counts what no longer balances', async () => {
    expect(await finished(STAGING, (await restoreToStaging(7))['uuid'])).toMatchObject({ succeeded: true });
    expect(await entries(STAGING)).toBe(4240);
    expect(await heroku.control.corrupt(STAGING)).toBeGreaterThan(400);
  });

  it('forges history that never ran', async () => {
    const failed = await heroku.control.forgeBackup({ app: PRODUCTION, kind: 'scheduled', status: 'failed' });
    const small = await heroku.control.forgeBackup({
      app: PRODUCTION,
      kind: 'manual',
      status: 'finished',
      size_bytes: 1_000,
    });
    expect([failed.name[0], small.name[0]]).toEqual(['a', 'b']);
    await heroku.control.removeBackup(PRODUCTION, 5);
    const { body } = await api('GET', transfersOf(PRODUCTION));
    expect(body).toContainEqual(expect.objectContaining({ num: failed.num, succeeded: false }));
    expect(body).toContainEqual(expect.objectContaining({ num: small.num, processed_bytes: 1_000 }));
    expect(body).not.toContainEqual(expect.objectContaining({ num: 5 }));
  });

  it('keeps secrets out of its request log', async () => {
    const log = JSON.stringify(await heroku.control.log());
    expect(log).not.toContain(heroku.apiKey);
    expect(log).not.toContain('signature');
  });
});
