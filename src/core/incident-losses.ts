// What an incident has cost, in figures for its end and its post-mortem (G30). Null is what nobody measured.
import type { ActionName } from './action.ts';
import type { Incident } from './incident.ts';
import { recoveredAt } from './incident-clocks.ts';
import { isEnded, type Operation, stepOf } from './operation.ts';

export type Losses = {
  /** Mean-time figures of this one incident, in seconds. To detect: from its beginning to the declaration. */
  readonly detectSeconds: number;
  /** To recover: from the declaration to the end of the recovery, or to the resolution where nothing was recovered. */
  readonly recoverSeconds: number | null;
  /** From its beginning to the resolution. */
  readonly durationSeconds: number | null;
  /** How long its operations kept the application closed. */
  readonly downSeconds: number | null;
  /** What the plans that were carried out said about lost data. */
  readonly dataLoss: readonly string[] | null;
};

/** The label under which a plan says what it loses. */
const LOSS_LABEL = 'Lost by this';
const CLOSING: readonly ActionName[] = ['maintenance.on', 'services.stop'];
const OPENING: readonly ActionName[] = ['maintenance.off', 'services.start'];

/** `operations` are those that are linked to it. */
export function lossesOf(incident: Incident, operations: readonly Operation[]): Losses {
  const { declaredAt, startedAt, resolved } = incident;
  const over = recoveredAt(incident, operations) ?? resolved?.at ?? null;
  const carriedOut = operations.filter(({ gatePassed }) => gatePassed);
  const down = carriedOut.flatMap((operation) => closedSeconds(operation) ?? []);
  // What was taken back, or never came to its end, has lost nothing.
  const stands = carriedOut.filter(({ state }) => !isEnded(state) || state === 'succeeded' || state === 'unverified');
  const losses = stands.flatMap(({ id, plan }) => {
    return plan.statements.filter(({ label }) => label === LOSS_LABEL).map(({ text }) => `${id}: ${text}`);
  });
  return {
    detectSeconds: seconds(startedAt, declaredAt),
    recoverSeconds: over === null ? null : seconds(declaredAt, over),
    durationSeconds: resolved === null ? null : seconds(startedAt, resolved.at),
    downSeconds: down.length === 0 ? null : down.reduce((sum, one) => sum + one),
    dataLoss: losses.length === 0 ? null : losses,
  };
}

/** From the first step that closed the application to the last one that opened it; null where one of them is not there. */
function closedSeconds(operation: Operation): number | null {
  const momentsOf = (actions: readonly ActionName[], which: 'startedAt' | 'endedAt') => {
    const shown = operation.plan.steps.filter(({ action }) => actions.includes(action));
    return shown.flatMap(({ id }) => stepOf(operation, id).state[which] ?? []);
  };
  const [closed] = momentsOf(CLOSING, 'startedAt');
  const opened = momentsOf(OPENING, 'endedAt').at(-1);
  return closed === undefined || opened === undefined ? null : seconds(closed, opened);
}

/** Never negative: clocks may disagree. */
function seconds(from: string, to: string): number {
  return Math.max(0, (Date.parse(to) - Date.parse(from)) / 1000);
}
