// Builds an app with one database, before it has any history.
import { newId, newLogin } from '../identity.ts';
import type { Addon, App, World } from '../model.ts';
import { minutesAgo } from '../timestamps.ts';
import { LogBuffer } from '../web/log-buffer.ts';
import type { Business } from './business.ts';

const DAY = 24 * 60;

/** Adds the app and its add-on, attached as DATABASE, to the account. Its PostgreSQL database is not made here. */
export function newApp(
  world: World,
  { name, addonName, plan, business }: { name: string; addonName: string; plan: string; business: Business },
): { app: App; addon: Addon } {
  const app: App = {
    id: newId(),
    name,
    business,
    maintenance: false,
    createdAt: minutesAgo(600 * DAY),
    updatedAt: minutesAgo(20),
    formation: [
      { id: newId(), type: 'web', quantity: 1, size: 'Standard-1X' },
      { id: newId(), type: 'worker', quantity: 1, size: 'Standard-1X' },
    ],
    dynos: [],
    slugs: [],
    releases: [],
    configVars: { LANG: 'en_US.UTF-8', ...business.configVars, [business.secret]: newId().replaceAll('-', '') },
    transfers: [],
    nextTransferNum: 1,
    schedules: [],
    log: new LogBuffer(),
  };
  const addon: Addon = {
    id: newId(),
    name: addonName,
    appId: app.id,
    plan,
    state: 'provisioned',
    createdAt: minutesAgo(590 * DAY),
    login: newLogin(),
    rollbackOf: null,
  };
  world.apps.push(app);
  world.addons.push(addon);
  world.attachments.push({
    id: newId(),
    name: 'DATABASE',
    appId: app.id,
    addonId: addon.id,
    namespace: null,
    createdAt: addon.createdAt,
  });
  return { app, addon };
}
