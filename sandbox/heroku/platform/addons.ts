// Add-ons: ordering a database, reading it, destroying it.
import { z } from 'zod';
import { earliestOf, recreate } from '../data/history.ts';
import type { Heroku } from '../heroku.ts';
import { ApiError, invalid, notFound } from '../http/api-error.ts';
import { shaped } from '../http/body.ts';
import { type ApiRequest, created, ok, param, type Reply, type Route, route } from '../http/route.ts';
import { newAddonName, newColourName, newId, newLogin } from '../identity.ts';
import { addonOf, appOf, attachmentsOf } from '../lookup.ts';
import type { Addon, App } from '../model.ts';
import { addRelease } from './add-release.ts';
import { addAttachment, detach, requireConfirmation } from './attachments.ts';
import { planOf } from './plans.ts';
import { addonView } from './views.ts';

const NewAddon = z.object({
  plan: z
    .union([z.string(), z.object({ name: z.string() })])
    .transform((plan) => (typeof plan === 'string' ? plan : plan.name)),
  name: z.string().nullish(),
  attachment: z.object({ name: z.string().nullish() }).nullish(),
  confirm: z.string().nullish(),
  config: z.object({ rollback: z.string().optional(), to: z.string().optional() }).nullish(),
});
const Destroy = z.object({ force: z.boolean().nullish() });
const Resolve = z.object({ addon: z.string(), app: z.string().nullish() });

/** `/addons` and what resolves their names. */
export function addonRoutes(heroku: Heroku): Route[] {
  const { world } = heroku;
  const ofApp = (app: App) => world.addons.filter(({ appId }) => appId === app.id);
  return [
    route('GET', '/addons', () => ok(world.addons.map((addon) => addonView(heroku, addon)))),
    route('GET', '/addons/:addon', (request) => ok(addonView(heroku, addonOf(world, param(request, 'addon'))))),
    route('GET', '/apps/:app/addons', (request) => {
      return ok(ofApp(appOf(world, param(request, 'app'))).map((addon) => addonView(heroku, addon)));
    }),
    route('GET', '/apps/:app/addons/:addon', (request) =>
      ok(addonView(heroku, addonOf(world, param(request, 'addon')))),
    ),
    route('POST', '/apps/:app/addons', (request) => order(heroku, request)),
    route('DELETE', '/apps/:app/addons/:addon', (request) => destroy(heroku, request)),
    route('POST', '/actions/addons/resolve', (request) => {
      const wanted = shaped(Resolve, request.body);
      const app = wanted.app ? appOf(world, wanted.app) : undefined;
      const attached =
        app && attachmentsOf(world, app).find(({ name }) => [name, `${name}_URL`].includes(wanted.addon));
      const found = world.addons.filter(
        ({ id, name }) => [id, name].includes(wanted.addon) || id === attached?.addonId,
      );
      if (found.length === 0) throw notFound('add_on', "Couldn't find that add-on.");
      return ok(found.map((addon) => addonView(heroku, addon)));
    }),
  ];
}

function order(heroku: Heroku, request: ApiRequest): Reply {
  const { world } = heroku;
  const app = appOf(world, param(request, 'app'));
  const wanted = shaped(NewAddon, request.body);
  const plan = planOf(wanted.plan);
  const name = wanted.name ?? newAddonName();
  if (!/^[a-z][a-z0-9-]{2,255}$/.test(name))
    throw invalid('Name must start with a letter and can only contain lowercase letters, numbers, and dashes.');
  if (world.addons.some((addon) => addon.name === name)) throw invalid('Name is already taken');
  const names = attachmentsOf(world, app).map((attachment) => attachment.name);
  const attachAs = wanted.attachment?.name ?? (names.includes('DATABASE') ? newColourName(names) : 'DATABASE');
  if (!/^[A-Z][A-Z0-9_]*$/.test(attachAs))
    throw invalid('Attachment name may only contain uppercase letters, digits and underscores.');

  const addon: Addon = {
    id: newId(),
    name,
    appId: app.id,
    plan,
    state: 'provisioning',
    createdAt: new Date(),
    login: newLogin(),
    rollbackOf: null,
  };
  const rollback = rollbackOf(heroku, app, plan, wanted.config ?? {});
  const message = 'The database should be available in 1-3 minutes.\nUse `heroku pg:wait` to track status.';
  if (request.mischief.deceit !== null) {
    return created({ ...addonView(heroku, addon), provision_message: message });
  }
  const holder = attachmentsOf(world, app).find((attachment) => attachment.name === attachAs);
  if (holder !== undefined) {
    requireConfirmation(app, wanted.confirm, attachAs);
    detach(heroku, holder);
  }
  world.addons.push(addon);
  addAttachment(heroku, app, addon, attachAs);
  void provision(heroku, app, addon, { rollback, ...request.mischief });
  return created({ ...addonView(heroku, addon), provision_message: message });
}

