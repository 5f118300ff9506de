// An operation: its state, the one table of legal moves, and the replay of its journal.
import type { Evidence, Outcome } from './action.ts';
import { Fault } from './errors.ts';
import type { Entry, Event, EventType } from './journal.ts';
import type { Json } from './json.ts';
import { digestOf, isChange, type Plan, type Step } from './plan.ts';

/** `unwinding`: stopped, and taking back what was done; it ends as failed, cancelled or expired. */
export const STATES = [
  'proposed',
  'awaiting_approval',
  'queued',
  'running',
  'unwinding',
  'needs_human',
  'succeeded',
  'unverified',
  'failed',
  'undone',
  'cancelled',
  'expired',
] as const;
export type State = (typeof STATES)[number];

const TERMINAL: readonly State[] = ['succeeded', 'unverified', 'failed', 'undone', 'cancelled', 'expired'];

/** `resume` is the state in which the open question arose. */
type Moves = { readonly [T in EventType]?: State | ((event: EventOf<T>, resume: State) => State) };
type EventOf<T extends EventType> = Extract<Event, { type: T }>;

/** People may take part as long as it goes on. */
const joining = (state: State): Moves => ({ joined: state });

/** Steps before the gate run while people decide: they do not move the state. */
const rehearsing = (state: State): Moves => ({
  ...joining(state),
  step_started: state,
  step_progress: state,
  step_ended: state,
  asked: 'needs_human',
  stopped: 'unwinding',
});

/** Every legal move: state × event → state. What is not here is illegal and throws. */
const MOVES: Readonly<Record<State, Moves>> = {
  proposed: { ...joining('proposed'), confirmed: 'queued', stopped: 'unwinding' },
  awaiting_approval: { ...rehearsing('awaiting_approval'), approved: 'awaiting_approval', consented: 'queued' },
  queued: { ...rehearsing('queued'), started: 'running', voided: 'awaiting_approval' },
  running: { ...rehearsing('running'), voided: 'awaiting_approval', finished: outcomeOf },
  unwinding: {
    ...joining('unwinding'),
    undo_started: 'unwinding',
    undo_ended: 'unwinding',
    undo_failed: 'needs_human',
    step_ended: 'unwinding',
    finished: outcomeOf,
  },
  needs_human: { ...joining('needs_human'), answered: answeredState, stopped: 'unwinding' },
  succeeded: { undone: 'undone' },
  unverified: { undone: 'undone' },
  failed: {},
  undone: {},
  cancelled: {},
  expired: {},
};

export type StepState = {
  readonly state: 'waiting' | 'running' | 'done' | 'unverified' | 'failed' | 'undoing' | 'undone';
  readonly startedAt: string | null;
  readonly endedAt: string | null;
  readonly before: Json;
  readonly progress: { readonly percent: number | null; readonly note: string } | null;
  readonly outcome: Outcome | null;
  readonly undone: Evidence | null;
};

export type Vote = { readonly by: string; readonly roles: readonly string[]; readonly at: string };

export type Question = {
  /** The number of the journal entry that asks: the same may be asked about a step again. */
  readonly seq: number;
  readonly step: string;
  readonly why: string;
  /** `task`: whether a person has done what only a person can do. */
  readonly about: 'step' | 'undo' | 'task';
  /** The state to go on in when it is answered. */
  readonly during: State;
};

export type Operation = {
  readonly id: string;
  readonly plan: Plan;
  readonly digest: string;
  readonly requestedBy: string;
  readonly state: State;
  readonly proposedAt: string;
  readonly endedAt: string | null;
  /** When waiting for consent ends without it; null when nothing waits. */
  readonly expiresAt: string | null;
  readonly steps: Readonly<Record<string, StepState>>;
  readonly votes: readonly Vote[];
  readonly gatePassed: boolean;
  /** Why it stopped, once it did. */
  readonly stopped: {
    readonly outcome: 'failed' | 'cancelled' | 'expired';
    readonly why: string;
    readonly by: string | null;
  } | null;
  /** What a person must say. `undo_failed` asks about taking a step back, `asked` about the step itself. */
  readonly question: Question | null;
  readonly undoneBy: string | null;
  /** Who takes part in a drill, in the order in which they joined. */
  readonly joined: readonly string[];
  /** When it last went on; that somebody joined is no such thing. */
  readonly movedAt: string;
  readonly last: Entry;
};

