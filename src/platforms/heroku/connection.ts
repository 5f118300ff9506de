// The connection string of an environment's database, read from the app's config vars at the moment it is needed.
import { Fault, Refusal } from '../../core/errors.ts';
import type { DatabaseRef } from '../../core/platform.ts';
import { Secret } from '../../core/secret.ts';
import type { System } from '../../core/system.ts';
import type { Api } from './api.ts';
import { attachmentsOf, configOf } from './readings.ts';
import { settingsOf } from './settings.ts';

/** The live database by its attachment, or a candidate by the name of its add-on. */
export async function connectionOf(api: Api, system: System, { environment, candidate }: DatabaseRef): Promise<Secret> {
  const { app, database } = settingsOf(system, environment);
  const name = candidate === null ? database : await aliasOf(api, app, candidate);
  const value = (await configOf(api, app))[`${name}_URL`];
  if (value === undefined) {
    throw new Refusal('no-database', `${app} has no config var ${name}_URL.`, 'See `heroku addons` of the app.');
  }
  // A name with a newline or another scheme must never reach a connection library.
  if (!/^postgres(?:ql)?:\/\/\S+$/.test(value))
    throw new Fault(`reading ${name}_URL of ${app}: it is no PostgreSQL address`);
  return new Secret(value);
}

async function aliasOf(api: Api, app: string, addon: string): Promise<string> {
  const attachments = await attachmentsOf(api, app);
  const found = attachments.find((attachment) => attachment.addon.name === addon && attachment.namespace == null);
  if (found !== undefined) return found.name;
  throw new Refusal('no-database', `${app} has no database ${addon}.`, 'See `heroku addons` of the app.');
}
