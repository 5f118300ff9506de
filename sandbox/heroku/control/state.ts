// The account as the provider knows it, without secrets.
import { transferName } from '../data/transfer.ts';
import type { Heroku } from '../heroku.ts';
import { attachmentsOf, currentRelease, slugOf } from '../lookup.ts';
import type { App } from '../model.ts';

export type State = { apps: Record<string, AppState> };
export type AppState = ReturnType<typeof appState>;

/** What `GET /_control/state` answers. */
export function stateOf(heroku: Heroku): State {
  return { apps: Object.fromEntries(heroku.world.apps.map((app) => [app.name, appState(heroku, app)])) };
}

function appState({ world, webUrls }: Heroku, app: App) {
  return {
    id: app.id,
    web: webUrls.get(app.name) ?? null,
    maintenance: app.maintenance,
    currentRelease: currentRelease(app)?.version ?? null,
    formation: Object.fromEntries(app.formation.map(({ type, quantity }) => [type, quantity])),
    releases: app.releases.map(({ version, description, status, slugId, createdAt }) => ({
      version,
      description,
      status,
      commit: slugOf(app, slugId)?.commit ?? null,
      createdAt: createdAt.toISOString(),
    })),
    addons: world.addons
      .filter(({ appId }) => appId === app.id)
      .map(({ name, plan, state, login, rollbackOf }) => ({
        name,
        plan,
        state,
        database: login.database,
        rollbackOf: rollbackOf && {
          addon: world.addons.find(({ id }) => id === rollbackOf.addonId)?.name ?? null,
          to: rollbackOf.to.toISOString(),
          state: rollbackOf.state.toISOString(),
        },
      })),
    attachments: attachmentsOf(world, app).map(({ name, addonId }) => ({
      name,
      addon: world.addons.find(({ id }) => id === addonId)?.name ?? null,
    })),
    transfers: app.transfers.map((transfer) => ({
      name: transferName(transfer),
      num: transfer.num,
      uuid: transfer.uuid,
      fromName: transfer.fromName,
      toName: transfer.toName,
      succeeded: transfer.succeeded,
      warnings: transfer.warnings,
      processedBytes: transfer.processedBytes,
      sourceBytes: transfer.sourceBytes,
      createdAt: transfer.createdAt.toISOString(),
      finishedAt: transfer.finishedAt?.toISOString() ?? null,
      canceledAt: transfer.canceledAt?.toISOString() ?? null,
    })),
  };
}