type Rollback = { from: Addon; to: Date };
type Provision = Pick<ApiRequest['mischief'], 'slow' | 'wrongRollback'> & { rollback: Rollback | null };

async function provision(heroku: Heroku, app: App, addon: Addon, { rollback, slow, wrongRollback }: Provision) {
  const waited = new Promise((resolve) => setTimeout(resolve, heroku.pace.addonMs * slow));
  try {
    await heroku.postgres.create(addon.login);
    if (rollback !== null) {
      const { from, to } = rollback;
      const other = heroku.world.addons.find(({ id, state }) => id !== from.id && state === 'provisioned');
      const state = await recreate(heroku, from, wrongRollback === 'moment' ? new Date() : to, addon);
      addon.rollbackOf = { addonId: (wrongRollback === 'database' ? other : from)?.id ?? '', to, state };
    }
  } catch (error) {
    // Like a provider with a problem: the add-on stays in `provisioning`.
    process.stderr.write(`provisioning ${addon.name}: ${error}\n`);
    return;
  }
  await waited;
  if (addon.state !== 'provisioning') return;
  addon.state = 'provisioned';
  for (const { name } of attachmentsOf(heroku.world, app).filter(({ addonId }) => addonId === addon.id)) {
    addRelease(heroku, app, { description: `Attach ${name} (@ref:${addon.name})` });
  }
}

/** What `-- --rollback DATABASE_URL --to "…"` asks for, or Heroku's refusal; null without it. */
function rollbackOf(
  heroku: Heroku,
  app: App,
  plan: string,
  { rollback, to }: { rollback?: string | undefined; to?: string | undefined },
): Rollback | null {
  if (rollback === undefined) return null;
  const { world } = heroku;
  const attached = attachmentsOf(world, app).find(({ name }) => [name, `${name}_URL`].includes(rollback));
  const from = world.addons.find(({ id, name }) => id === attached?.addonId || name === rollback);
  if (from === undefined) throw invalid(`Could not find a database called ${rollback} to roll back.`);
  const earliest = earliestOf(heroku, from);
  if (earliest === null || plan.startsWith('essential')) throw invalid('Rollback is not supported by this plan.');
  const at = new Date(to?.replace(' ', 'T') ?? '');
  if (Number.isNaN(at.getTime())) throw invalid('Invalid timestamp for rollback.');
  if (at < earliest || at > new Date()) throw invalid(`Rollback to ${at.toISOString()} is not available.`);
  return { from, to: at };
}

async function destroy(heroku: Heroku, request: ApiRequest): Promise<Reply> {
  const { world } = heroku;
  const app = appOf(world, param(request, 'app'));
  const addon = addonOf(world, param(request, 'addon'));
  if (addon.appId !== app.id) throw notFound('add_on', "Couldn't find that add-on.");
  const attachments = world.attachments.filter(({ addonId }) => addonId === addon.id);
  const elsewhere = attachments.some(({ appId }) => appId !== app.id);
  if (elsewhere && shaped(Destroy, request.body).force !== true) {
    throw new ApiError(422, 'invalid_params', 'Cannot destroy add-on that is attached to other apps.');
  }
  const view = { ...addonView(heroku, addon), state: 'deprovisioned' };
  if (request.mischief.deceit !== null) return ok(view);
  for (const attachment of attachments) detach(heroku, attachment);
  addon.state = 'deprovisioned';
  world.addons = world.addons.filter((each) => each !== addon);
  await heroku.postgres.drop(addon.login);
  return ok(view);
}
