// Dynos and the formation: what runs, how many, which release.
import { z } from 'zod';
import type { Heroku } from '../heroku.ts';
import { shaped } from '../http/body.ts';
import { ok, param, type Route, route } from '../http/route.ts';
import { appOf, currentRelease, slugOf } from '../lookup.ts';
import type { App } from '../model.ts';
import { platformTime } from '../timestamps.ts';
import { restartDynos } from './add-release.ts';

/** How long a dyno says `starting`. */
const BOOT_MS = 400;

const Quantity = z.union([z.number(), z.string().regex(/^[+-]?\d+$/)]);
const Updates = z.object({ updates: z.array(z.object({ type: z.string(), quantity: Quantity.optional() })) });
const Update = z.object({ quantity: Quantity });

/** `/apps/A/dynos` and `/apps/A/formation`. */
export function dynoRoutes({ world }: Heroku): Route[] {
  return [
    route('GET', '/apps/:app/dynos', (request) => ok(dynoViews(appOf(world, param(request, 'app'))))),
    route('DELETE', '/apps/:app/dynos', (request) => {
      restartDynos(appOf(world, param(request, 'app')));
      return { status: 202, body: {} };
    }),
    route('GET', '/apps/:app/formation', (request) => ok(formationViews(appOf(world, param(request, 'app'))))),
    route('PATCH', '/apps/:app/formation', (request) => {
      const app = appOf(world, param(request, 'app'));
      const { updates } = shaped(Updates, request.body);
      if (request.mischief.deceit !== null) return ok(claimed(app, updates));
      for (const { type, quantity } of updates) scale(app, type, quantity);
      return ok(formationViews(app));
    }),
    route('PATCH', '/apps/:app/formation/:type', (request) => {
      const app = appOf(world, param(request, 'app'));
      const type = param(request, 'type');
      scale(app, type, shaped(Update, request.body).quantity);
      return ok(formationViews(app).find((each) => each.type === type));
    }),
  ];
}

function scale(app: App, type: string, quantity: string | number | undefined): void {
  const process = app.formation.find((each) => each.type === type);
  if (process === undefined || quantity === undefined) return;
  const relative = typeof quantity === 'string' && /^[+-]/.test(quantity);
  process.quantity = Math.max(0, Number(quantity) + (relative ? process.quantity : 0));
  app.log.add(
    'app',
    'api',
    `Scaled to ${app.formation.map((each) => `${each.type}@${each.quantity}:${each.size}`).join(' ')}`,
  );
  restartDynos(app);
}

/** As if it had been scaled. */
function claimed(app: App, updates: readonly { type: string; quantity?: string | number | undefined }[]) {
  return formationViews(app).map((view) => {
    const wanted = updates.find(({ type }) => type === view.type)?.quantity;
    return wanted === undefined ? view : { ...view, quantity: Number(wanted) };
  });
}

function commandOf(app: App, type: string): string {
  return slugOf(app, currentRelease(app)?.slugId ?? null)?.processTypes[type] ?? '';
}

function dynoViews(app: App) {
  const release = currentRelease(app);
  return app.dynos.map(({ id, name, type, restartedAt }) => ({
    attach_url: null,
    app: { id: app.id, name: app.name },
    command: commandOf(app, type),
    created_at: platformTime(restartedAt),
    id,
    name,
    release: release && { id: release.id, version: release.version },
    size: app.formation.find((each) => each.type === type)?.size ?? 'Basic',
    state: Date.now() - restartedAt.getTime() < BOOT_MS ? 'starting' : 'up',
    type,
    updated_at: platformTime(restartedAt),
  }));
}

function formationViews(app: App) {
  const release = app.formation.some(({ type }) => type === 'release') || commandOf(app, 'release') === '';
  const types = release
    ? app.formation
    : [...app.formation, { id: app.id, type: 'release', quantity: 0, size: 'Standard-1X' }];
  return types.map(({ id, type, quantity, size }) => ({
    app: { id: app.id, name: app.name },
    command: commandOf(app, type),
    created_at: platformTime(app.createdAt),
    id,
    quantity,
    size,
    type,
    updated_at: platformTime(app.updatedAt),
  }));
}