/** Whether something that people live on has been changed, or may have been: stopping then would leave it half done. */
export function hasBegunChanging({ plan, steps }: Pick<Operation, 'plan' | 'steps'>): boolean {
  return plan.steps.some((step) => isChange(step) && steps[step.id]?.state !== 'waiting');
}

export function isEnded(state: State): boolean {
  return TERMINAL.includes(state);
}

/**
 * The state after an event. Throws a Fault when the table does not allow it.
 * @internal
 */
export function advance(state: State, event: Event, resume: State = state): State {
  // A row's entry for a type takes events of that type; the table is typed so, the look-up cannot be.
  const move = MOVES[state][event.type] as State | ((event: Event, resume: State) => State) | undefined;
  if (move === undefined) throw new Fault(`moving an operation from ${state} by ${event.type}`);
  return typeof move === 'function' ? move(event, resume) : move;
}

/** The operation that a plan and its journal describe. The first entry must be `proposed`. */
export function replay(plan: Plan, entries: readonly Entry[]): Operation {
  const [first, ...rest] = entries;
  if (first === undefined || first.event.type !== 'proposed') {
    throw new Fault(`replaying the journal of ${plan.operation}: it does not begin with the proposal`);
  }
  return rest.reduce(apply, begin(plan, first, first.event));
}

/** One entry further. */
export function apply(operation: Operation, entry: Entry): Operation {
  const next = withEvent(operation, entry.event, entry);
  const state = advance(operation.state, entry.event, operation.question?.during);
  return { ...next, state, movedAt: entry.event.type === 'joined' ? next.movedAt : entry.at, last: entry };
}

function begin(plan: Plan, last: Entry, event: EventOf<'proposed'>): Operation {
  if (event.digest !== digestOf(plan)) throw new Fault(`replaying ${plan.operation}: the plan is not the one proposed`);
  const states = { none: 'queued', typed: 'proposed', approvals: 'awaiting_approval' } as const;
  return {
    id: plan.operation,
    plan,
    digest: event.digest,
    requestedBy: event.by,
    state: plan.gate === null ? 'queued' : states[plan.consent.kind],
    proposedAt: last.at,
    endedAt: null,
    expiresAt: plan.gate === null ? null : expiry(plan, last.at),
    steps: Object.fromEntries(plan.steps.map(({ id }) => [id, WAITING])),
    votes: [],
    gatePassed: false,
    stopped: null,
    question: null,
    undoneBy: null,
    joined: [],
    movedAt: last.at,
    last,
  };
}

const WAITING: StepState = {
  state: 'waiting',
  startedAt: null,
  endedAt: null,
  before: null,
  progress: null,
  outcome: null,
  undone: null,
};

function withEvent(operation: Operation, event: Event, { at, seq }: Entry): Operation {
  switch (event.type) {
    case 'proposed':
      throw new Fault(`replaying ${operation.id}: proposed twice`);
    case 'approved':
      return { ...operation, votes: [...operation.votes, { by: event.by, roles: event.roles, at }] };
    case 'voided':
      return {
        ...operation,
        gatePassed: false,
        votes: operation.votes.filter((vote) => !event.by.includes(vote.by)),
        expiresAt: expiry(operation.plan, at),
      };
    case 'confirmed':
    case 'consented':
      return { ...operation, expiresAt: null };
    case 'started':
      return { ...operation, gatePassed: true };
    case 'step_started':
      // Consent does not run out while the rehearsal is running: its clock starts again when a step ends.
      return withStep({ ...operation, expiresAt: null }, event.step, {
        ...WAITING,
        state: 'running',
        startedAt: at,
        before: event.before,
      });
    case 'step_progress':
      return withStep(operation, event.step, { progress: { percent: event.percent, note: event.note } });
    case 'step_ended':
      return withStep(
        { ...operation, expiresAt: operation.state === 'awaiting_approval' ? expiry(operation.plan, at) : null },
        event.step,
        { state: event.outcome.is, outcome: event.outcome, endedAt: at },
      );
    case 'asked':
      return {
        ...operation,
        expiresAt: null,
        question: questionOf(operation, event, isTask(operation, event.step) ? 'task' : 'step', seq),
      };
    case 'answered':
      return withAnswer(operation, event, at);
    case 'stopped':
      return {
        ...operation,
        question: null,
        expiresAt: null,
        stopped: { outcome: event.outcome, why: event.why, by: event.by },
      };
    case 'undo_started':
      return withStep(operation, event.step, { state: 'undoing' });
    case 'undo_ended':
      return withStep(operation, event.step, { state: 'undone', undone: event.evidence });
    case 'undo_failed':
      return { ...operation, question: questionOf(operation, event, 'undo', seq) };
    case 'finished':
      return { ...operation, endedAt: at };
    case 'joined':
      return { ...operation, joined: [...operation.joined, event.by] };
    case 'undone':
      return { ...operation, undoneBy: event.operation };
  }
}

