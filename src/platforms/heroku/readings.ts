// The readings that facts and actions share: databases by their attachment, transfers, releases.
import { z } from 'zod';
import { Refusal } from '../../core/errors.ts';
import type { Api } from './api.ts';
import { CANDIDATE_ALIAS } from './candidate.ts';
import { Addon, App, Attachment, ConfigVars, DatabaseInfo, Formation, HerokuRelease, Transfer } from './schema.ts';
import type { Settings } from './settings.ts';

/** A database as one app sees it. */
export type Database = {
  readonly id: string;
  readonly name: string;
  /** The app that the add-on belongs to: transfers are listed there. */
  readonly owner: string;
  /** Whether a transfer's `from_name` or `to_name` means this database; uncertain means yes. */
  isCalled(name: string): boolean;
};

export function attachmentsOf(api: Api, app: string, signal?: AbortSignal): Promise<Attachment[]> {
  return api.get(`/apps/${app}/addon-attachments`, z.array(Attachment), withSignal(signal));
}

/** The database attached to the environment under this name; a Refusal when there is none. */
export async function attachedAs(api: Api, app: string, name: string, signal?: AbortSignal): Promise<Database> {
  const attachments = await attachmentsOf(api, app, signal);
  const found = attachments.find((attachment) => attachment.name === name);
  if (found === undefined) {
    throw new Refusal('no-database', `${app} has no database attached as ${name}.`, 'See `heroku addons` of the app.');
  }
  const { id, name: addon, app: ownerApp } = found.addon;
  const owner = ownerApp.name;
  const there = owner === app ? attachments : await attachmentsOf(api, owner, signal);
  const bearers = new Map(there.map((other) => [other.name, other.addon.id]));
  const isCalled = (called: string) => (bearers.get(called) ?? bearerOfOld(called, id)) === id;
  return { id, name: addon, owner, isCalled };
}

/** A name that nobody bears any more may have been this database's, but for the alias of a candidate that was removed. */
function bearerOfOld(called: string, id: string): string | null {
  return CANDIDATE_ALIAS.test(called) ? null : id;
}

/** The database that the environment's application uses. */
export function liveDatabase(api: Api, settings: Settings, signal?: AbortSignal): Promise<Database> {
  return attachedAs(api, settings.app, settings.database, signal);
}

/** What `heroku pg:info` shows; null where Heroku has nothing to say of that database. */
export function infoOf(api: Api, id: string, signal?: AbortSignal): Promise<DatabaseInfo | null> {
  return api.find(`/client/v11/databases/${id}`, DatabaseInfo, { host: 'data', ...withSignal(signal) });
}

/** How many of each process run. */
export function formationOf(api: Api, app: string, signal?: AbortSignal): Promise<Formation[]> {
  return api.get(`/apps/${app}/formation`, z.array(Formation), withSignal(signal));
}

export function transfersOf(api: Api, app: string, signal?: AbortSignal): Promise<Transfer[]> {
  return api.get(`/client/v11/apps/${app}/transfers`, z.array(Transfer), { host: 'data', ...withSignal(signal) });
}

/** Newest first, 200 at most. */
export async function releasesOf(api: Api, app: string, signal?: AbortSignal): Promise<HerokuRelease[]> {
  const range = 'version ..; max=200, order=desc';
  const releases = await api.get(`/apps/${app}/releases`, z.array(HerokuRelease), { range, ...withSignal(signal) });
  return releases.toSorted((a, b) => b.version - a.version);
}

export function appOf(api: Api, app: string, signal?: AbortSignal): Promise<z.infer<typeof App>> {
  return api.get(`/apps/${app}`, App, withSignal(signal));
}

/** The add-on of exactly this name on this app; null when there is none. */
export async function addonOf(api: Api, app: string, name: string, signal?: AbortSignal): Promise<Addon | null> {
  const addon = await api.find(`/apps/${app}/addons/${name}`, Addon, withSignal(signal));
  const gone = addon === null || addon.state === 'deprovisioned' || addon.state === 'deprovisioning';
  return gone || addon.name !== name || addon.app.name !== app ? null : addon;
}

/** The other apps that an add-on of this app is attached to. */
export async function otherAppsOf(api: Api, app: string, addon: string, signal?: AbortSignal): Promise<string[]> {
  const all = await api.get(`/addons/${addon}/addon-attachments`, z.array(Attachment), withSignal(signal));
  return [...new Set(all.map((attachment) => attachment.app.name))].filter((name) => name !== app);
}

/** Values are secrets: they leave this room as `Secret` only. */
export function configOf(api: Api, app: string, signal?: AbortSignal): Promise<Record<string, string>> {
  return api.get(`/apps/${app}/config-vars`, ConfigVars, withSignal(signal));
}

function withSignal(signal: AbortSignal | undefined): { signal?: AbortSignal } {
  return signal === undefined ? {} : { signal };
}
