// Changes the attached database as customers or a bug would.
import { remember } from '../data/history.ts';
import type { Heroku } from '../heroku.ts';
import { addonOf, attachmentsOf } from '../lookup.ts';
import type { Addon, App } from '../model.ts';
import { withClient } from '../postgres/with-client.ts';

/** Customers write `count` rows; returns how many there are then. */
export async function writeRows(heroku: Heroku, app: App, count: number): Promise<number> {
  const addon = liveOf(heroku, app);
  await withClient(heroku.postgres.urlOf(addon.login), (client) => app.business.write(client, count));
  await remember(heroku, addon);
  return rowsUntil(heroku, app, null);
}

/** A bug removes data; returns how many rows no longer fit together. */
export async function corrupt(heroku: Heroku, app: App): Promise<number> {
  const addon = liveOf(heroku, app);
  const broken = await withClient(heroku.postgres.urlOf(addon.login), (client) => app.business.corrupt(client));
  await remember(heroku, addon);
  return broken;
}

/** Rows of the table that the app counts, of those written until `moment`. */
export function rowsUntil(heroku: Heroku, app: App, moment: Date | null): Promise<number> {
  return withClient(heroku.postgres.urlOf(liveOf(heroku, app).login), async (client) => {
    const { rows } = await client.query<{ count: string }>(
      `select count(*) from ${client.escapeIdentifier(app.business.counts)}
       where created_at <= coalesce($1::timestamptz, 'infinity')`,
      [moment],
    );
    return Number(rows[0]?.count ?? 0);
  });
}

function liveOf({ world }: Heroku, app: App): Addon {
  const attached = attachmentsOf(world, app).find(({ name }) => name === 'DATABASE');
  if (attached === undefined) throw new Error(`${app.name} has no DATABASE`);
  return addonOf(world, attached.addonId);
}
