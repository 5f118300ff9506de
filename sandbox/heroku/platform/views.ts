// How apps, add-ons, attachments and releases look in the Platform API's answers.
import type { Heroku } from '../heroku.ts';
import { appOf, appOfAddon, currentRelease, slugOf } from '../lookup.ts';
import type { Addon, App, Attachment, Release } from '../model.ts';
import { platformTime } from '../timestamps.ts';
import { priceOf } from './plans.ts';

const SERVICE_ID = '6c67493d-8fc2-4cd4-9161-4f1ec11cbe69';
const REGION = { id: '59accabd-516d-4f0e-83e6-6e3757701145', name: 'us' };
const STACK = { id: '8f1a7a0c-0b9e-4b0b-8b0e-3a1a4a2f9d11', name: 'heroku-24' };

const named = ({ id, name }: { id: string; name: string }) => ({ id, name });

/** An app, as in `GET /apps/A`. */
export function appView({ world, webUrls }: Heroku, app: App) {
  const updatedAt = platformTime(app.updatedAt);
  return {
    acm: true,
    archived_at: null,
    build_stack: STACK,
    buildpack_provided_description: 'Ruby',
    create_status: 'complete',
    created_at: platformTime(app.createdAt),
    generation: { id: '9b2f6b3a-6a55-4d1c-a0cf-4f2f6a1b8e34', name: 'cedar' },
    git_url: `https://git.heroku.com/${app.name}.git`,
    id: app.id,
    internal_routing: null,
    maintenance: app.maintenance,
    name: app.name,
    organization: null,
    owner: world.owner,
    process_tier: 'production',
    region: REGION,
    released_at: platformTime(currentRelease(app)?.createdAt ?? app.createdAt),
    repo_size: 4_812_004,
    slug_size: slugOf(app, currentRelease(app)?.slugId ?? null)?.size ?? null,
    space: null,
    stack: STACK,
    team: null,
    updated_at: updatedAt,
    web_url: `${webUrls.get(app.name) ?? `https://${app.name}.herokuapp.com`}/`,
  };
}

/** An add-on with its plan and config var names. */
export function addonView({ world }: Heroku, addon: Addon) {
  const attachments = world.attachments.filter(({ addonId }) => addonId === addon.id);
  return {
    actions: null,
    addon_service: { id: SERVICE_ID, name: 'heroku-postgresql' },
    app: named(appOfAddon(world, addon)),
    billed_price: priceOf(addon.plan),
    billing_entity: { ...named(appOfAddon(world, addon)), type: 'app' },
    config_vars: addon.state === 'provisioned' ? attachments.map(({ name }) => `${name}_URL`) : [],
    created_at: platformTime(addon.createdAt),
    id: addon.id,
    name: addon.name,
    plan: { id: addon.plan, name: `heroku-postgresql:${addon.plan}`, price: priceOf(addon.plan) },
    provider_id: addon.id,
    state: addon.state,
    updated_at: platformTime(addon.createdAt),
    web_url: `https://addons-sso.heroku.com/apps/${addon.appId}/addons/${addon.id}`,
  };
}

/** An attachment with the add-on and the plan behind it. */
export function attachmentView(heroku: Heroku, attachment: Attachment) {
  const { world } = heroku;
  const addon = world.addons.find(({ id }) => id === attachment.addonId);
  const app = appOf(world, attachment.appId);
  return {
    addon: addon && { ...named(addon), app: named(appOfAddon(world, addon)), plan: addonView(heroku, addon).plan },
    app: named(app),
    config_vars: [`${attachment.name}_URL`],
    created_at: platformTime(attachment.createdAt),
    id: attachment.id,
    log_input_url: null,
    name: attachment.name,
    namespace: attachment.namespace,
    updated_at: platformTime(attachment.createdAt),
    web_url: `https://addons-sso.heroku.com/apps/${app.id}/addons/${attachment.addonId}`,
  };
}

/** A release; `output_stream_url` only where it ran a release command. */
export function releaseView({ world, links }: Heroku, app: App, release: Release) {
  return {
    addon_plan_names: world.addons
      .filter(({ appId }) => appId === app.id)
      .map(({ plan }) => `heroku-postgresql:${plan}`),
    app: named(app),
    artifacts: [],
    created_at: platformTime(release.createdAt),
    current: currentRelease(app) === release,
    description: release.description,
    eligible_for_rollback: release.slugId !== null && release.status === 'succeeded',
    id: release.id,
    output_stream_url:
      release.output === null ? null : links.sign(`/streams/releases/${app.id}/${release.id}`, 'stream', 86_400_000),
    slug: release.slugId === null ? null : { id: release.slugId },
    status: release.status,
    updated_at: platformTime(release.updatedAt),
    user: { email: release.user, id: world.owner.id },
    version: release.version,
  };
}
