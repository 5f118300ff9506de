// The status update of an incident that is due every 15 minutes, and the closing one. Composed from what really happened.
import type { SectionBlock } from '@slack/types';
import { outlookOf } from '../core/eta.ts';
import { lossesOf } from '../core/incident-losses.ts';
import { momentOfPeriod } from '../core/incident-periods.ts';
import { timelineOf } from '../core/incident-timeline.ts';
import type { IncidentSight } from '../core/incident-views.ts';
import { isEnded, type Operation } from '../core/operation.ts';
import { count, span, utcShort } from '../core/wording.ts';
import { context, header, inert, section } from './blocks.ts';
import { tell } from './entry-line.ts';
import { standing } from './incident-card.ts';
import { incidentLine } from './incident-entry.ts';
import { publicText } from './incident-public.ts';
import {
  CLOCK_WORDS,
  clockText,
  headlineText,
  heldText,
  incidentHeadline,
  LEVEL_WORDS,
  sinceText,
} from './incident-words.ts';
import { capital, ended, person, said } from './inline.ts';
import { type Message, message } from './message.ts';
import { paragraphs } from './paragraphs.ts';
import { situation, timeLeft, work } from './situation.ts';
import { stateWord } from './state-words.ts';

/** `period`: the n-th since the declaration, or the last update of all. */
export function incidentUpdate(sight: IncidentSight, period: number | 'last', now: Date): Message {
  return period === 'last' ? closing(sight, now) : between(sight, period, now);
}

function between(sight: IncidentSight, period: number, now: Date): Message {
  const { incident, system } = sight;
  const { everyMinutes } = system.updates;
  const since = momentOfPeriod(incident, everyMinutes, period - 1);
  const over = incident.resolved !== null || sight.nextUpdateAt === null;
  const next = over ? 'No further update is due.' : `Next update due at ${utcShort(sight.nextUpdateAt ?? '', now)}.`;
  const doing = doingText(sight, now);
  const text = `Update ${period} on ${incident.id}, ${ended(headlineText(sight))} ${capital(doing)} RTO left: ${rtoText(sight, now)} ${next}`;
  return message(text, [
    header(`Update ${period}: ${incidentHeadline(sight)}`),
    section(
      [
        `*Now:* ${capital(sinceText(incident, now))}. ${heldText(incident, now)}`,
        `*At work:* ${doing}`,
        `*Time left of the RTO:* ${rtoText(sight, now)}`,
      ].join('\n'),
    ),
    ...sinceList(sight, since, now),
    section(`*For the public:* ${inert(publicText(sight, now), 1000)}`),
    context(`${incident.id} · ${inert(system.title, 80)}`, next),
  ]);
}

/** The running operation with its step n of m and what is left; else what is awaited. */
function doingText({ operations, incident }: IncidentSight, now: Date): string {
  const open = operations.map(({ operation }) => operation).filter(({ state }) => !isEnded(state));
  const [first, ...others] = open.toReversed();
  if (first === undefined) {
    const ended = operations.at(-1)?.operation;
    if (ended !== undefined) return `nothing runs; ${ended.id} has ended: ${stateWord(ended)}.`;
    return incident.reached.diagnosed === undefined
      ? 'nothing runs; the cause is being looked for.'
      : 'nothing runs; no operation is planned.';
  }
  const more = others.length === 0 ? '' : ` Besides ${count(others.length, 'other operation')}.`;
  return `${operationText(first, now)}${more}`;
}

function operationText(operation: Operation, now: Date): string {
  const { over, all } = outlookOf(operation, now);
  const { id, plan, state } = operation;
  const head = `${id} ${stateWord(operation)}, ${inert(plan.headline, 200)}`;
  if (state === 'awaiting_approval' || state === 'proposed' || state === 'needs_human') {
    return `${head}: ${situation(operation, now)}`;
  }
  return `${head}: ${over} of ${all} steps are over; ${work(operation, now)}. Time left: ${timeLeft(operation, now)}.`;
}

