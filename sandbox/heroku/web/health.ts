// What an app answers to a request: it truly depends on the current release and the attached database.
import { randomUUID } from 'node:crypto';
import pg from 'pg';
import type { Heroku } from '../heroku.ts';
import { currentRelease, slugOf } from '../lookup.ts';
import type { App } from '../model.ts';

export type Answer = {
  status: number;
  type: 'application/json' | 'text/html';
  body: string /** What the app wrote to its log. */;
  log: readonly string[];
};

const MAINTENANCE_PAGE =
  '<!DOCTYPE html>\n<html><head><title>Offline for Maintenance</title></head><body><h1>Offline for Maintenance</h1><p>This application is undergoing maintenance right now. Please check back later.</p></body></html>\n';

/** The answer to any request, as router and app would give it together. */
export async function answer(heroku: Heroku, app: App): Promise<Answer> {
  if (app.maintenance) return { status: 503, type: 'text/html', body: MAINTENANCE_PAGE, log: [] };
  const release = currentRelease(app);
  const slug = slugOf(app, release?.slugId ?? null);
  const running = { release: `v${release?.version ?? 0}`, commit: slug?.commit.slice(0, 7) ?? null };
  if (app.formation.some(({ type, quantity }) => type === 'web' && quantity === 0)) {
    return json(503, { status: 'error', error: 'No web processes running' }, []);
  }
  if (slug?.broken) {
    const { error, message, log } = app.business.failure;
    return json(500, { status: 'error', error, message, ...running, request_id: randomUUID() }, log);
  }
  try {
    return json(
      200,
      {
        status: 'ok',
        ...running,
        [app.business.counts]: await countRows(heroku, app.business.counts, release?.databaseAddonId ?? null),
      },
      [],
    );
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    const { databaseError } = app.business;
    return json(503, { status: 'error', error: databaseError, message, ...running }, [`${databaseError}: ${message}`]);
  }
}

async function countRows({ world, postgres }: Heroku, table: string, addonId: string | null): Promise<number> {
  const addon = world.addons.find(({ id }) => id === addonId);
  if (addon === undefined) throw new Error('DATABASE_URL is not set');
  const client = new pg.Client({
    connectionString: postgres.urlOf(addon.login),
    connectionTimeoutMillis: 3_000,
    query_timeout: 3_000,
    application_name: 'web.1',
  });
  // A restore may cut the connection at any time; the query in flight rejects by itself.
  client.on('error', () => {});
  try {
    await client.connect();
    const { rows } = await client.query<{ count: string }>(`select count(*) from ${client.escapeIdentifier(table)}`);
    return Number(rows[0]?.count ?? 0);
  } finally {
    await client.end().catch(() => {});
  }
}

function json(status: number, body: Record<string, unknown>, log: readonly string[]): Answer {
  return { status, type: 'application/json', body: JSON.stringify(body), log };
}
