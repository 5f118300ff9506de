// Puts the simulator together in this process: account, databases, API, one web server per app.
import { randomUUID } from 'node:crypto';
import { mkdir } from 'node:fs/promises';
import type { RequestListener } from 'node:http';
import { controlRoutes } from './control/routes.ts';
import { databaseRoutes } from './data/databases.ts';
import { prepareDumps } from './data/dump-files.ts';
import { dumpRoutes } from './data/serve-dump.ts';
import { transferRoutes } from './data/transfers.ts';
import { activeFaults } from './faults/active-faults.ts';
import type { Heroku } from './heroku.ts';
import { dispatcher } from './http/dispatch.ts';
import { signedLinks } from './http/links.ts';
import { type Listening, listen } from './http/listen.ts';
import { requestLog } from './http/request-log.ts';
import { localCertificate } from './http/tls.ts';
import { newId } from './identity.ts';
import { type PaceName, paces } from './pace.ts';
import { addonRoutes } from './platform/addons.ts';
import { appRoutes } from './platform/apps.ts';
import { attachmentRoutes } from './platform/attachments.ts';
import { dynoRoutes } from './platform/dynos.ts';
import { logRoutes } from './platform/log-sessions.ts';
import { releaseRoutes } from './platform/releases.ts';
import { postgresAt } from './postgres/server.ts';
import { seedProduction } from './seed/production.ts';
import { seedStaging } from './seed/staging.ts';
import { seedSuoops } from './seed/suoops.ts';
import { serveApp } from './web/serve-app.ts';

export const SYSTEMS = ['grayledger', 'suoops'] as const;
export type SystemName = (typeof SYSTEMS)[number];

const seeds: Record<SystemName, (heroku: Heroku) => Promise<unknown>> = {
  grayledger: (heroku) => Promise.all([seedProduction(heroku), seedStaging(heroku)]),
  suoops: seedSuoops,
};

export type ServeOptions = {
  port: number;
  /** Superuser. */
  postgres: string;
  dir: string;
  pace: PaceName;
  systems: readonly SystemName[];
  /** Ports of the apps, counted up from here; 0: any free ones. */
  appPortBase: number;
};

/** What a started simulator says about itself. */
export type Ready = {
  url: string;
  apiKey: string;
  /** Certificate for NODE_EXTRA_CA_CERTS, which `pg:backups:download` needs; null without openssl. */
  caFile: string | null;
  apps: Record<string, { web: string }>;
};

/** Seeds the account and serves it until `close`. */
export async function serve(options: ServeOptions): Promise<{ ready: Ready; close(): Promise<void> }> {
  await mkdir(options.dir, { recursive: true });
  const [certificate] = await Promise.all([localCertificate(options.dir), prepareDumps(options.dir)]);
  // The signed links carry the port, so the port must be open before there is an account to serve.
  let answer: RequestListener = (_request, response) => response.writeHead(503).end();
  const api = await listen(options.port, certificate, (request, response) => answer(request, response));

  const ending = new AbortController();
  const heroku: Heroku = {
    world: { apps: [], addons: [], attachments: [], owner: { id: newId(), email: 'engineer@grayledger.example' } },
    pace: paces[options.pace],
    postgres: postgresAt(options.postgres),
    dir: options.dir,
    histories: new Map(),
    links: signedLinks(`localhost:${api.port}`),
    webUrls: new Map(),
    ending: ending.signal,
  };
  await Promise.all(options.systems.map((name) => seeds[name](heroku)));
  heroku.world.apps.sort((a, b) => a.name.localeCompare(b.name));

  const webs: Listening[] = [];
  for (const [index, app] of heroku.world.apps.entries()) {
    const web = await serveApp(heroku, app, options.appPortBase === 0 ? 0 : options.appPortBase + index);
    heroku.webUrls.set(app.name, `http://127.0.0.1:${web.port}`);
    webs.push(web);
  }

  const apiKey = `HRKU-${randomUUID()}`;
  const faults = activeFaults();
  const log = requestLog();
  const parts = [appRoutes, addonRoutes, attachmentRoutes, dynoRoutes, releaseRoutes, logRoutes];
  const dataParts = [databaseRoutes, transferRoutes, dumpRoutes];
  answer = dispatcher({
    routes: [
      ...[...parts, ...dataParts].flatMap((routesOf) => routesOf(heroku)),
      ...controlRoutes(heroku, faults, log),
    ],
    apiKey,
    links: heroku.links,
    faults,
    log,
  });
  return {
    ready: {
      url: `http://localhost:${api.port}`,
      apiKey,
      caFile: certificate?.caFile ?? null,
      apps: Object.fromEntries([...heroku.webUrls].map(([name, web]) => [name, { web }])),
    },
    async close() {
      ending.abort();
      await Promise.all([api.close(), ...webs.map((web) => web.close())]);
      // The server under us may already be gone, and its databases with it.
      await Promise.allSettled(heroku.world.addons.map(({ login }) => heroku.postgres.drop(login)));
      await heroku.postgres.end();
    },
  };
}
