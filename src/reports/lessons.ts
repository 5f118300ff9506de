// What went well, what went wrong, where we got lucky: for people to write, beside the facts of the logs that speak for each.
import { clocksOf } from '../core/incident-clocks.ts';
import type { Operation } from '../core/operation.ts';
import { count, span, utc } from '../core/wording.ts';
import type { IncidentInput } from './incident-input.ts';
import { CLOCK_NAMES } from './timeline-words.ts';

export type Lesson = { readonly title: string; readonly prompt: string; readonly facts: readonly string[] };

export function lessons(input: IncidentInput): Lesson[] {
  return [
    {
      title: 'What went well',
      prompt: 'What helped? Which check, alert, rehearsal or person made it shorter?',
      facts: good(input),
    },
    {
      title: 'What went wrong',
      prompt: 'What took longer than it had to? What was missing, misleading or unknown?',
      facts: bad(input),
    },
    {
      title: 'Where we got lucky',
      prompt: 'What could as well have gone worse: the hour, who was awake, which backup was there?',
      facts: [],
    },
  ];
}

function good({ incident, system, operations }: IncidentInput): string[] {
  const clocks = clocksOf(
    incident,
    system,
    operations.map(({ operation }) => operation),
  );
  const inTime = clocks.flatMap(({ what, dueAt, reachedAt }) =>
    reachedAt === null || reachedAt > dueAt
      ? []
      : [`${CLOCK_NAMES[what]} in time: ${utc(reachedAt)}, due ${utc(dueAt)}.`],
  );
  const ended = operations.filter(({ operation }) => operation.state === 'succeeded');
  return [
    ...inTime,
    ...ended.map(({ operation }) => `${operation.id} succeeded and was read back: ${operation.plan.headline}.`),
  ];
}

function bad({ incident, system, operations }: IncidentInput): string[] {
  const clocks = clocksOf(
    incident,
    system,
    operations.map(({ operation }) => operation),
  );
  const late = clocks.flatMap(({ what, dueAt, reachedAt }) => {
    if (reachedAt === null) return [`${CLOCK_NAMES[what]}: never recorded, due ${utc(dueAt)}.`];
    const by = (Date.parse(reachedAt) - Date.parse(dueAt)) / 1000;
    return by <= 0 ? [] : [`${CLOCK_NAMES[what]} ${span(by)} late.`];
  });
  const called =
    incident.rungs.length === 0 ? [] : [`${count(incident.rungs.length, 'rung')} of the escalation had to be called.`];
  return [...late, ...called, ...operations.flatMap(({ operation }) => troubles(operation))];
}

function troubles({ id, plan, steps, state, stopped }: Operation): string[] {
  const unclear = plan.steps.filter((step) => steps[step.id]?.outcome?.is === 'unverified');
  return [
    ...(stopped === null ? [] : [`${id} ended ${state.toUpperCase()}: ${stopped.why}.`]),
    ...unclear.map(({ title }) => `${id}: “${title}” could not be read back.`),
  ];
}
