// What the provider and the applications say themselves: read past Holdfast, to check what it claims.
import { z } from 'zod';
import type { World } from '../world.ts';

const Health = z.looseObject({ entries: z.number().optional(), commit: z.string().optional() });

export type AppHealth = { status: number; entries: number | undefined; commit: string | undefined };

/** Asks an application itself. */
export async function healthOf(world: World, app: string): Promise<AppHealth> {
  const answer = await fetch(`${world.heroku.apps[app]?.web ?? ''}/health`);
  const body = Health.safeParse(await answer.json().catch(() => null)).data;
  return { status: answer.status, entries: body?.entries, commit: body?.commit };
}

/** The application as Heroku knows it. */
export async function appOf(world: World, name: string) {
  const { apps } = await world.heroku.control.state();
  const app = apps[name];
  if (app === undefined) throw new Error(`Heroku has no app ${name}`);
  return {
    ...app,
    /** The add-on that is the app's live database. */
    live: app.attachments.find((attachment) => attachment.name === 'DATABASE')?.addon ?? 'none',
  };
}
