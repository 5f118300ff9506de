// A report as it is shown in Slack, beside the one before it; its full text is a file in the channel.
import type { MonthFigures } from '../core/incident-views.ts';
import type { DrillFigures, Report } from '../core/report.ts';
import type { View } from '../core/views.ts';
import { clock, count, megabytes, span, utc } from '../core/wording.ts';
import { code, context, fields, header, inert, section } from './blocks.ts';
import { ended, person, sentence } from './inline.ts';
import { type Message, message } from './message.ts';
import { paragraphs } from './paragraphs.ts';

const RESULTS: Readonly<Record<Report['result'], string>> = {
  pass: 'PASS',
  fail: 'FAIL',
  unverified: 'UNVERIFIED',
  none: 'NOT COUNTED',
};

export function resultWord(result: Report['result']): string {
  return RESULTS[result];
}

/** Of a drill its parts and figures; of an incident where its post-mortem is. */
export function reportMessage({ system, report, before }: View & { is: 'report' }): Message {
  const { id, of, at, title, result, figures, kind } = report;
  const word = kind === 'drill' ? `${resultWord(result)}: ` : '';
  const stamp = context(`${inert(id, 20)} · of ${inert(of, 20)} · ${utc(at)} · the full text is a file in the channel`);
  if (figures === null) {
    return message(`${inert(title, 200)}, ${utc(at)}.`, [
      header(`${word}${title}`),
      section(
        `The ${kind === 'drill' ? 'report' : 'post-mortem'} of ${inert(of, 20)} of ${inert(system.title, 80)} was uploaded to its channel.`,
      ),
      stamp,
    ]);
  }
  const former = before?.figures ?? null;
  return message(`${word}${inert(title, 200)}. ${recoveryText(figures)}`, [
    header(`${word}${title}`),
    ...partLines(figures),
    fields(figureLines(figures, former)),
    ...listOf('Issues', figures.issues, 'none'),
    ...listOf('Recommendations', figures.recommendations, 'none'),
    section(
      `*Took part:* ${figures.participants.length === 0 ? 'nobody joined' : figures.participants.map(person).join(', ')}`,
    ),
    section(figures.nextAt === null ? '*Next:* not scheduled.' : `*Next:* ${utc(figures.nextAt)}.`),
    stamp,
  ]);
}

/** The sentence that introduces the files of a report in the channel. */
export function reportComment({ of, title, result, figures, kind }: Report): string {
  if (kind === 'post-mortem')
    return `*Post-mortem draft* of ${inert(of, 20)}: ${inert(title, 200)}. Complete it within 24 h.`;
  const rest = figures === null ? '' : ` ${recoveryText(figures)}`;
  return `*${resultWord(result)}* · ${inert(title, 200)} (${inert(of, 20)}).${rest}`;
}

function recoveryText({ recoverySeconds, rtoMinutes }: DrillFigures): string {
  const rto = rtoMinutes === null ? 'no RTO is promised' : `RTO ${span(rtoMinutes * 60)}`;
  if (recoverySeconds === null) return `Recovery time not measured, ${rto}.`;
  const over = rtoMinutes !== null && recoverySeconds > rtoMinutes * 60;
  return `Recovered in ${clock(recoverySeconds)}, ${rto}${over ? ': OVER it' : ''}.`;
}

function partLines({ parts }: DrillFigures) {
  const lines = parts.map(({ title, result, seconds }) => {
    const word = result.toUpperCase();
    const took = seconds === null ? '' : ` in ${clock(seconds)}`;
    return `• ${result === 'pass' ? word : `*${word}*`} · ${inert(title, 120)}${took}`;
  });
  return paragraphs(['*Parts*', ...lines], 2, (left) => `… and ${count(left, 'more part')}.`);
}

