// suoops-backend and suoops-staging: invoices with their payments, eight daily backups with manual ones in between, a broken deploy.
import { keepHistory } from '../data/history.ts';
import type { Heroku } from '../heroku.ts';
import { newId } from '../identity.ts';
import { withClient } from '../postgres/with-client.ts';
import { insertInvoices, insertUsers, invoicing, schema, withoutLater } from './invoicing.ts';
import { newApp } from './new-app.ts';
import { pastBackup } from './past-backup.ts';
import { seedTraffic } from './past-traffic.ts';
import { newestBackup } from './production.ts';
import { type Past, seedReleases } from './releases.ts';

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
const DAY = 24 * 60;
const BACKUPS = 8;
const BASE_INVOICES = 2_000;
const INVOICES_A_DAY = 50;
const INVOICES_SINCE = 20;

/** v41 and v43 changed a config var only: v43, the release before the current one's, runs the same broken code. */
const backendPast: Past[] = [
  [38, 20 * DAY, { commit: '6a1f0c2be47d95830a17c4f2e9d8b35061cf72aa' }],
  [39, 9 * DAY, { commit: 'c94e7d20b1a85f36e07d4b9182fa6c53d7e01f44' }],
  [40, 3 * DAY, { commit: 'ba7c3d1f9e60582417d0a6c4f8b2e9357106dce8' }],
  [41, 2 * DAY, { set: 'SMTP_HOST' }],
  [42, 12, { commit: 'dead0b1a5c7e49f2836d1b0a94e7f5c2d8163b7f', broken: true }],
  [43, 8, { set: 'LOG_LEVEL' }],
  [44, 6, { set: 'SENTRY_DSN' }],
];
const stagingPast: Past[] = [[12, 3 * DAY, { commit: 'ba7c3d1f9e60582417d0a6c4f8b2e9357106dce8' }]];

/** Adds both apps with their history to the account, and fills their databases. */
export async function seedSuoops(heroku: Heroku): Promise<void> {
  await Promise.all([seedBackend(heroku), seedStaging(heroku)]);
}

async function seedBackend(heroku: Heroku): Promise<void> {
  const { world, postgres } = heroku;
  const { app, addon } = newApp(world, {
    name: 'suoops-backend',
    addonName: 'postgresql-globular-52901',
    plan: 'standard-0',
    business: invoicing,
  });
  await postgres.create(addon.login);
  seedReleases(app, backendPast, world.owner.email, addon.id);
  seedTraffic(app, app.releases.find(({ version }) => version === 42)?.createdAt ?? null);
  const schedule = { id: newId(), addonId: addon.id, hour: 2, timezone: 'UTC', createdAt: app.createdAt };
  app.schedules.push(schedule);

  const newest = newestBackup(new Date()).getTime();
  const first = newest - (BACKUPS - 1) * DAY_MS;
  await withClient(postgres.urlOf(addon.login), async (client) => {
    const begin = new Date(first - 60 * DAY_MS);
    await client.query(schema);
    await insertUsers(client, 'suoops.example', begin);
    await insertInvoices(client, BASE_INVOICES, begin, new Date(first));
    for (let day = 0; day < BACKUPS; day += 1) {
      const at = first + day * DAY_MS;
      if (day > 0) await insertInvoices(client, INVOICES_A_DAY, new Date(at - DAY_MS), new Date(at));
      await pastBackup(heroku, app, addon, schedule.id, new Date(at));
      // Taken by hand before a release, of the same rows.
      if (day === 4) await pastBackup(heroku, app, addon, null, new Date(at + 60_000));
    }
    await insertInvoices(client, INVOICES_SINCE, new Date(newest), new Date());
    await pastBackup(heroku, app, addon, null, new Date(Date.now() - 120_000));
  });
  await keepHistory(heroku, addon, withoutLater);
}

async function seedStaging(heroku: Heroku): Promise<void> {
  const { world, postgres } = heroku;
  const { app, addon } = newApp(world, {
    name: 'suoops-staging',
    addonName: 'postgresql-regular-33417',
    plan: 'essential-1',
    business: invoicing,
  });
  app.configVars['APP_ENV'] = 'staging';
  await postgres.create(addon.login);
  seedReleases(app, stagingPast, world.owner.email, addon.id);
  seedTraffic(app, null);
  await withClient(postgres.urlOf(addon.login), async (client) => {
    const begin = new Date(Date.now() - 30 * DAY_MS);
    await client.query(schema);
    await insertUsers(client, 'staging.suoops.example', begin);
    await insertInvoices(client, 120, begin, new Date());
  });
}
