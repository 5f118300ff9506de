// App Home: how every system stands, what waits for whoever opens it, and what is next.
import type { HomeView, KnownBlock } from '@slack/types';
import type { Home, SystemHome } from '../core/incident-views.ts';
import type { Operation } from '../core/operation.ts';
import { ago, count, span, utc, utcShort } from '../core/wording.ts';
import { alertHeadline } from './alert-card.ts';
import { brokenMessage } from './answers.ts';
import { tallyText } from './approvals.ts';
import { code, context, cut, divider, header, inert, LIMITS, section } from './blocks.ts';
import { clockText, headlineText, heldText } from './incident-words.ts';
import { channelLink, ended } from './inline.ts';
import { paragraphs } from './paragraphs.ts';
import { headlineOf } from './state-words.ts';
import { proofLine } from './status.ts';

/** Slack takes 100 blocks; what does not fit is said. */
const MOST_SYSTEMS = 12;
const MOST = 100;

/** What waits for this very person comes first. Nothing here is asked of a provider: what was read once is shown with its time. */
export function homeView({ at, systems, waiting }: Home): HomeView {
  const now = new Date(at);
  const left = systems.length - MOST_SYSTEMS;
  const blocks: KnownBlock[] = [
    header('Holdfast'),
    ...waitingPart(waiting, systems, now),
    ...systems.slice(0, MOST_SYSTEMS).flatMap((system) => [divider(), ...systemPart(system, now)]),
    ...(left > 0 ? [section(`… and ${count(left, 'more system')}: ${code('/dr status')}.`)] : []),
    context(`as of ${utc(at)} · ${code('/dr help')} shows what can be asked · all times are UTC`),
  ];
  return { type: 'home', blocks: blocks.slice(0, MOST) };
}

/** What stands there when it could not be read. */
export function homeProblem(reference: string): HomeView {
  const { blocks } = brokenMessage(reference);
  return { type: 'home', blocks: [header('Holdfast'), ...blocks] };
}

function waitingPart(waiting: readonly Operation[], systems: readonly SystemHome[], now: Date): KnownBlock[] {
  if (waiting.length === 0) return [section('*Waiting for you:* nothing.')];
  const lines = waiting.map((operation) => {
    const { id, plan, expiresAt } = operation;
    const channel = systems.find(({ system }) => system.name === plan.system)?.system.channel;
    const where = channel === undefined ? '' : ` The card is in ${channelLink(channel)}.`;
    const until = expiresAt === null ? '' : ` Until ${utcShort(expiresAt, now)}.`;
    const given = tallyText(operation);
    return `• *${id} ${inert(headlineOf(operation), 200)}.*${given === '' ? '' : ` ${given}.`}${until}${where}`;
  });
  return paragraphs([`*Waiting for you: ${waiting.length}*`, ...lines], 2, (left) => `… and ${left} more.`);
}

function systemPart(home: SystemHome, now: Date): KnownBlock[] {
  const { system, incidents, alerts, open } = home;
  const lines = [
    `*${inert(system.title, 80)}* (${inert(system.name, 60)})`,
    ...incidents.map(({ incident, clocks }) => {
      const due = clocks.find(({ reachedAt }) => reachedAt === null);
      const clock = due === undefined ? '' : ` Next point ${clockText(due, now)}.`;
      return `• *${incident.id} ${ended(headlineText({ incident, clocks, system }, 150))}* ${heldText(incident, now)}${clock}`;
    }),
    ...alerts.map(
      (alert) => `• *${alert.id} ${inert(alertHeadline(alert, system), 200)}*, for ${ago(alert.raisedAt, now)}`,
    ),
    ...open.map((operation) => `• *${operation.id} ${inert(headlineOf(operation), 200)}*`),
    ...(incidents.length + alerts.length + open.length === 0
      ? ['No incident, no alert, nothing is running or waiting.']
      : []),
    backupLine(home, now),
    proofLine(home.proof, now),
    pointLine(home),
    drillLine(home, now),
  ];
  return paragraphs(
    lines.map((line) => cut(line, LIMITS.section / 2)),
    2,
    (rest) => `… and ${count(rest, 'more line')}: ${code(`/dr status --system ${system.name}`)}.`,
  );
}

function backupLine({ backups, system }: SystemHome, now: Date): string {
  if (backups === null)
    return `*Newest backup:* not looked at yet; ${code(`/dr backups --system ${system.name}`)} looks.`;
  const { newest, at } = backups;
  const read = `read at ${utcShort(at, now)}`;
  if (newest === null) return `*Newest backup:* NONE that can be restored, ${read}.`;
  const old = (now.getTime() - Date.parse(newest.finishedAt ?? newest.startedAt)) / 1000;
  const late = old > system.backups.maxAgeHours * 3600 ? ', OLDER than it may be' : '';
  return `*Newest backup:* ${inert(newest.id, 60)}, ${span(old)} old${late}, ${read}.`;
}

/** What is promised beside what can be kept: a promise that backups alone cannot keep is said every time. */
function pointLine({ system, capability }: SystemHome): string {
  const promised = system.objectives?.rpoMinutes;
  const can =
    capability === null
      ? 'what can be kept is not known yet'
      : `${capability.by === 'moments' ? 'the write-ahead log keeps' : 'backups keep'} ${span(capability.minutes * 60)}`;
  if (promised === undefined) return `*RPO:* none is promised; ${can}.`;
  const honest = capability === null || capability.minutes <= promised;
  return `*RPO:* ${span(promised * 60)} is promised; ${can}${honest ? '' : ': *NOT KEPT*'}.`;
}

function drillLine({ nextDrill, system }: SystemHome, now: Date): string {
  if (nextDrill === null)
    return `*Next drill:* none is scheduled; ${code(`/dr drill --system ${system.name}`)} lists them.`;
  const left = (Date.parse(nextDrill.at) - now.getTime()) / 1000;
  return `*Next drill:* ${inert(nextDrill.title, 80)}, ${utc(nextDrill.at)}, in ${span(left)}.`;
}
