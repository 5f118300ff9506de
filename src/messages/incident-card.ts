// The root message of an incident: posted once, then edited in place until it is resolved and what follows is done.
import type { KnownBlock, SectionBlock } from '@slack/types';
import type { NoticeState, NotifierName } from '../core/incident-ports.ts';
import { type Clock, type IncidentSight, objectivesOf } from '../core/incident-views.ts';
import type { Operation } from '../core/operation.ts';
import { count, span, utc, utcShort, utcTime } from '../core/wording.ts';
import { context, fields, header, inert, section } from './blocks.ts';
import { incidentControls } from './incident-controls.ts';
import { scenarioText } from './incident-entry.ts';
import { CLOCK_WORDS, clockText, headlineText, heldText, incidentHeadline, sinceText } from './incident-words.ts';
import { capital, ended, person, said } from './inline.ts';
import { type Message, message } from './message.ts';
import { paragraphs } from './paragraphs.ts';
import { situation } from './situation.ts';
import { headlineOf } from './state-words.ts';

/** Everything about the incident at this moment, what is due first. */
export function incidentCard(sight: IncidentSight, now: Date): Message {
  const { incident } = sight;
  const blocks: (KnownBlock | null)[] = [
    header(incidentHeadline(sight)),
    section(declaredLine(sight)),
    section([`*Seen:* ${ended(said(incident.seen))}`, `*Now:* ${nowLine(sight, now)}`].join('\n')),
    clockFields(sight, now),
    section(recoveryLines(sight, now).join('\n')),
    ...operationLines(sight, now),
    toldOutside(sight, now),
    incidentControls(incident),
    context(...stamps(sight, now)),
  ];
  return message(`${incident.id} ${ended(headlineText(sight))} ${nowLine(sight, now)}`, blocks);
}

function declaredLine({ incident, system }: IncidentSight): string {
  const { id, declaredBy, declaredAt, alert } = incident;
  const from = alert === null ? '' : ` from the alert ${inert(alert, 20)}`;
  return `*${id}* · ${inert(system.title, 80)} · declared by ${person(declaredBy)} at ${utc(declaredAt)}${from}`;
}

/** How long it lasts, who is at it, what is overdue. Mentions nobody. */
export function nowLine({ incident, clocks, nextUpdateAt }: IncidentSight, now: Date): string {
  const overdue = clocks.filter(({ dueAt, reachedAt }) => reachedAt === null && Date.parse(dueAt) <= now.getTime());
  const late =
    incident.resolved !== null || overdue.length === 0
      ? ''
      : ` OVERDUE: ${overdue.map(({ what }) => CLOCK_WORDS[what]).join(', ')}.`;
  const end = incident.resolved === null ? '' : ` Resolved at ${utcShort(incident.resolved.at, now)}.`;
  const next = nextUpdateAt === null ? '' : ` Next update due at ${utcShort(nextUpdateAt, now)}.`;
  return `${capital(sinceText(incident, now))}.${end} ${heldText(incident, now)}${late}${next}`;
}

function clockFields(sight: IncidentSight, now: Date): SectionBlock {
  return fields(sight.clocks.map((clock) => `*${CLOCK_WORDS[clock.what]}*\n${standing(sight, clock, now)}`));
}

/** After the end only the review can still be due. */
export function standing({ incident }: Pick<IncidentSight, 'incident'>, clock: Clock, now: Date): string {
  if (incident.resolved !== null && clock.reachedAt === null && clock.what !== 'review') return 'not reached';
  return clockText(clock, now);
}

function recoveryLines({ incident, system, operations }: IncidentSight, now: Date): string[] {
  const { acknowledged, scenario, startedAt } = incident;
  const promised = objectivesOf(incident, system);
  const chosen = scenario === null ? 'none chosen yet: `/dr assess` helps to find it' : scenarioText(scenario, system);
  const held =
    acknowledged === null
      ? []
      : [`*Acknowledged by:* ${person(acknowledged.by)} at ${utcShort(acknowledged.at, now)}.`];
  if (promised === null) return [...held, `*Scenario:* ${chosen}. The system file promises no RTO and RPO.`];
  const { rtoMinutes, rpoMinutes } = promised;
  return [
    ...held,
    `*Scenario:* ${chosen}. RTO ${span(rtoMinutes * 60)}, RPO ${span(rpoMinutes * 60)}.`,
    `*Recovery point:* ${pointText(
      operations.map(({ operation }) => operation),
      startedAt,
      rpoMinutes,
      now,
    )}`,
  ];
}

/** How old the data is to which the newest plan would go back, against the RPO. */
function pointText(operations: readonly Operation[], startedAt: string, rpoMinutes: number, now: Date): string {
  const backup = operations.findLast(({ plan }) => plan.pinned.backup !== null)?.plan.pinned.backup?.backup;
  if (backup === undefined) return 'not known until a recovery is planned.';
  const at = backup.finishedAt ?? backup.startedAt;
  const lost = (Date.parse(startedAt) - Date.parse(at)) / 1000;
  const verdict = lost > rpoMinutes * 60 ? 'OVER what is promised' : 'within what is promised';
  return `${inert(backup.id, 60)} of ${utcShort(at, now)}, ${span(lost)} before it began: ${verdict}.`;
}

function operationLines({ operations }: IncidentSight, now: Date): SectionBlock[] {
  if (operations.length === 0) return [section('*Operations:* none is planned for it.')];
  const lines = operations.map(({ operation }) => {
    return `• *${operation.id} ${inert(headlineOf(operation), 200)}.* ${situation(operation, now)}`;
  });
  return paragraphs(['*Operations*', ...lines], 2, (left) => `… and ${count(left, 'more operation')}.`);
}

const NOTIFIER_WORDS: Readonly<Record<NotifierName, string>> = {
  pagerduty: 'PagerDuty',
  statuspage: 'status page',
  email: 'e-mail',
};

/** By the newest notice of each notifier: what failed is said in full. */
function toldOutside({ notices }: IncidentSight, now: Date): SectionBlock | null {
  if (notices.length === 0) return null;
  const names = [...new Set(notices.map(({ notifier }) => notifier))];
  return section(['*Told outside*', ...names.map((name) => `• ${noticeText(name, notices, now)}`)].join('\n'));
}

function noticeText(name: NotifierName, notices: readonly NoticeState[], now: Date): string {
  const own = notices.filter(({ notifier }) => notifier === name);
  const sent = own.findLast(({ state }) => state === 'sent');
  const dropped = own.filter(({ state }) => state === 'dropped');
  const due = own.filter(({ state }) => state === 'due');
  const at = sent?.at == null ? '' : ` at ${utcShort(sent.at, now)}`;
  const parts = [
    sent === undefined ? 'NOT told yet' : `told “${sent.notice.is}”${at}`,
    ...due
      .slice(-1)
      .map(({ notice, why }) => `“${notice.is}” is being sent${why === null ? '' : `: ${inert(why, 200)}`}`),
    ...dropped.slice(-1).map(({ notice, why }) => `“${notice.is}” NOT told: ${inert(why ?? 'unknown why', 200)}`),
  ];
  return `${NOTIFIER_WORDS[name]}: ${parts.join('; ')}`;
}

function stamps({ incident }: IncidentSight, now: Date): string[] {
  const { last } = incident;
  return [`log entry ${last.seq}, ${last.hash.slice(0, 12)} · as of ${utcTime(now.toISOString())}`];
}
