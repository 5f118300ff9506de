// Finds things in the account by the names and ids that requests use, or refuses with Heroku's 404.
import { notFound } from './http/api-error.ts';
import type { Addon, App, Attachment, Release, Slug, Transfer, World } from './model.ts';

/** By name or id; throws 404, like all that follow. */
export function appOf(world: World, nameOrId: string): App {
  const app = world.apps.find((each) => each.name === nameOrId || each.id === nameOrId);
  if (app === undefined) throw notFound('app', "Couldn't find that app.");
  return app;
}

export function addonOf(world: World, nameOrId: string): Addon {
  const addon = world.addons.find((each) => each.name === nameOrId || each.id === nameOrId);
  if (addon === undefined) throw notFound('add_on', "Couldn't find that add-on.");
  return addon;
}

export function appOfAddon(world: World, addon: Addon): App {
  return appOf(world, addon.appId);
}

/** By number or uuid. */
export function transferOf(app: App, numOrUuid: string): Transfer {
  const transfer = app.transfers.find((each) => each.uuid === numOrUuid || String(each.num) === numOrUuid);
  if (transfer === undefined) throw notFound('transfer', 'Record not found.');
  return transfer;
}

/** By version or id. */
export function releaseOf(app: App, versionOrId: string): Release {
  const release = app.releases.find((each) => each.id === versionOrId || String(each.version) === versionOrId);
  if (release === undefined) throw notFound('release', "Couldn't find that release.");
  return release;
}

export function slugOf(app: App, id: string | null): Slug | undefined {
  return app.slugs.find((slug) => slug.id === id);
}

export function attachmentsOf(world: World, app: App): Attachment[] {
  return world.attachments.filter((attachment) => attachment.appId === app.id);
}

/** The release whose code runs: the newest one that succeeded. */
export function currentRelease(app: App): Release | undefined {
  return app.releases.filter((release) => release.status === 'succeeded').at(-1);
}
