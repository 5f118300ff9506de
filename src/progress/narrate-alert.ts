// What is told of an alert: its card, edited in place for as long as it lasts, and a note that is heard when it gets worse.
import { Severity } from '../core/alert.ts';
import type { NarrateAlert } from '../core/incident-ports.ts';

export const narrateAlert: NarrateAlert = (alert, was) => {
  const worse = was !== null && alert.overAt === null && rank(alert.severity) < rank(was.severity);
  // Nobody hears of an edited message. The second in which it was seen tells one rise from the next.
  const note = { kind: 'note', seq: Math.floor(Date.parse(alert.seenAt) / 1000) } as const;
  return worse ? [{ kind: 'card' }, note] : [{ kind: 'card' }];
};

function rank(severity: Severity): number {
  return Severity.options.indexOf(severity);
}