function withStep(operation: Operation, id: string, change: Partial<StepState>): Operation {
  const was = operation.steps[id];
  if (was === undefined) throw new Fault(`replaying ${operation.id}: there is no step ${id}`);
  return { ...operation, steps: { ...operation.steps, [id]: { ...was, ...change } } };
}

/** A person said what happened: the step counts as such, or the operation is given up. */
function withAnswer(operation: Operation, event: EventOf<'answered'>, at: string): Operation {
  const { about, during } = operation.question ?? {};
  // Asked during the rehearsal, consent is waited for again from now on.
  const expiresAt = during === 'awaiting_approval' ? expiry(operation.plan, at) : null;
  const answered = { ...operation, question: null, expiresAt };
  if (about === 'task' && event.verdict === 'happened') {
    const evidence: Evidence = { says: [`<@${event.by}> has done it.`], checks: [] };
    return withStep(answered, event.step, {
      state: 'done',
      endedAt: at,
      outcome: { is: 'done', evidence, output: null },
    });
  }
  const evidence: Evidence = { says: [`<@${event.by}> says so; it was not read back.`], checks: [] };
  switch (event.verdict) {
    case 'happened':
      return about === 'undo'
        ? withStep(answered, event.step, { state: 'undone', undone: evidence })
        : withStep(answered, event.step, {
            state: 'unverified',
            endedAt: at,
            outcome: { is: 'unverified', why: 'a person said that it happened', evidence, output: null },
          });
    case 'did_not':
      return about === 'undo' ? answered : withStep(answered, event.step, WAITING);
    case 'abandon':
      if (about === 'undo') {
        const left = { says: [`<@${event.by}> decided to leave it as it is.`], checks: [] };
        return withStep(answered, event.step, { state: 'undone', undone: left });
      }
      return {
        ...answered,
        expiresAt: null,
        stopped: { outcome: 'failed', why: 'it was given up after an unclear step', by: event.by },
      };
  }
}

/** What only a person can do is done when a person says so: nothing else can be read back. */
function isTask({ plan }: Operation, id: string): boolean {
  return plan.steps.some((step) => step.id === id && step.action === 'person.task');
}

function questionOf(
  operation: Operation,
  { step, why }: { step: string; why: string },
  about: Question['about'],
  seq: number,
): Question {
  return { seq, step, why, about, during: operation.state };
}

function answeredState({ verdict }: EventOf<'answered'>, resume: State): State {
  return verdict === 'abandon' ? 'unwinding' : resume;
}

function outcomeOf({ outcome }: EventOf<'finished'>): State {
  return outcome;
}

function expiry(plan: Plan, at: string): string | null {
  if (plan.consent.kind === 'none') return null;
  return new Date(Date.parse(at) + plan.consent.expiresMinutes * 60_000).toISOString();
}

/** The step of that id. */
export function stepOf(operation: Operation, id: string): { step: Step; state: StepState } {
  const step = operation.plan.steps.find((candidate) => candidate.id === id);
  const state = operation.steps[id];
  if (step === undefined || state === undefined) throw new Fault(`looking for step ${id} of ${operation.id}`);
  return { step, state };
}
