// What a typed command about incidents is answered with: something done and said, something to read, or a dialog to be opened.

import { firstBroken } from '../core/chain.ts';
import type { IncidentCommand } from '../core/command.ts';
import type { System } from '../core/system.ts';
import type { Answer } from '../core/views.ts';
import { acknowledge, resolve, setLevel, setReview, update } from './act.ts';
import { chooseIncident, openBeside } from './choose.ts';
import { declare } from './declare.ts';
import type { IncidentDeps } from './deps.ts';
import { sightOf } from './sight.ts';
import { ticketsOf } from './tickets.ts';

/** `id` is that of the committed command: one leads to one incident. `system` is the one that the command is about. */
type Asked = { readonly id: string; readonly by: string; readonly system: System; readonly now: Date };

const RECENT = 5;

export async function answerIncident(deps: IncidentDeps, command: IncidentCommand, asked: Asked): Promise<Answer> {
  const { id, by, system, now } = asked;
  const at = now.toISOString();
  switch (command.do) {
    case 'assess':
      return { is: 'dialog', dialog: 'assess', system };
    case 'declare': {
      const { level, seen, since, scenario, alert } = command;
      if (seen === null) return { is: 'dialog', dialog: 'declare', system, level, seen, since, scenario, alert };
      const given = { command: id, by, system: system.name, level, seen, since, scenario, alert };
      const incident = await declare(deps, given, now);
      const beside = await openBeside(deps, incident);
      return { is: 'view', view: { is: 'incident', did: 'declared', incident, system, beside } };
    }
    case 'list': {
      const only = command.system === null ? null : system.name;
      const [open, resolved] = await Promise.all([deps.incidents.open(only), deps.incidents.resolved(only, RECENT)]);
      const sights = await Promise.all(open.map((incident) => sightOf(deps, incident.id, now)));
      const over = resolved.map((incident) => ({ incident, system: deps.systemNamed(incident.system) }));
      return { is: 'view', view: { is: 'incidents', at, open: sights, resolved: over } };
    }
    case 'tickets': {
      const incident = await onlyIncident(deps, command.incident, system);
      const of = incident === null ? system : deps.systemNamed(incident.system);
      const tickets = await ticketsOf(deps, of, incident);
      return { is: 'view', view: { is: 'tickets', system: of, incident, tickets } };
    }
    default:
      return { is: 'view', view: await onOne(deps, command, asked) };
  }
}

type OnOne = Extract<
  IncidentCommand,
  { do: 'ack' | 'update' | 'level' | 'review' | 'resolve' | 'timeline' | 'checklist' }
>;

async function onOne(deps: IncidentDeps, command: OnOne, { by, system, now }: Asked) {
  const { id: incident, system: name } = await chooseIncident(deps, command.incident, system.name);
  const of = deps.systemNamed(name);
  const at = now.toISOString();
  switch (command.do) {
    case 'ack':
      return said('acknowledged', await acknowledge(deps, { incident, by }), of);
    case 'update': {
      const { text, public: isPublic } = command;
      return said('updated', await update(deps, { incident, by, text, public: isPublic }), of);
    }
    case 'level':
      return said('level_set', await setLevel(deps, { incident, by, level: command.level }), of);
    case 'review':
      return said('review_set', await setReview(deps, { incident, by, at: command.at }, now), of);
    case 'resolve':
      return said('resolved', await resolve(deps, { incident, by, text: command.text }), of);
    case 'timeline': {
      const sight = await sightOf(deps, incident, now);
      return { is: 'timeline', at, sight, broken: firstBroken(sight.entries) } as const;
    }
    case 'checklist':
      return { is: 'checklist', at, sight: await sightOf(deps, incident, now), list: command.list } as const;
  }
}

function said<D extends 'acknowledged' | 'updated' | 'level_set' | 'review_set' | 'resolved'>(
  did: D,
  incident: Awaited<ReturnType<typeof chooseIncident>>,
  system: System,
) {
  return { is: 'incident', did, incident, system } as const;
}

/** Tickets can be written without an incident. */
async function onlyIncident(deps: IncidentDeps, named: string | null, system: System) {
  if (named !== null) return await chooseIncident(deps, named, system.name);
  const [only, ...others] = await deps.incidents.open(system.name);
  return others.length === 0 ? (only ?? null) : null;
}
