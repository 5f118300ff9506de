// How far an operation is and how long the rest will take, from its journal and from former durations.
import type { Operation, StepState } from './operation.ts';
import type { Step } from './plan.ts';

export type Outlook = {
  /** Steps that are over. */
  readonly over: number;
  readonly all: number;
  /** The step being done, if any. */
  readonly current: Step | null;
  /** Seconds until the last step ends if nobody has to decide anything; null when a step was never timed here. */
  readonly secondsLeft: number | null;
};

export function outlookOf({ plan, steps }: Operation, now: Date): Outlook {
  const open = plan.steps.filter(({ id }) => !isOver(steps[id]));
  const current = open.find(({ id }) => steps[id]?.state === 'running') ?? null;
  const left = open.map((step) => secondsLeftOf(step, steps[step.id], now));
  return {
    over: plan.steps.length - open.length,
    all: plan.steps.length,
    current,
    secondsLeft: left.every((seconds) => seconds !== null) ? left.reduce((sum, seconds) => sum + seconds, 0) : null,
  };
}

function secondsLeftOf(step: Step, state: StepState | undefined, now: Date): number | null {
  if (state?.startedAt == null || state.state !== 'running') return step.expectedSeconds;
  const elapsed = (now.getTime() - Date.parse(state.startedAt)) / 1000;
  const percent = state.progress?.percent ?? 0;
  if (percent >= 5) return (elapsed / percent) * (100 - percent);
  return step.expectedSeconds === null ? null : Math.max(0, step.expectedSeconds - elapsed);
}

function isOver(state: StepState | undefined): boolean {
  return state !== undefined && ['done', 'unverified', 'undone'].includes(state.state);
}
