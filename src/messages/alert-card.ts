// The card of an alert: what was read, how soon somebody has to answer, and the button that does the next sensible thing.
import { type Alert, type AlertKind, ANSWER_WITHIN, type Severity } from '../core/alert.ts';
import { ladderOf } from '../core/incident-clocks.ts';
import type { Level } from '../core/incident-rules.ts';
import type { System } from '../core/system.ts';
import { ago, span, utc, utcShort, utcTime } from '../core/wording.ts';
import { actions, code, context, header, inert, section } from './blocks.ts';
import { declareButton, runButton } from './incident-controls.ts';
import { ended, person, sentence } from './inline.ts';
import { type Message, message } from './message.ts';

const SEVERITY_WORDS: Readonly<Record<Severity, string>> = {
  critical: 'CRITICAL',
  warning: 'WARNING',
  info: 'INFO',
};

/** What is wrong, in as few words as a headline takes. */
const KIND_WORDS: Readonly<Record<AlertKind, string>> = {
  missing: 'a backup is missing',
  failed: 'the newest backup failed',
  old: 'the newest backup is too old',
  size: 'the size of the backup is off',
  retention: 'the retention is not as stated',
  offsite: 'the copy out of the house is missing or old',
  'restore-test': 'restoring is not proven',
  disk: 'the disk fills up',
  lag: 'the replica lags behind',
  pool: 'the connections run out',
  unreadable: 'it cannot be looked at',
  health: 'the application is unhealthy',
  schedule: 'a scheduled run was missed',
};

/** F19: at once, within four hours, or with the day's work. */
export function answerText(severity: Severity): string {
  const minutes = ANSWER_WITHIN[severity];
  if (minutes === null) return 'whenever there is time';
  return minutes === 0 ? 'at once' : `within ${span(minutes * 60)}`;
}

/** `OVER: ` comes first once it is over. Not escaped. */
export function alertHeadline(
  { severity, kind, environment, overAt }: Alert,
  { title }: Pick<System, 'title'>,
): string {
  const word = SEVERITY_WORDS[severity];
  return `${overAt === null ? word : `OVER (was ${word})`}: ${title} ${environment}: ${KIND_WORDS[kind]}`;
}

export function alertCard(alert: Alert, system: System, now: Date): Message {
  const { id, text, raisedAt, seenAt, overAt, environment, about } = alert;
  const facts = ended(sentence(text, 600));
  const lasted =
    overAt === null
      ? `since ${utcShort(raisedAt, now)}, for ${ago(raisedAt, now)}`
      : `from ${utcShort(raisedAt, now)} to ${utcShort(overAt, now)}, ${ago(raisedAt, new Date(overAt))}`;
  const answer = answerLine(alert, system);
  const what = about === '' ? '' : ` (${inert(about, 80)})`;
  const headline = alertHeadline(alert, system);
  return message(`${id} ${inert(headline, 250)}. ${facts} ${answer}`, [
    header(headline),
    section(`*${id}* · ${inert(system.title, 80)} ${inert(environment, 60)}${what} · raised at ${utc(raisedAt)}`),
    section([`*Read:* ${facts}`, `*How long:* ${lasted}.`, `*Response:* ${answer}`].join('\n')),
    overAt === null ? controls(alert) : null,
    ...(overAt === null ? [context(...remedyText(alert))] : []),
    context(`last looked at ${utcTime(seenAt)} · as of ${utcTime(now.toISOString())}`),
  ]);
}

/** In the thread of the card, when it has got worse: an edit reaches nobody. */
export function alertNote(alert: Alert, system: System): Message {
  const text = `${alert.id} is ${SEVERITY_WORDS[alert.severity]} now: ${ended(sentence(alert.text, 600))} ${answerLine(alert, system)}`;
  return message(text, [section(text)]);
}

/** Whoever has to answer at once is mentioned. */
function answerLine({ overAt, severity }: Alert, system: System): string {
  if (overAt !== null) return 'Nothing is left to do.';
  const whom = severity === 'critical' ? ownersOf(system).map(person) : [];
  return [`Answer ${answerText(severity)}.`, ...whom].join(' ');
}

function controls({ id, system, severity, text, raisedAt, remedy }: Alert) {
  const known = { system, level: LEVEL_OF[severity], seen: text, since: raisedAt, scenario: null, alert: id };
  const remedies = remedy === null ? [] : runButton(remedy.label, remedy.command, 'primary');
  return actions([...remedies, declareButton(known, severity === 'critical' ? 'danger' : undefined)]);
}

const LEVEL_OF: Readonly<Record<Severity, Level>> = { critical: 1, warning: 2, info: 3 };

function remedyText({ remedy }: Alert): string[] {
  if (remedy === null) return ['No command of Holdfast mends this: look at the place itself.'];
  return [`“${inert(remedy.label, 60)}” runs ${code(`/dr ${remedy.command}`)} as whoever clicks it.`];
}

/** Who owns the clocks, else whoever is called first. */
function ownersOf({ contacts, incidents }: System): readonly string[] {
  const name = incidents.owner ?? ladderOf(incidents)[0]?.call[0];
  return name === undefined ? [] : (contacts[name]?.users ?? []);
}
