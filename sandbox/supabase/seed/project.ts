// The two projects of fieldservice: production with three days of backups behind it, and a small staging.
import { mkdir } from 'node:fs/promises';
import type { Objects } from '../storage/objects.ts';
import { pastBackup } from './backups.ts';
import { makeBuckets, makeObjects } from './objects.ts';
import { query } from './platform.ts';
import { insertCustomers, people } from './rows.ts';
import { schema } from './schema.ts';

const DAY_MS = 86_400_000;
const BACKUPS = 3;
const CUSTOMERS = 200;
const CUSTOMERS_A_DAY = 10;
const CUSTOMERS_OF_STAGING = 20;

export type EnvironmentName = 'production' | 'staging';

export type Seed = { readonly url: string; readonly objects: Objects; readonly backupsDir: string };

/** Fills a prepared project. Production: backups of the last three nights, and rows that are in none of them. */
export async function seedProject(environment: EnvironmentName, { url, objects, backupsDir }: Seed): Promise<void> {
  await query(url, schema);
  if (environment === 'staging') {
    await insertCustomers(url, { customers: CUSTOMERS_OF_STAGING, from: 9_001, at: new Date() });
    return;
  }
  await query(url, people);
  await makeBuckets(objects);
  await makeObjects(objects);
  await mkdir(backupsDir, { recursive: true });
  const newest = lastNight(new Date()).getTime();
  const first = newest - (BACKUPS - 1) * DAY_MS;
  await insertCustomers(url, { customers: CUSTOMERS, from: 1, at: new Date(first - DAY_MS) });
  for (let night = 0; night < BACKUPS; night += 1) {
    await pastBackup(url, backupsDir, new Date(first + night * DAY_MS));
    const from = CUSTOMERS + 1 + night * CUSTOMERS_A_DAY;
    await insertCustomers(url, { customers: CUSTOMERS_A_DAY, from, at: new Date(first + (night + 0.4) * DAY_MS) });
  }
}

/** Today's 02:00 UTC once that is ten minutes past, else yesterday's. */
function lastNight(now: Date): Date {
  const today = new Date(now);
  today.setUTCHours(2, 0, 0, 0);
  return now.getTime() - today.getTime() >= 600_000 ? today : new Date(today.getTime() - DAY_MS);
}
