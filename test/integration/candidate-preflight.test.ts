// What is asked of a server before a candidate is made on it; every "no" says what to do.
import pg from 'pg';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { Check } from '../../src/core/check.ts';
import { Secret } from '../../src/core/secret.ts';
import { type PreflightRequest, preflight } from '../../src/postgres/candidate/preflight.ts';
import { options, type Shop, startShop } from './candidate-fixture.ts';

let shop: Shop;
beforeAll(async () => {
  shop = await startShop();
});
afterAll(() => shop.stop());

const whole = { serverVersion: '9.6.24', extensions: ['pg_trgm', 'plpgsql'], bytes: 300_000 };

async function ask(changes: Partial<PreflightRequest> = {}, server = shop.url): Promise<Record<string, Check>> {
  const checks = await preflight(server, {
    ...options,
    live: 'shop',
    operation: 'op-41',
    archive: whole,
    freeBytes: async () => 50_000_000_000,
    ...changes,
  });
  return Object.fromEntries(checks.map((check) => [check.name, check]));
}

/** Connected as somebody else under this name, for as long as `during` takes. */
async function whileThereIs<T>(program: string, during: () => Promise<T>): Promise<T> {
  const client = new pg.Client({ connectionString: shop.server.urlOf('shop', 'shop_app'), application_name: program });
  await client.connect();
  try {
    return await during();
  } finally {
    await client.end();
  }
}

it('passes where a backup fits', async () => {
  const checks = await ask();
  expect(Object.values(checks).map(({ name, status }) => `${name}: ${status}`)).toEqual([
    'version: pass',
    'extensions: pass',
    'roles: pass',
    'encoding: pass',
    'free disk: pass',
    'other activity: pass',
  ]);
  expect(checks['encoding']?.figure).toBe('UTF8, C.UTF-8, as in shop');
  expect(checks['free disk']?.figure).toMatch(
    /^50\.0 GB free, \d+ MB needed \(\d+(\.\d)? MB, as large as shop, and room to work\) beside shop$/,
  );
});

it.each<[what: string, changes: Partial<PreflightRequest>, name: string, status: string, figure: RegExp]>([
  [
    'a newer version',
    { archive: { ...whole, serverVersion: '99.1' } },
    'version',
    'fail',
    /of PostgreSQL 99\.1, the server runs \d+: restore it on a server of version 99 or newer/,
  ],
  ['an unknown version', { archive: { ...whole, serverVersion: null } }, 'version', 'warn', /does not say/],
  [
    'extensions that are missing',
    { archive: { ...whole, extensions: ['pg_nope', 'pg_trgm'] } },
    'extensions',
    'warn',
    /^not installed on the server: pg_nope: install/,
  ],
  [
    'a full disk',
    { freeBytes: async () => 100_000_000 },
    'free disk',
    'fail',
    /^100 MB free, \d+ MB needed .*: free space on the server, or remove .* \/dr cleanup$/,
  ],
  ['a disk that nobody knows', { freeBytes: async () => null }, 'free disk', 'warn', /^unknown; .* look with df -h/],
  [
    'a live database that has lost its data',
    { archive: { ...whole, bytes: 4_000_000_000 } },
    'free disk',
    'pass',
    /30\.0 GB needed \(24\.0 GB, estimated from the backup/,
  ],
  ['no live database', { live: 'gone' }, 'encoding', 'warn', /there is no gone .* UTF8/],
  [
    'no role for the owner',
    { live: 'gone', owner: 'nobody_yet' },
    'roles',
    'fail',
    /there is no role nobody_yet.*CREATE ROLE nobody_yet LOGIN/,
  ],
])('tells %s', async (_what, changes, name, status, figure) => {
  expect((await ask(changes))[name]).toMatchObject({ status, figure: expect.stringMatching(figure) });
});

it.each([
  ['pg_restore', 'fail', /restore by pg_restore of shop_app.*wait until it has ended/],
  ['pg_dump', 'warn', /backup by pg_dump of shop_app.*would end it/],
  ['holdfast op-7 s3', 'fail', /holdfast op-7 s3 of shop_app in shop/],
  ['holdfast op-41 s2', 'pass', /nobody else/],
  ['holdfast op-411 s2', 'fail', /holdfast op-411/],
  ['gunicorn', 'pass', /nobody else/],
])('sees who else is at work: %s', async (program, status, figure) => {
  const { 'other activity': others } = await whileThereIs(program, () => ask());
  expect(others).toMatchObject({ status, figure: expect.stringMatching(figure) });
});

it('tells a role that may not do it, and how it may', async () => {
  await shop.query('create role weak login; create role middling login createdb createrole', 'postgres');
  await shop.setAccess('host all all 127.0.0.1/32 trust\n');
  const as = async (role: string) => (await ask({}, new Secret(shop.server.urlOf('shop', role))))['roles'];
  expect(await as('weak')).toMatchObject({
    status: 'fail',
    figure: expect.stringContaining('ALTER ROLE weak CREATEDB CREATEROLE'),
  });
  expect(await as('middling')).toMatchObject({
    status: 'fail',
    figure: expect.stringContaining('GRANT shop_app TO middling'),
  });
});

it('works when the live database takes no connections', async () => {
  await shop.query('alter database shop allow_connections false', 'postgres');
  const checks = await ask();
  expect(Object.values(checks).filter(({ status }) => status !== 'pass')).toEqual([]);
  await shop.query('alter database shop allow_connections true', 'postgres');
});
