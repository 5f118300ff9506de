// What one entry of an incident's log tells a person, as one line; made inert.
import type { IncidentEntry, IncidentEvent } from '../core/incident-log.ts';
import type { IncidentSight } from '../core/incident-views.ts';
import type { System } from '../core/system.ts';
import { list, span, utcShort } from '../core/wording.ts';
import { code, inert } from './blocks.ts';
import { CLOCK_WORDS, LEVEL_WORDS } from './incident-words.ts';
import { ended, person, said, sentence } from './inline.ts';

/** The line mentions whom it is about. `now`: when it is read. */
export function incidentLine(
  { incident, system, operations }: Pick<IncidentSight, 'incident' | 'system' | 'operations'>,
  { event, at }: IncidentEntry,
  now: Date,
): string {
  const { id } = incident;
  switch (event.type) {
    case 'declared':
      return declaredLine(id, event, now);
    case 'acknowledged':
      return `${person(event.by)} acknowledged ${id}: nobody else is called.`;
    case 'level_set':
      return `${person(event.by)} set ${id} to ${LEVEL_WORDS[event.level]}.`;
    case 'scenario_set':
      return `${person(event.by)} chose the scenario ${scenarioText(event.scenario, system)}.`;
    case 'updated':
      return `${person(event.by)}${event.public ? ' (public)' : ''}: ${ended(said(event.text, 900))}`;
    case 'channel':
      return event.channel === null
        ? `A channel of its own could not be had for ${id}: ${ended(inert(event.why ?? 'unknown why', 200))}`
        : `${id} has a channel of its own: <#${event.channel}>.`;
    case 'linked': {
      const linked = operations.find(({ operation }) => operation.id === event.operation)?.operation;
      const what = linked === undefined ? '' : `: ${inert(linked.plan.headline, 200)}`;
      return ended(`${inert(event.operation, 20)} was planned for ${id}${what}`);
    }
    case 'reached':
      return reachedLine(event);
    case 'overdue':
      return overdueLine(event, at, now);
    case 'escalated':
      return escalatedLine(event, system);
    case 'ticked':
      return tickedLine(event, system);
    case 'unticked':
      return `${person(event.by)} took the tick off ${itemText(event, system)}.`;
    case 'resolved':
      return `${person(event.by)} resolved ${id}: ${ended(said(event.text, 900))}`;
    case 'reminded':
      return `${span(event.hours * 3600)} after the end of ${id}: the work that follows is still open.`;
    case 'followed_up': {
      const done = event.verdict === 'done' ? 'has done' : 'dismissed';
      return `${person(event.by)} ${done} the work that was due ${span(event.hours * 3600)} after the end.`;
    }
  }
}

type Of<T extends IncidentEvent['type']> = Extract<IncidentEvent, { type: T }>;

function declaredLine(id: string, { by, level, seen, startedAt, alert }: Of<'declared'>, now: Date): string {
  const from = alert === null ? '' : ` from the alert ${inert(alert, 20)}`;
  const since = `seen since ${utcShort(startedAt, now)}`;
  return `${person(by)} declared ${id}${from}, ${LEVEL_WORDS[level]}, ${since}: ${ended(said(seen, 600))}`;
}

function reachedLine({ milestone, by, note }: Of<'reached'>): string {
  const who = by === null ? '' : ` by ${person(by)}`;
  return `${CLOCK_WORDS[milestone]}: reached${who}. ${note === '' ? '' : ended(sentence(note, 400))}`.trim();
}

function overdueLine({ what, call }: Of<'overdue'>, at: string, now: Date): string {
  const whom =
    call.length === 0 ? 'Nobody is named as its owner in the system file.' : `${list(call.map(person))}, it is yours.`;
  return `*OVERDUE:* ${CLOCK_WORDS[what]}, not reached by ${utcShort(at, now)}. ${whom}`;
}

function escalatedLine({ call }: Of<'escalated'>, { contacts }: System): string {
  const called = call.flatMap((name) => {
    const contact = contacts[name];
    if (contact === undefined) return [inert(name, 60)];
    const people = contact.users.map(person).join(' ');
    const phone = contact.phone === undefined ? '' : `, ${inert(contact.phone, 40)}`;
    return [`${inert(contact.title, 80)}${people === '' ? '' : ` ${people}`}${phone}`];
  });
  return `*Escalated:* nobody has acknowledged it. Called now: ${called.join('; ')}.`;
}

function tickedLine(event: Of<'ticked'>, system: System): string {
  const { by, evidence } = event;
  const seen = evidence === null ? '' : ` ${ended(sentence(evidence, 300))}`;
  return `Ticked${by === null ? ' by itself' : ` by ${person(by)}`}: ${itemText(event, system)}.${seen}`;
}

/** `“Services stopped safely” (during)` */
function itemText({ list: name, item }: Pick<Of<'ticked'>, 'list' | 'item'>, { incidents }: System): string {
  const text = incidents.checklists[name][item]?.text ?? `item ${item + 1}`;
  return `“${inert(text, 80)}” (${name})`;
}

/** `Database corruption` as it is titled, with its name. */
export function scenarioText(name: string, { scenarios }: Pick<System, 'scenarios'>): string {
  const scenario = scenarios[name];
  return scenario === undefined ? inert(name, 60) : `${inert(scenario.title, 80)} (${code(name)})`;
}
