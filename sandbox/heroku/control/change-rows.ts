// Changes the attached database as customers or a bug would.
import type { Heroku } from '../heroku.ts';
import { addonOf, attachmentsOf } from '../lookup.ts';
import type { App } from '../model.ts';
import { withClient } from '../postgres/with-client.ts';
import { insertEntries, productionRows, stagingRows } from '../seed/rows.ts';

/** Customers write `count` balanced entries; returns how many there are then. */
export function writeRows(heroku: Heroku, app: App, count: number): Promise<number> {
  return withClient(databaseUrl(heroku, app), async (client) => {
    const now = new Date();
    const flavour = app.name.endsWith('-staging') ? stagingRows : productionRows;
    await insertEntries(client, flavour, count, new Date(now.getTime() - 2_000), now);
    const { rows } = await client.query<{ count: string }>('select count(*) from entries');
    return Number(rows[0]?.count ?? 0);
  });
}

/** Deletes one line item of every tenth entry; returns how many entries no longer balance. */
export function corrupt(heroku: Heroku, app: App): Promise<number> {
  return withClient(databaseUrl(heroku, app), async (client) => {
    await client.query("delete from line_items where memo = 'credit' and entry_id % 10 = 0");
    const { rows } = await client.query<{ count: string }>(
      'select count(*) from (select entry_id from line_items group by entry_id having sum(amount_cents) <> 0) as unbalanced',
    );
    return Number(rows[0]?.count ?? 0);
  });
}

function databaseUrl({ world, postgres }: Heroku, app: App): string {
  const attached = attachmentsOf(world, app).find(({ name }) => name === 'DATABASE');
  if (attached === undefined) throw new Error(`${app.name} has no DATABASE`);
  return postgres.urlOf(addonOf(world, attached.addonId).login);
}
