// Where an operation stands and what is awaited, in one or two sentences: for notifications, cards, updates and lists.
import { outlookOf } from '../core/eta.ts';
import type { Operation } from '../core/operation.ts';
import { count, span, utcShort } from '../core/wording.ts';
import { tallyText } from './approvals.ts';
import { inert } from './blocks.ts';
import { capital, ended, sentence } from './inline.ts';
import { isRead, stepName, stepWord } from './step-words.ts';

/** Made inert. Names nobody, so that reading it in a notification pings nobody. */
export function situation(operation: Operation, now: Date): string {
  const { state, undoneBy, stopped } = operation;
  switch (state) {
    case 'proposed':
      return `Nothing has been done. Waiting for the requester to confirm it${until(operation, now)}.`;
    case 'awaiting_approval':
      return `${tallyText(operation)}${until(operation, now)}. ${rehearsal(operation, now)} Work left: ${timeLeft(operation, now)}.`;
    case 'queued':
      return queued(operation, now);
    case 'running':
      return `${capital(work(operation, now))}.${leftText(operation, now)}`;
    case 'unwinding':
      return `Stopped: ${ended(reason(operation))} What was done is being taken back.`;
    case 'needs_human':
      if (operation.question?.about === 'task')
        return `A person's turn: ${stepName(operation, operation.question.step)}.`;
      return `It is not known whether ${unclear(operation)} happened. A person must say so; nothing is done until then.`;
    case 'succeeded':
      return `${durations(operation, now)} ${proven(operation)}`;
    case 'unverified':
      return `${durations(operation, now)} Not everything could be read back: ${unverifiedSteps(operation)}.`;
    case 'undone':
      return `It was taken back${undoneBy === null ? '' : ` by ${undoneBy}`}.`;
    case 'failed':
    case 'cancelled':
    case 'expired': {
      const why = stopped === null ? 'The reason is in the journal.' : `Stopped: ${ended(reason(operation))}`;
      return `${why} ${remains(operation)}`;
    }
  }
}

/** `about 6 min`, or that nobody knows. */
export function timeLeft(operation: Operation, now: Date): string {
  if (operation.state === 'needs_human') return 'unknown: it depends on the answer';
  const { secondsLeft } = outlookOf(operation, now);
  return secondsLeft === null ? 'unknown: never timed here' : `about ${span(secondsLeft)}`;
}

/** The step that is being done, or the next one. */
export function work(operation: Operation, now: Date): string {
  const { plan, steps } = operation;
  const current = plan.steps.find(({ id }) => steps[id]?.state === 'running' || steps[id]?.state === 'undoing');
  if (current !== undefined) return `${stepName(operation, current.id)}, ${stepWord(operation, current, now)}`;
  const next = plan.steps.find(({ id }) => steps[id]?.state === 'waiting');
  return next === undefined
    ? `all ${count(plan.steps.length, 'step')} are over`
    : `next is ${stepName(operation, next.id)}`;
}

/** Why it stopped, with the mention of the person who did it left as an id that pings nobody. */
function reason({ stopped }: Operation): string {
  if (stopped === null) return '';
  const who = stopped.by === null ? stopped.why : stopped.why.replaceAll(`<@${stopped.by}>`, 'a person');
  return sentence(who);
}

function until({ expiresAt }: Operation, now: Date): string {
  return expiresAt === null ? '' : `, until ${utcShort(expiresAt, now)}`;
}

function rehearsal(operation: Operation, now: Date): string {
  const { plan, steps } = operation;
  const before = plan.steps.slice(0, plan.gate ?? 0);
  if (before.length === 0) return 'Nothing has been done.';
  if (before.every(({ id }) => steps[id]?.state === 'done')) {
    return `The rehearsal is done (${count(before.length, 'step')}).`;
  }
  return `Meanwhile the rehearsal: ${work(operation, now)}.`;
}

function queued(operation: Operation, now: Date): string {
  const { plan, steps } = operation;
  const begun = plan.steps.some(({ id }) => steps[id]?.state === 'running');
  if (plan.gate === null) return begun ? `${capital(work(operation, now))}.` : 'It starts as soon as a worker is free.';
  const given = plan.consent.kind === 'typed' ? 'It is confirmed.' : 'It is approved.';
  const ready = plan.steps.slice(0, plan.gate).every(({ id }) => steps[id]?.state === 'done');
  if (ready) return `${given} Before anything is changed, everything is read once more.`;
  return `${given} First the rehearsal: ${work(operation, now)}.`;
}

/** Only where it says more than the step's own outlook. */
function leftText(operation: Operation, now: Date): string {
  const { over, all } = outlookOf(operation, now);
  return all - over <= 1 ? '' : ` Time left in all: ${timeLeft(operation, now)}.`;
}

/** What a stopped operation leaves behind. Only what was read back counts as taken back. */
function remains({ plan, steps, gatePassed }: Operation): string {
  const back = plan.steps.flatMap(({ id }) => steps[id]?.undone ?? []);
  const read = back.filter(isRead).length;
  const open = back.length - read;
  const taken =
    back.length === 0
      ? ''
      : ` ${count(read, 'step')} taken back${open === 0 ? '' : `, ${open} unverified or left as it is`}.`;
  const live = plan.gate !== null && !gatePassed ? `Nothing live was changed on ${inert(plan.target.name, 80)}.` : '';
  return `${live}${taken}`.trim();
}

function unclear(operation: Operation): string {
  const { question } = operation;
  if (question === null) return 'a step';
  return `${question.about === 'undo' ? 'taking back ' : ''}${stepName(operation, question.step)},`;
}

/** From the request to the end, and how much of it was work. */
function durations({ proposedAt, endedAt, plan, steps }: Operation, now: Date): string {
  if (endedAt === null) return '';
  const all = (Date.parse(endedAt) - Date.parse(proposedAt)) / 1000;
  const worked = plan.steps.reduce((sum, { id }) => {
    const step = steps[id];
    return step?.startedAt == null || step.endedAt === null
      ? sum
      : sum + (Date.parse(step.endedAt) - Date.parse(step.startedAt)) / 1000;
  }, 0);
  return `Ended at ${utcShort(endedAt, now)}, ${span(all)} after it was asked for; the steps took ${span(worked)}.`;
}

function proven({ plan, steps }: Operation): string {
  const evidence = plan.steps.flatMap(({ id }) => steps[id]?.outcome?.evidence ?? []);
  const checks = evidence.flatMap((read) => read.checks);
  const says = evidence.flatMap((read) => read.says);
  if (checks.length + says.length === 0) return 'No evidence was recorded: unverified.';
  const passed = checks.filter(({ status }) => status === 'pass').length;
  if (checks.length === 0) return `${count(says.length, 'reading')} taken after the acts.`;
  return `${passed} of ${count(checks.length, 'check')} PASS.`;
}

function unverifiedSteps(operation: Operation): string {
  const { plan, steps } = operation;
  const unclearSteps = plan.steps.filter(({ id }) => steps[id]?.state === 'unverified').slice(0, 3);
  return unclearSteps.map(({ id }) => stepName(operation, id)).join('; ');
}