function figureLines(now: DrillFigures, before: DrillFigures | null): string[] {
  const time = (pick: (figures: DrillFigures) => number | null) => compared(pick(now), before && pick(before), clock);
  const { backup, smoke, leaks } = now;
  const bytes = compared(backup?.bytes ?? null, before?.backup?.bytes ?? null, megabytes);
  return [
    `*Backup*\n${backup === null ? 'none' : `${inert(backup.id, 60)}, ${bytes}`}`,
    `*Recovery*\n${time(({ recoverySeconds }) => recoverySeconds)}`,
    `*Download*\n${time(({ downloadSeconds }) => downloadSeconds)}`,
    `*Restore*\n${time(({ restoreSeconds }) => restoreSeconds)}`,
    `*In all*\n${time(({ totalSeconds }) => totalSeconds)}`,
    `*Smoke tests*\n${smoke === null ? 'not run' : `${smoke.passed}/${smoke.of}`}`,
    `*Masking*\n${leaks === null ? 'nothing is masked here' : leaks === 0 ? 'proven: nothing found' : `*FAIL:* ${count(leaks, 'leak')} found`}`,
    `*Rows*\n${rowsText(now)}`,
  ];
}

function rowsText({ rows }: DrillFigures): string {
  const tables = Object.entries(rows);
  const shown = tables.slice(0, 6).map(([name, number]) => `${inert(name, 60)} ${number.toLocaleString('en-US')}`);
  if (shown.length === 0) return 'not counted';
  return `${shown.join(', ')}${tables.length > 6 ? ` and ${count(tables.length - 6, 'more table')}` : ''}`;
}

/** `02:41 (before: 02:20)` */
function compared(now: number | null, before: number | null, word: (figure: number) => string): string {
  const former = before === null ? '' : ` (before: ${word(before)})`;
  return `${now === null ? 'not measured' : word(now)}${former}`;
}

function listOf(title: string, sentences: readonly string[], none: string) {
  if (sentences.length === 0) return [section(`*${title}:* ${none}.`)];
  return paragraphs(
    [`*${title}*`, ...sentences.map((text) => `• ${ended(sentence(text, 400))}`)],
    2,
    (left) => `… and ${left} more.`,
  );
}

/** A month beside the one before it. */
export function monthMessage({ system, month, before }: View & { is: 'month' }): Message {
  const heading = `${month.month} of ${inert(system.title, 80)}`;
  const drills = `${month.drillsPassed} of ${count(month.drills, 'drill')} passed`;
  const incidents = count(month.incidents, 'incident');
  return message(`${heading}: ${drills}, ${incidents}.`, [
    header(heading),
    fields([
      `*Drills passed*\n${drills}${former(before, ({ drillsPassed, drills: all }) => `${drillsPassed} of ${all}`)}`,
      `*Restores proven*\n${month.proofs}${former(before, ({ proofs }) => String(proofs))}`,
      `*Longest recovery in a drill*\n${compared(month.recoverySeconds, before?.recoverySeconds ?? null, clock)}`,
      `*Median recovery in a drill*\n${compared(month.medianRecoverySeconds, before?.medianRecoverySeconds ?? null, clock)}`,
      `*Size of the backup*\n${compared(month.backupBytes, before?.backupBytes ?? null, megabytes)}`,
      `*Incidents*\n${month.incidents}${former(before, ({ incidents: number }) => String(number))}`,
      `*Mean time to detect*\n${compared(month.detectSeconds, before?.detectSeconds ?? null, span)}`,
      `*Mean time to recover*\n${compared(month.recoverSeconds, before?.recoverSeconds ?? null, span)}`,
      `*Downtime in incidents*\n${compared(month.downSeconds, before?.downSeconds ?? null, span)}`,
      `*Alerts*\n${compared(month.alerts, before?.alerts ?? null, String)}`,
    ]),
    context(before === null ? 'Nothing is kept of the month before.' : `compared with ${inert(before.month, 10)}`),
    section(`A month by name: ${code('/dr report 2026-11')}; a drill or incident: ${code('/dr report op-41')}.`),
  ]);
}

function former(before: MonthFigures | null, word: (figures: MonthFigures) => string): string {
  return before === null ? '' : ` (before: ${word(before)})`;
}
