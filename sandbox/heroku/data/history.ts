// The past states of a database, for rollbacks to a moment: a real dump after every change that this simulator makes to it.
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Heroku } from '../heroku.ts';
import { newId } from '../identity.ts';
import type { Addon, History } from '../model.ts';
import { ended } from '../postgres/run-tool.ts';
import { startTool } from '../postgres/tools.ts';
import { withClient } from '../postgres/with-client.ts';

const KEPT_MS = 4 * 86_400_000;

/** From now on every state of the database is kept; its past is what its rows' `created_at` say. */
export async function keepHistory(heroku: Heroku, addon: Addon, withoutLater: History['withoutLater']): Promise<void> {
  heroku.histories.set(addon.id, { states: [], withoutLater });
  await remember(heroku, addon);
}

/** To be called after each change of a database; nothing happens where no history is kept. */
export async function remember(heroku: Heroku, addon: Addon): Promise<void> {
  const history = heroku.histories.get(addon.id);
  if (history === undefined) return;
  const at = new Date();
  const file = join(heroku.dir, 'history', `${newId()}.dump`);
  await mkdir(join(heroku.dir, 'history'), { recursive: true });
  const args = ['--format=custom', '--file', file, '--dbname', addon.login.database];
  const { code, lines } = await ended(startTool('pg_dump', args, addon.login, heroku.postgres, heroku.ending));
  if (code !== 0) throw new Error(`keeping a state of ${addon.name}: ${lines.at(-1)}`);
  history.states.push({ at, file });
}

/** The first moment that can be returned to; null where there is none. Heroku's rolls along with the clock. */
export function earliestOf(heroku: Heroku, addon: Addon): Date | null {
  return heroku.histories.has(addon.id) ? new Date(Date.now() - KEPT_MS) : null;
}

/** Fills an empty database with what another one was at `moment`; resolves to the moment of the state that it got. */
export async function recreate(heroku: Heroku, from: Addon, moment: Date, into: Addon): Promise<Date> {
  const history = heroku.histories.get(from.id);
  const [first] = history?.states ?? [];
  if (history === undefined || first === undefined) throw new Error(`${from.name} has no history`);
  const state = history.states.findLast(({ at }) => at <= moment);
  const { file, at } = state ?? first;
  const args = ['--no-acl', '--no-owner', '--exit-on-error', '--dbname', into.login.database, file];
  const { code, lines } = await ended(startTool('pg_restore', args, into.login, heroku.postgres, heroku.ending));
  if (code !== 0) throw new Error(`recreating ${from.name}: ${lines.at(-1)}`);
  if (state !== undefined) return at;
  await withClient(heroku.postgres.urlOf(into.login), (client) => history.withoutLater(client, moment));
  return moment;
}
