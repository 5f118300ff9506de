// The alerts of a system that are not over.
import type { View } from '../core/views.ts';
import { ago, count, utcShort } from '../core/wording.ts';
import { alertHeadline, answerText } from './alert-card.ts';
import { context, header, inert, section } from './blocks.ts';
import { ended, sentence } from './inline.ts';
import { type Message, message } from './message.ts';
import { paragraphs } from './paragraphs.ts';

const ORDER = ['critical', 'warning', 'info'];

/** The worst first. */
export function alertsMessage({ at, system, alerts }: View & { is: 'alerts' }): Message {
  const now = new Date(at);
  const heading = `${count(alerts.length, 'alert')} of ${inert(system.title, 80)}`;
  const sorted = alerts.toSorted((a, b) => ORDER.indexOf(a.severity) - ORDER.indexOf(b.severity));
  const lines = sorted.map((alert) => {
    const since = `since ${utcShort(alert.raisedAt, now)} (${ago(alert.raisedAt, now)})`;
    const facts = ended(sentence(alert.text, 300));
    return `• *${alert.id} ${inert(alertHeadline(alert, system), 200)}.* ${facts} Answer ${answerText(alert.severity)}; ${since}.`;
  });
  return message(`${heading}, as of ${utcShort(at, now)}.`, [
    header(heading),
    ...(lines.length === 0
      ? [section('Nothing that is watched is out of order.')]
      : paragraphs(lines, 5, (left) => `… and ${count(left, 'more alert')}.`)),
    context(`as of ${utcShort(at, now)}`),
  ]);
}
