// The commands that only answer.

import { firstBroken } from '../core/chain.ts';
import type { QueryCommand } from '../core/command.ts';
import { Refusal } from '../core/errors.ts';
import type { System } from '../core/system.ts';
import type { SystemStatus, View } from '../core/views.ts';
import type { Deps, Place } from './deps.ts';
import { bySystemName, findOperation, findSystem } from './find-system.ts';
import { retentionView } from './retention.ts';

const RECENT = 5;

export async function look(
  deps: Deps,
  command: Exclude<QueryCommand, { verb: 'cancel' }>,
  place: Place,
): Promise<View> {
  switch (command.verb) {
    case 'systems':
      return { is: 'systems', systems: deps.systems.all };
    case 'status': {
      const { all } = deps.systems;
      const systems = command.system === null ? all : [bySystemName(all, command.system)];
      const status = await Promise.all(systems.map((system) => statusOf(deps, system)));
      return { is: 'status', at: new Date().toISOString(), systems: status };
    }
    case 'scenarios':
      return { is: 'scenarios', system: findSystem(deps.systems, command.system, place) };
    case 'backups': {
      const system = findSystem(deps.systems, command.system, place);
      if (command.retention) return { is: 'retention', ...(await retentionView(deps, system)) };
      return backupsOf(deps, system);
    }
    case 'contacts':
      return { is: 'contacts', system: findSystem(deps.systems, command.system, place) };
    case 'drills':
      return drillsOf(deps, findSystem(deps.systems, command.system, place), new Date());
    case 'schedules': {
      const system = findSystem(deps.systems, command.system, place);
      const now = new Date();
      const schedules = deps.scheduleViews(system, await deps.schedules.latest(system.name), now);
      return { is: 'schedules', at: now.toISOString(), system, schedules };
    }
    case 'alerts': {
      const system = findSystem(deps.systems, command.system, place);
      const alerts = await deps.alerts.open(system.name);
      return { is: 'alerts', at: new Date().toISOString(), system, alerts };
    }
    case 'report':
      return reportOf(deps, findSystem(deps.systems, command.system, place), command.of);
    case 'audit': {
      const operation = await findOperation(deps.operations, command.operation);
      const entries = await deps.operations.journal(operation.id);
      return { is: 'audit', operation, entries, broken: firstBroken(entries) };
    }
  }
}

async function statusOf({ operations }: Deps, system: System): Promise<SystemStatus> {
  const [open, recent, proof] = await Promise.all([
    operations.open(system.name),
    operations.recent(system.name, RECENT),
    operations.lastProof(system.name, null),
  ]);
  return { system, open, recent, proof };
}

async function backupsOf(deps: Deps, system: System): Promise<View> {
  const environment = system.backups.of;
  const [facts, proof] = await Promise.all([
    deps.systems.facts(system, [environment]),
    deps.operations.lastProof(system.name, null),
  ]);
  const here = facts.environments[environment];
  if (here === undefined)
    throw new Refusal('unreadable', `${environment} could not be read.`, 'Try again in a minute.');
  return { is: 'backups', at: facts.at, system, of: here.target.name, backups: here.backups, proof };
}

const REPORTS = 200;

async function drillsOf(deps: Deps, system: System, now: Date): Promise<View> {
  const reports = await deps.reports.list(system.name, 'drill', REPORTS);
  const drills = Object.entries(system.drills).map(([name, drill]) => ({
    name,
    drill,
    nextAt: deps.nextDrill(system, name, now),
    last: reports.find(({ figures }) => figures?.drill === name) ?? null,
  }));
  return { is: 'drills', at: now.toISOString(), system, drills };
}

/** Of a month, of an operation or incident, or of the newest drill. */
async function reportOf(deps: Deps, system: System, of: string | null): Promise<View> {
  if (of !== null && MONTH.test(of)) {
    const [month, before] = await Promise.all([deps.month(system, of), deps.month(system, monthBefore(of))]);
    return { is: 'month', system, month, before };
  }
  const drills = await deps.reports.list(system.name, 'drill', REPORTS);
  const report = of === null ? drills[0] : await deps.reports.of(of);
  if (report == null) throw noReport(system, of);
  const { figures, at } = report;
  const before = drills.find((one) => figures !== null && one.figures?.drill === figures.drill && one.at < at);
  return { is: 'report', system: bySystemName(deps.systems.all, report.system), report, before: before ?? null };
}

const MONTH = /^\d{4}-\d{2}$/;

function monthBefore(month: string): string {
  const [year = 0, number = 1] = month.split('-').map(Number);
  return new Date(Date.UTC(year, number - 2)).toISOString().slice(0, 7);
}

function noReport({ title }: System, of: string | null): Refusal {
  if (of === null) {
    return new Refusal('no-report', `No drill of ${title} has been reported yet.`, 'Run one: `/dr drills` lists them.');
  }
  return new Refusal(
    'no-report',
    `There is no report of ${of}.`,
    'Reports are written when a drill or an incident has ended: `/dr report` shows the newest drill.',
  );
}