function rtoText({ clocks }: IncidentSight, now: Date): string {
  const rto = clocks.find(({ what }) => what === 'rto');
  if (rto === undefined) return 'no RTO is promised.';
  if (rto.reachedAt !== null) return `${clockText(rto, now)}.`;
  const left = (Date.parse(rto.dueAt) - now.getTime()) / 1000;
  return left > 0 ? `${span(left)}, until ${utcShort(rto.dueAt, now)}.` : `none, ${clockText(rto, now)}.`;
}

function sinceList(sight: IncidentSight, since: string, now: Date): SectionBlock[] {
  const told = happened(sight, since, now);
  const from = utcShort(since, now);
  if (told.length === 0) return [section(`*Nothing happened since ${from}.*`)];
  return paragraphs(
    [`*Since ${from}:*`, ...told],
    3,
    (left) => `… and ${count(left, 'more event')}; see the timeline.`,
  );
}

function happened(sight: IncidentSight, since: string, now: Date): string[] {
  const from = Date.parse(since);
  return timelineOf(sight.entries, sight.operations)
    .filter(({ at }) => Date.parse(at) > from || at === sight.incident.declaredAt)
    .filter(({ at }) => Date.parse(at) >= from)
    .flatMap((item) => {
      const line =
        item.is === 'incident' ? incidentLine(sight, item.entry, now) : tell(item.operation, item.entry)?.line;
      return line === undefined ? [] : [`• ${utcShort(item.at, now)} ${line}`];
    });
}

/** Duration, downtime and what was lost; what nobody measured is said to be unknown. */
function closing(sight: IncidentSight, now: Date): Message {
  const { incident, system, operations } = sight;
  const { resolved } = incident;
  const losses = lossesOf(
    incident,
    operations.map(({ operation }) => operation),
  );
  const known = (seconds: number | null) => (seconds === null ? 'unknown' : span(seconds));
  const figures = [
    `*Duration:* ${known(losses.durationSeconds)}${fromTo(sight, now)}`,
    `*Detected after:* ${span(losses.detectSeconds)} · *recovered:* ${recoveredText(losses.recoverSeconds)}`,
    `*Downtime:* ${losses.downSeconds === null ? 'unknown: no operation closed the application' : span(losses.downSeconds)}`,
    `*Data lost:* ${losses.dataLoss === null ? 'unknown: no plan that was carried out says so' : losses.dataLoss.map((loss) => inert(loss, 300)).join('; ')}`,
    `*Level:* ${LEVEL_WORDS[incident.level]}`,
    ...sight.clocks.map((clock) => `*${CLOCK_WORDS[clock.what]}:* ${standing(sight, clock, now)}`),
  ];
  const end = resolved === null ? '' : `${person(resolved.by)}: ${ended(said(resolved.text, 900))}`;
  const text = `${incident.id} ${ended(headlineText(sight))} Duration ${known(losses.durationSeconds)}, downtime ${known(losses.downSeconds)}.`;
  return message(text, [
    header(`Resolved: ${LEVEL_WORDS[incident.level]}: ${system.title}`),
    section([`*What was seen:* ${ended(said(incident.seen))}`, `*What was done:* ${end}`].join('\n')),
    section(figures.join('\n')),
    ...operationList(sight, now),
    section(`*For the public:* ${inert(publicText(sight, now), 1000)}`),
    section(
      'The post-mortem draft follows as a file. The work that follows is reminded of until it is done or dismissed.',
    ),
    context(`${incident.id} · ${inert(system.title, 80)}`, 'No further update is due.'),
  ]);
}

function fromTo({ incident }: IncidentSight, now: Date): string {
  const { startedAt, resolved } = incident;
  return resolved === null ? '' : `, from ${utcShort(startedAt, now)} to ${utcShort(resolved.at, now)}`;
}

function recoveredText(seconds: number | null): string {
  return seconds === null ? 'unknown' : `${span(seconds)} after the declaration`;
}

function operationList({ operations }: IncidentSight, now: Date): SectionBlock[] {
  if (operations.length === 0) return [section('*Operations:* none was carried out for it.')];
  const lines = operations.map(({ operation }) => {
    return `• *${operation.id} ${stateWord(operation)}:* ${inert(operation.plan.headline, 200)}. ${situation(operation, now)}`;
  });
  return paragraphs(['*Operations*', ...lines], 2, (left) => `… and ${count(left, 'more operation')}.`);
}
