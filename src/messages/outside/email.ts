// The e-mail about an incident, for the people of the system: what is new, how it stands, what is due, what is being done.
import { outlookOf } from '../../core/eta.ts';
import type { IncidentEntry } from '../../core/incident-log.ts';
import type { Notice } from '../../core/incident-ports.ts';
import type { IncidentSight, Linked } from '../../core/incident-views.ts';
import { isEnded } from '../../core/operation.ts';
import { ago, count, span, utcShort } from '../../core/wording.ts';
import { plain } from '../blocks.ts';
import { CLOCK_WORDS, clockText, heldText, incidentHeadline, LEVEL_WORDS, sinceText } from '../incident-words.ts';
import { headlineOf } from '../state-words.ts';
import { newsOf, personOf, scenarioOf, words } from './words.ts';

/** Plain text, the subject on one line. */
export type Email = { readonly subject: string; readonly text: string };

const SUBJECT = 180;
const MOST_WORDS = 5;
const MOST_OPERATIONS = 8;
/** Seconds after which a message says that it comes late. */
const LATE = 120;

/** What is new, where the headline does not say it. */
const NEWS: Readonly<Partial<Record<Notice['is'], string>>> = {
  acknowledged: ' ACKNOWLEDGED',
  updated: ' UPDATE',
  escalated: ' ESCALATED',
};

/** `entry` is what the notice follows from. */
export function email(sight: IncidentSight, notice: Notice, entry: IncidentEntry | null, now: Date): Email {
  const { incident, system } = sight;
  const subject = plain(`${incident.id}${NEWS[notice.is] ?? ''}: ${incidentHeadline(sight)}`, SUBJECT);
  const paragraphs = [
    newsLines(sight, entry, now),
    stateLines(sight, now),
    titled(
      'Clocks',
      sight.clocks.map((clock) => `${CLOCK_WORDS[clock.what]}: ${clockText(clock, now)}`),
    ),
    titled('Operations', operationLines(sight, now)),
    titled('What people said', wordLines(sight, now)),
    [updateLine(sight, now), `In Slack: ${channelAddress(system)}`, `Sent by Holdfast for ${plain(system.title, 80)}.`],
  ];
  const text = paragraphs.filter((lines) => lines.length > 0).map((lines) => lines.join('\n'));
  return { subject, text: `${text.join('\n\n')}\n` };
}

/** Opens the incident channel in the reader's own workspace. */
export function channelAddress({ channel }: Pick<IncidentSight['system'], 'channel'>): string {
  return `https://slack.com/app_redirect?channel=${channel}`;
}

function newsLines(sight: IncidentSight, entry: IncidentEntry | null, now: Date): string[] {
  const news = entry === null ? null : newsOf(sight, entry);
  const late = entry !== null && now.getTime() - Date.parse(entry.at) >= LATE * 1000;
  return [
    news ?? 'It goes on.',
    ...(late
      ? [`That was ${ago(entry.at, now)} ago, at ${utcShort(entry.at, now)}: it could not be sent earlier.`]
      : []),
  ];
}

function stateLines(sight: IncidentSight, now: Date): string[] {
  const { incident, system } = sight;
  const { scenario, resolved } = incident;
  return [
    `System: ${plain(system.title, 80)}`,
    `Level: ${LEVEL_WORDS[incident.level]}`,
    `Seen: ${words(incident.seen)}`,
    `Now: ${sinceText(incident, now)}. ${heldText(incident, now)}`,
    ...(resolved === null ? [] : [`Resolved: at ${utcShort(resolved.at, now)} by ${personOf(system, resolved.by)}`]),
    `Scenario: ${scenario === null ? 'none chosen yet' : scenarioOf(scenario, system)}`,
  ];
}

/** What one waits for comes first. */
function operationLines({ operations }: IncidentSight, now: Date): string[] {
  const open = operations.filter(({ operation }) => !isEnded(operation.state));
  const ended = operations.filter(({ operation }) => isEnded(operation.state));
  const shown = [...open, ...ended.toReversed()].slice(0, MOST_OPERATIONS);
  const left = operations.length - shown.length;
  const lines = shown.map((linked) => operationLine(linked, now));
  return left > 0 ? [...lines, `and ${count(left, 'more operation')}`] : lines;
}

function operationLine({ operation }: Linked, now: Date): string {
  const name = `${operation.id} ${plain(headlineOf(operation), 250)}`;
  if (isEnded(operation.state)) return name;
  const { over, all, secondsLeft } = outlookOf(operation, now);
  const left = secondsLeft === null ? 'unknown: never timed here' : `about ${span(secondsLeft)}, waiting not counted`;
  return `${name}: ${over} of ${all} steps are over. Time left: ${left}`;
}

function wordLines({ incident, system }: IncidentSight, now: Date): string[] {
  return incident.words.slice(-MOST_WORDS).map(({ by, at, text, public: isPublic }) => {
    return `${utcShort(at, now)} ${personOf(system, by)}${isPublic ? ' (public)' : ''}: ${words(text)}`;
  });
}

function updateLine({ nextUpdateAt }: IncidentSight, now: Date): string {
  return nextUpdateAt === null
    ? 'No further update is due.'
    : `Next update due at ${utcShort(nextUpdateAt, now)}, in Slack.`;
}

function titled(title: string, lines: readonly string[]): string[] {
  return lines.length === 0 ? [] : [`${title}:`, ...lines.map((line) => `  - ${line}`)];
}
