// grayledger-staging: fewer, older, recognisable rows, and one own a001 that is not production's.
import type { Heroku } from '../heroku.ts';
import { newId } from '../identity.ts';
import { withClient } from '../postgres/with-client.ts';
import { ledger } from './ledger.ts';
import { newApp } from './new-app.ts';
import { pastBackup } from './past-backup.ts';
import { seedTraffic } from './past-traffic.ts';
import { newestBackup } from './production.ts';
import { seedReleases, stagingPast } from './releases.ts';
import { insertEntries, insertPeople, stagingRows } from './rows.ts';
import { schema } from './schema.ts';

const DAY_MS = 86_400_000;

/** Adds the app to the account, and fills its database. */
export async function seedStaging(heroku: Heroku): Promise<void> {
  const { world, postgres } = heroku;
  const { app, addon } = newApp(world, {
    name: 'grayledger-staging',
    addonName: 'postgresql-flat-60312',
    plan: 'essential-1',
    business: ledger(stagingRows),
  });
  app.configVars['RAILS_ENV'] = 'staging';
  await postgres.create(addon.login);
  seedReleases(app, stagingPast, world.owner.email, addon.id);
  seedTraffic(app, null);
  const backupAt = new Date(newestBackup(new Date()).getTime() - 12 * DAY_MS);
  await withClient(postgres.urlOf(addon.login), async (client) => {
    const begin = new Date(backupAt.getTime() - 40 * DAY_MS);
    await client.query(schema);
    await insertPeople(client, stagingRows, begin);
    await insertEntries(client, stagingRows, 350, begin, backupAt);
    await pastBackup(heroku, app, addon, newId(), backupAt);
    await insertEntries(client, stagingRows, 50, backupAt, new Date(backupAt.getTime() + 4 * DAY_MS));
  });
}
