// grayledger-production: 4000 entries and 40 more a day, seven daily backups, a broken deploy ten minutes ago.
import type { Heroku } from '../heroku.ts';
import { newId } from '../identity.ts';
import { withClient } from '../postgres/with-client.ts';
import { ledger } from './ledger.ts';
import { newApp } from './new-app.ts';
import { pastBackup } from './past-backup.ts';
import { seedTraffic } from './past-traffic.ts';
import { productionPast, seedReleases } from './releases.ts';
import { insertEntries, insertPeople, productionRows } from './rows.ts';
import { brokenDeployMigration, schema } from './schema.ts';

const DAY_MS = 86_400_000;
const BACKUPS = 7;
const BACKUP_HOUR = 2;
const BASE_ENTRIES = 4_000;
const ENTRIES_A_DAY = 40;
const ENTRIES_SINCE = 30;
const HISTORY_DAYS = 120;
const MIGRATION_BEFORE_DEPLOY_MS = 40 * 60_000;

/** Adds the app with its history to the account, and fills its database. */
export async function seedProduction(heroku: Heroku): Promise<void> {
  const { world, postgres } = heroku;
  const { app, addon } = newApp(world, {
    name: 'grayledger-production',
    addonName: 'postgresql-cubic-14087',
    plan: 'standard-0',
    business: ledger(productionRows),
  });
  await postgres.create(addon.login);
  seedReleases(app, productionPast, world.owner.email, addon.id);
  seedTraffic(app, app.releases.at(-1)?.createdAt ?? null);
  const schedule = { id: newId(), addonId: addon.id, hour: BACKUP_HOUR, timezone: 'UTC', createdAt: app.createdAt };
  app.schedules.push(schedule);

  const newest = newestBackup(new Date()).getTime();
  const first = newest - (BACKUPS - 1) * DAY_MS;
  await withClient(postgres.urlOf(addon.login), async (client) => {
    const begin = new Date(first - HISTORY_DAYS * DAY_MS);
    await client.query(schema);
    await insertPeople(client, productionRows, begin);
    await insertEntries(client, productionRows, BASE_ENTRIES, begin, new Date(first));
    for (let at = first; at <= newest; at += DAY_MS) {
      if (at > first) await insertEntries(client, productionRows, ENTRIES_A_DAY, new Date(at - DAY_MS), new Date(at));
      await pastBackup(heroku, app, addon, schedule.id, new Date(at));
    }
    await insertEntries(client, productionRows, ENTRIES_SINCE, new Date(newest), new Date());
    await client.query(brokenDeployMigration);
    await client.query('insert into schema_migrations values ($1)', [
      migrationVersion(app.releases.at(-1)?.createdAt ?? new Date()),
    ]);
  });
}

/** Today's 02:00 UTC once that is ten minutes past, else yesterday's. */
export function newestBackup(now: Date): Date {
  const today = new Date(now);
  today.setUTCHours(BACKUP_HOUR, 0, 0, 0);
  return now.getTime() - today.getTime() >= 10 * 60_000 ? today : new Date(today.getTime() - DAY_MS);
}

/** Rails stamps a migration when it is written: here between the deploys of v255 and v256. */
function migrationVersion(deployedAt: Date): string {
  return new Date(deployedAt.getTime() - MIGRATION_BEFORE_DEPLOY_MS).toISOString().replaceAll(/\D/g, '').slice(0, 14);
}
