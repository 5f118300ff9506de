// The account and its apps: reading them, maintenance mode, config vars.
import { z } from 'zod';
import type { Heroku } from '../heroku.ts';
import { shaped } from '../http/body.ts';
import { ok, param, type Route, route } from '../http/route.ts';
import { appOf, attachmentsOf, releaseOf } from '../lookup.ts';
import type { App } from '../model.ts';
import { platformTime } from '../timestamps.ts';
import { addRelease } from './add-release.ts';
import { appView } from './views.ts';

const AppChange = z.object({ maintenance: z.boolean().optional() });
const ConfigChange = z.record(z.string(), z.string().nullable());

/** `/account`, `/apps` and config vars. */
export function appRoutes(heroku: Heroku): Route[] {
  const { world } = heroku;
  return [
    route('GET', '/account', () => ok({ ...world.owner, name: 'Engineer', two_factor_authentication: false })),
    route('GET', '/apps', () => ok(world.apps.map((app) => appView(heroku, app)))),
    route('GET', '/apps/:app', (request) => ok(appView(heroku, appOf(world, param(request, 'app'))))),
    route('PATCH', '/apps/:app', (request) => {
      const app = appOf(world, param(request, 'app'));
      const { maintenance = app.maintenance } = shaped(AppChange, request.body);
      if (request.mischief.deceit !== null) return ok({ ...appView(heroku, app), maintenance });
      if (maintenance !== app.maintenance) {
        app.maintenance = maintenance;
        app.updatedAt = new Date();
        app.log.add(
          'app',
          'api',
          `Maintenance mode ${maintenance ? 'enabled' : 'disabled'} by user ${world.owner.email}`,
        );
      }
      return ok(appView(heroku, app));
    }),
    route('GET', '/apps/:app/config-vars', (request) => ok(configOf(heroku, appOf(world, param(request, 'app'))))),
    route('PATCH', '/apps/:app/config-vars', (request) => {
      const app = appOf(world, param(request, 'app'));
      const change = shaped(ConfigChange, request.body);
      const kept = Object.entries({ ...app.configVars, ...change });
      app.configVars = Object.fromEntries(kept.flatMap(([key, value]) => (value === null ? [] : [[key, value]])));
      addRelease(heroku, app, { description: `Set ${Object.keys(change).join(', ')} config vars` });
      return ok(configOf(heroku, app));
    }),
    route('GET', '/apps/:app/releases/:release/config-vars', (request) => {
      const app = appOf(world, param(request, 'app'));
      const release = releaseOf(app, param(request, 'release'));
      return ok({ ...release.configVars, ...addonConfig(heroku, app) });
    }),
    route('GET', '/apps/:app/collaborators', (request) => {
      const app = appOf(world, param(request, 'app'));
      return ok([
        {
          app: { id: app.id, name: app.name },
          created_at: platformTime(app.createdAt),
          id: world.owner.id,
          user: world.owner,
        },
      ]);
    }),
    route('GET', '/apps/:app/pipeline-couplings', () => ({
      status: 404,
      body: { id: 'not_found', message: "Couldn't find that pipeline coupling." },
    })),
  ];
}

function configOf(heroku: Heroku, app: App): Record<string, string> {
  return { ...app.configVars, ...addonConfig(heroku, app) };
}

function addonConfig({ world, postgres }: Heroku, app: App): Record<string, string> {
  return Object.fromEntries(
    attachmentsOf(world, app).flatMap(({ name, addonId }) => {
      const addon = world.addons.find(({ id }) => id === addonId);
      return addon?.state === 'provisioned' ? [[`${name}_URL`, postgres.urlOf(addon.login)]] : [];
    }),
  );
}
