// What happened in an incident, entry by entry, as sentences for its post-mortem (G29, S12). Not escaped: documents do that.
import type { IncidentEvent } from '../core/incident-log.ts';
import type { TimelineItem } from '../core/incident-timeline.ts';
import type { Event } from '../core/journal.ts';
import { type Operation, stepOf } from '../core/operation.ts';
import type { System } from '../core/system.ts';
import { asMeant, clock, list, span } from '../core/wording.ts';

export const CLOCK_NAMES = {
  diagnosed: 'Diagnosis',
  decided: 'Decision what to do',
  started: 'Start of a recovery',
  review: 'Review scheduled',
  rto: 'Recovery time (RTO)',
} as const;

/** Null for entries that are part of another one: intents, progress, bookkeeping. */
export function timelineWords(item: TimelineItem, system: System): string | null {
  return item.is === 'incident' ? incidentWords(item.entry.event, system) : operationWords(item);
}

function incidentWords(event: IncidentEvent, system: System): string | null {
  switch (event.type) {
    case 'declared':
      return `${who(event.by)} declared it, level ${event.level}: ${asMeant(event.seen)}`;
    case 'acknowledged':
      return `${who(event.by)} acknowledged it`;
    case 'level_set':
      return `${who(event.by)} set it to level ${event.level}`;
    case 'scenario_set':
      return `${who(event.by)} chose the scenario ${system.scenarios[event.scenario]?.title ?? event.scenario}`;
    case 'updated':
      return `${who(event.by)} wrote${event.public ? ' publicly' : ''}: ${asMeant(event.text)}`;
    case 'channel':
      return event.channel === null ? `it got no channel of its own: ${event.why}` : 'it got a channel of its own';
    case 'linked':
      return `${event.operation} was planned for it`;
    case 'reached':
      return `${CLOCK_NAMES[event.milestone]}: reached${byWhom(event.by)}${tail(asMeant(event.note))}`;
    case 'overdue':
      return `OVERDUE: ${CLOCK_NAMES[event.what]}${called(event.call.map(who))}`;
    case 'escalated':
      return `ESCALATED${called(event.call.map((name) => system.contacts[name]?.title ?? name))}`;
    case 'ticked':
    case 'unticked':
      return tickWords(event, system);
    case 'resolved':
      return `${who(event.by)} resolved it${tail(asMeant(event.text))}`;
    case 'reminded':
    case 'followed_up':
      return null;
  }
}

function tickWords(event: Extract<IncidentEvent, { type: 'ticked' | 'unticked' }>, system: System): string {
  const item = system.incidents.checklists[event.list][event.item]?.text ?? `item ${event.item + 1}`;
  const what = `“${item}” on the checklist ${event.list}`;
  if (event.type === 'unticked') return `${who(event.by)} took the tick off ${what}`;
  const whose = event.by === null ? 'Holdfast saw it' : `${who(event.by)} said so`;
  return `Ticked: ${what}; ${whose}${tail(event.evidence ?? '')}`;
}

function operationWords({ operation, entry }: Extract<TimelineItem, { is: 'operation' }>): string | null {
  const words = eventWords(operation, entry.event, entry.at);
  return words === null ? null : `${operation.id}: ${words}`;
}

function eventWords(operation: Operation, event: Event, at: string): string | null {
  const { plan } = operation;
  switch (event.type) {
    case 'proposed':
      return `${who(event.by)} asked for it: ${plan.headline}`;
    case 'confirmed':
      return `${who(event.by)} confirmed it by typing the name of the target`;
    case 'approved':
      return `${who(event.by)} approved it as ${list(event.roles)}${event.factor === undefined ? '' : ', with a one-time code'}`;
    case 'voided':
      return `approval by ${list(event.by.map(who))} no longer counted: ${event.why}`;
    case 'started':
      return plan.gate === null ? null : `the gate was passed; from here on ${plan.target.name} was changed`;
    case 'step_ended':
      return stepWords(operation, event, at);
    case 'asked':
      return `${stepTitle(operation, event.step)} needed a person: ${event.why}`;
    case 'answered':
      return `${who(event.by)} answered about ${stepTitle(operation, event.step)}: ${event.verdict.replace('_', ' ')}`;
    case 'stopped':
      return `stopped${byWhom(event.by)}: ${event.why}`;
    case 'undo_ended':
      return `taken back: ${stepTitle(operation, event.step)}${tail(event.evidence.says.join(' '))}`;
    case 'undo_failed':
      return `${stepTitle(operation, event.step)} could not be taken back: ${event.why}`;
    case 'finished':
      return `ended: ${event.outcome.toUpperCase()}`;
    case 'undone':
      return `taken back by ${event.operation}`;
    case 'consented':
    case 'joined':
    case 'step_started':
    case 'step_progress':
    case 'undo_started':
      return null;
  }
}

function stepWords(operation: Operation, event: Extract<Event, { type: 'step_ended' }>, at: string): string {
  const { startedAt } = stepOf(operation, event.step).state;
  const took = startedAt === null ? '' : ` in ${clock((Date.parse(at) - Date.parse(startedAt)) / 1000)}`;
  const { outcome } = event;
  const { says } = outcome.evidence;
  const word = { done: 'done', unverified: 'UNVERIFIED', failed: 'FAILED' }[outcome.is];
  const why = outcome.is === 'done' ? says : [`${outcome.why}.`, ...says];
  return `${stepTitle(operation, event.step)}: ${word}${took}${tail(why.join(' '))}`;
}

function stepTitle(operation: Operation, id: string): string {
  return `“${stepOf(operation, id).step.title}”`;
}

/** A mention, which documents turn into what the person is. */
function who(id: string): string {
  return `<@${id}>`;
}

function byWhom(by: string | null): string {
  return by === null ? '' : ` by ${who(by)}`;
}

function called(names: readonly string[]): string {
  return names.length === 0 ? '; nobody was called' : `; called: ${list(names)}`;
}

function tail(text: string): string {
  return text === '' ? '' : `: ${text}`;
}

/** `4 min`, or `unknown`: nothing is invented. */
export function spanOr(seconds: number | null): string {
  return seconds === null ? UNKNOWN : span(seconds);
}

export const UNKNOWN = 'unknown';
