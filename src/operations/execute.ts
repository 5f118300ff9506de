// A worker's work on one operation: move by move, each decided from the journal alone.
import { LeaseLost, reasonOf } from '../core/errors.ts';
import { type Move, nextMove } from '../core/next-move.ts';
import type { Operation } from '../core/operation.ts';
import type { Deps } from './deps.ts';
import { begin, resume } from './do-step.ts';
import { findOperation } from './find-system.ts';
import { keepConsent, passGate } from './pass-gate.ts';
import { takeBack } from './take-back.ts';
import { hold } from './tenure.ts';
import { wake } from './wake.ts';
import type { ExecutorOptions, Work } from './work.ts';

/**
 * Carries an operation on as far as it goes without a person: to its gate, its end, or an open question.
 * Returns at once when another worker has it. `signal` stops waiting; what was begun is found again by its journal.
 * Whatever fails in a step ends up in the journal, where people are told of it. What is thrown is the store's failure or a
 * defect of ours: it is for the log, and the sweeper has the operation tried again.
 */
export async function execute(deps: Deps, options: ExecutorOptions, id: string, signal: AbortSignal): Promise<void> {
  const lease = await deps.operations.claim(id, options.worker, options.leaseSeconds);
  if (lease === null) return;
  const operation = await findOperation(deps.operations, id);
  const tenure = hold(deps, lease, { seconds: options.leaseSeconds, from: operation.state, stop: signal });
  try {
    const work: Work = { deps, options, tenure };
    await carryOn(work, await keepConsent(work, operation));
  } catch (thrown) {
    // A lost lease or a stop is not a failure of the operation: whoever holds it next goes on from the journal.
    if (!(thrown instanceof LeaseLost) && !tenure.signal.aborted) throw thrown;
    deps.log.info({ operationId: id, reason: reasonOf(thrown) }, 'work on the operation was handed on');
  } finally {
    await tenure.end();
  }
  if (tenure.signal.aborted && !signal.aborted) await wake(deps, operation);
}

async function carryOn(work: Work, first: Operation): Promise<void> {
  let operation = first;
  for (let move = nextMove(operation); move.do !== 'nothing'; move = nextMove(operation)) {
    work.tenure.signal.throwIfAborted();
    operation = await make(move, work, operation);
  }
}

function make(move: Exclude<Move, { do: 'nothing' }>, work: Work, operation: Operation): Promise<Operation> {
  switch (move.do) {
    case 'pass_gate':
      return passGate(work, operation);
    case 'step':
      return begin(work, operation, move.step);
    case 'probe':
      return resume(work, operation, move.step);
    case 'undo':
      return takeBack(work, operation, move.step);
    case 'finish':
      return finish(work, operation, move.outcome);
  }
}

/** The operation that was taken back is marked first: were this worker to die in between, the finish is found again. */
async function finish(
  work: Work,
  operation: Operation,
  outcome: Extract<Move, { do: 'finish' }>['outcome'],
): Promise<Operation> {
  const { plan, id } = operation;
  if (plan.undoes !== null && (outcome === 'succeeded' || outcome === 'unverified')) {
    await work.deps.operations.change(plan.undoes, (former) =>
      former.state === 'undone' ? [] : [{ type: 'undone', operation: id }],
    );
  }
  return work.tenure.append((_now, then) => {
    // A person may have stopped it at the last moment.
    const move = nextMove(then);
    return move.do === 'finish' && move.outcome === outcome ? [{ type: 'finished', outcome }] : [];
  });
}
