// The data API's view of a database: what it is, whether it is ready, its backup schedules.
import { z } from 'zod';
import type { Heroku } from '../heroku.ts';
import { notFound } from '../http/api-error.ts';
import { shaped } from '../http/body.ts';
import { created, ok, param, type Route, route } from '../http/route.ts';
import { newId } from '../identity.ts';
import { addonOf, appOfAddon } from '../lookup.ts';
import type { Addon, Schedule } from '../model.ts';
import { dataTime } from '../timestamps.ts';
import { earliestOf } from './history.ts';

const NewSchedule = z.object({ hour: z.coerce.number().int().min(0).max(23), timezone: z.string().default('UTC') });

/** `/client/v11/databases/D` and its schedules. */
export function databaseRoutes(heroku: Heroku): Route[] {
  const { world } = heroku;
  return [
    route('GET', '/client/v11/databases/:database', async (request) =>
      ok(await infoOf(heroku, addonOf(world, param(request, 'database')))),
    ),
    route('GET', '/client/v11/databases/:database/wait_status', (request) => {
      const waiting = addonOf(world, param(request, 'database')).state === 'provisioning';
      return ok({ 'waiting?': waiting, 'error?': false, message: waiting ? 'preparing' : 'available' });
    }),
    route('GET', '/client/v11/databases/:database/transfer-schedules', (request) => {
      const addon = addonOf(world, param(request, 'database'));
      const { schedules } = appOfAddon(world, addon);
      return ok(schedules.filter(({ addonId }) => addonId === addon.id).map(scheduleView));
    }),
    route('POST', '/client/v11/databases/:database/transfer-schedules', (request) => {
      const addon = addonOf(world, param(request, 'database'));
      const { hour, timezone } = shaped(NewSchedule, request.body);
      const schedule = { id: newId(), addonId: addon.id, hour, timezone, createdAt: new Date() };
      appOfAddon(world, addon).schedules.push(schedule);
      return created(scheduleView(schedule));
    }),
    route('DELETE', '/client/v11/databases/:database/transfer-schedules/:schedule', (request) => {
      const app = appOfAddon(world, addonOf(world, param(request, 'database')));
      const schedule = app.schedules.find(({ id }) => id === param(request, 'schedule'));
      if (schedule === undefined) throw notFound('schedule', 'Record not found.');
      app.schedules = app.schedules.filter((each) => each !== schedule);
      return ok(scheduleView(schedule));
    }),
  ];
}

function scheduleView({ id, hour, timezone, createdAt }: Schedule) {
  return {
    uuid: id,
    name: 'DATABASE_URL',
    hour,
    days: [],
    timezone,
    created_at: dataTime(createdAt),
    retain_weeks: 1,
    retain_months: 0,
  };
}

async function infoOf(heroku: Heroku, addon: Addon) {
  const ready = addon.state === 'provisioned';
  const bytes = ready ? await heroku.postgres.sizeOf(addon.login) : 0;
  const standard = addon.plan.startsWith('standard') || addon.plan.startsWith('premium');
  const plan = `${addon.plan.slice(0, 1).toUpperCase()}${addon.plan.slice(1).replace('-', ' ')}`;
  const info = (name: string, value: string) => ({ name, values: [value] });
  const earliest = earliestOf(heroku, addon)?.toISOString().slice(0, 16).replace('T', ' ');
  const parent = heroku.world.addons.find(({ id }) => id === addon.rollbackOf?.addonId);
  return {
    addon_id: addon.id,
    name: addon.name,
    heroku_resource_id: addon.id,
    metaas_source: 'simulated',
    plan: addon.plan,
    formation: { id: newId(), primary: addon.id },
    created_at: dataTime(addon.createdAt),
    database_name: addon.login.database,
    database_user: addon.login.user,
    resource_url: heroku.postgres.urlOf(addon.login),
    postgres_version: '15',
    num_bytes: bytes,
    num_connections: 1,
    num_connections_waiting: 0,
    following: null,
    leader: null,
    'available_for_ingress?': ready,
    'standalone?': true,
    'waiting?': !ready,
    current_transaction: null,
    features: {},
    info: [
      info('Plan', plan),
      info('Status', ready ? 'Available' : 'Preparing'),
      info('Data Size', `${(bytes / 1_048_576).toFixed(1)} MB / ${standard ? '64 GB' : '10 GB'}`),
      info('Connections', `1/${standard ? 120 : 20}`),
      info('PG Version', '15'),
      info('Created', dataTime(addon.createdAt).slice(0, 16)),
      ...(standard ? [info('Continuous Protection', 'On'), info('Fork/Follow', 'Available')] : []),
      info('Rollback', standard ? (earliest ? `earliest from ${earliest} UTC` : 'Unavailable') : 'Unsupported'),
      // The CLI turns the address into the name of a config var.
      ...(parent ? [{ ...info('Forked From', heroku.postgres.urlOf(parent.login)), resolve_db_name: true }] : []),
      info('Maintenance', 'not required'),
    ],
  };
}
