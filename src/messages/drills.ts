// The drills of a system, when they are next and how they went last; and what runs by itself.

import type { DrillView, ScheduleView } from '../core/incident-views.ts';
import type { DrillPart, ScheduledWork } from '../core/schedule.ts';
import type { System } from '../core/system.ts';
import type { View } from '../core/views.ts';
import { ago, count, span, utc, utcShort } from '../core/wording.ts';
import { code, context, header, inert, section, sectionWith } from './blocks.ts';
import { runButton } from './incident-controls.ts';
import { type Message, message } from './message.ts';
import { paragraphs } from './paragraphs.ts';
import { resultWord } from './report-view.ts';

const MOST = 20;

/** One part per drill. A drill touches production only by reading. */
export function drillsMessage({ at, system, drills }: View & { is: 'drills' }): Message {
  const now = new Date(at);
  const heading = `${count(drills.length, 'drill')} of ${inert(system.title, 80)}`;
  if (drills.length === 0) {
    const none = `The system file of ${inert(system.title, 80)} describes no drills.`;
    const next = `${code('/dr verify --deep')} proves a restore all the same.`;
    return message(`${none} ${next}`, [section(`${none}\n*Next:* ${next}`)]);
  }
  return message(`${heading}: ${drills.map(({ name }) => inert(name, 40)).join(', ')}.`, [
    header(heading),
    ...drills.slice(0, MOST).map((one) => {
      return sectionWith(
        drillText(one, system, now),
        ...runButton('Run now', `drill ${one.name} --system ${system.name}`),
      );
    }),
    drills.length > MOST ? section(`… and ${count(drills.length - MOST, 'more drill')}.`) : null,
    context('Anybody may look on; a drill changes nothing that customers use.'),
  ]);
}

const PARTS: Readonly<Record<DrillPart['do'], string>> = {
  backups: 'the backups',
  scratch: 'a restore into a scratch database',
  restore: 'a restore',
  disaster: 'a simulated disaster',
  person: 'a human part',
};

function drillText({ name, drill, nextAt, last }: DrillView, { name: system }: System, now: Date): string {
  const parts = drill.parts.map((part) =>
    part.do === 'restore' ? `a restore into ${inert(part.environment, 60)}` : PARTS[part.do],
  );
  const next =
    nextAt === null
      ? 'not scheduled'
      : `next at ${utc(nextAt)}, in ${span((Date.parse(nextAt) - now.getTime()) / 1000)}`;
  const former =
    last === null ? 'never run' : `last ${resultWord(last.result)} ${ago(last.at, now)} ago (${inert(last.of, 20)})`;
  return [
    `*${inert(drill.title, 80)}* · about ${span(drill.minutes * 60)}: ${parts.join(', ')}`,
    `${former} · ${next}`,
    code(`/dr drill ${name} --system ${system}`),
  ].join('\n');
}

/** Soonest first. Times are shown in UTC, with the zone in which a schedule is written when that is another one. */
export function schedulesMessage({ at, system, schedules }: View & { is: 'schedules' }): Message {
  const now = new Date(at);
  const heading = `${count(schedules.length, 'schedule')} of ${inert(system.title, 80)}`;
  if (schedules.length === 0) {
    const none = `Nothing runs by itself on ${inert(system.title, 80)}: its system file has no schedules.`;
    return message(none, [section(`*${none}*`)]);
  }
  const sorted = schedules.toSorted((a, b) => ((a.nextAt[0] ?? '9') < (b.nextAt[0] ?? '9') ? -1 : 1));
  return message(`${heading}, as of ${utcShort(at, now)}.`, [
    header(heading),
    ...paragraphs(
      sorted.map((one) => scheduleText(one, now)),
      10,
      (left) => `… and ${count(left, 'more schedule')}.`,
    ),
    context(`as of ${utcShort(at, now)}`),
  ]);
}

function workText(work: ScheduledWork): string {
  switch (work.do) {
    case 'verify':
      return work.deep ? 'verifies a backup by restoring it' : 'verifies the backups';
    case 'backup':
      return `takes a backup${work.environment === undefined ? '' : ` of ${inert(work.environment, 60)}`}`;
    case 'warm':
      return `keeps a candidate warm beside ${inert(work.environment, 60)}`;
    case 'copy':
      return 'copies the latest backup out of the house';
    case 'export':
      return 'exports what the law has to be able to read';
    case 'drill':
      return `runs the drill ${inert(work.drill, 60)}`;
    case 'review':
      return `reminds of a review: ${inert(work.title, 120)}`;
  }
}

function scheduleText({ schedule, nextAt, last }: ScheduleView, now: Date): string {
  const { name, cron, timeZone, missed, work } = schedule;
  const zone = timeZone === 'UTC' ? '' : ` ${inert(timeZone, 40)}`;
  const when = nextAt.length === 0 ? 'never again' : nextAt.slice(0, 3).map(utc).join(', then ');
  const note = last === null || last.note === '' ? '' : `: ${inert(last.note, 200)}`;
  const operation = last?.operation == null ? '' : ` (${inert(last.operation, 20)})`;
  const former = last === null ? 'not run yet' : `last due ${ago(last.due, now)} ago${operation}${note}`;
  const late = missed === 'make-up' ? 'a missed run is made up once' : 'a missed run is reported';
  return `*${inert(name, 60)}* ${workText(work)} · ${code(`${cron}`)}${zone}\nnext ${when}\n${former} · ${late}`;
}
