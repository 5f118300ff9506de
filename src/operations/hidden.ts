// Takes secrets out of what a worker writes down for people: output of other programs may hold what nobody expected there.
import type { Evidence, Outcome } from '../core/action.ts';
import type { Event } from '../core/journal.ts';

type Redact = (text: string) => string;

/** Every text of it that people read. What the program reads again (names, outputs, readings) stays as it is. */
export function hiddenIn(event: Event, redact: Redact): Event {
  switch (event.type) {
    case 'step_progress':
      return { ...event, note: redact(event.note) };
    case 'step_ended':
      return { ...event, outcome: outcomeIn(event.outcome, redact) };
    case 'undo_ended':
      return { ...event, evidence: evidenceIn(event.evidence, redact) };
    case 'asked':
    case 'stopped':
    case 'undo_failed':
    case 'voided':
      return { ...event, why: redact(event.why) };
    default:
      return event;
  }
}

function outcomeIn(outcome: Outcome, redact: Redact): Outcome {
  const evidence = evidenceIn(outcome.evidence, redact);
  return outcome.is === 'done' ? { ...outcome, evidence } : { ...outcome, evidence, why: redact(outcome.why) };
}

function evidenceIn(evidence: Evidence, redact: Redact): Evidence {
  const checks = evidence.checks.map((check) => ({ ...check, figure: redact(check.figure) }));
  return { ...evidence, says: evidence.says.map(redact), checks };
}
