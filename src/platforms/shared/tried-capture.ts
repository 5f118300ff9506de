// A backup of what is damaged is worth having, but when it cannot be made it stands in nobody's way (S3, P6).
import type { Action, Args, Outcome } from '../../core/action.ts';
import { Fault, Refusal, reasonOf } from '../../core/errors.ts';
import { done } from '../../core/outcomes.ts';

type A = Args<'backup.capture'>;

/** With `mayFail` a backup that cannot be made is told as a warning, and the operation goes on. */
export function triedCapture(capture: Action<A>): Action<A> {
  return {
    ...capture,
    async do(args, run) {
      if (args.mayFail !== true) return await capture.do(args, run);
      try {
        const outcome = await capture.do(args, run);
        return outcome.is === 'failed' ? notMade(outcome.why) : outcome;
      } catch (thrown) {
        run.signal.throwIfAborted();
        if (!(thrown instanceof Fault) && !(thrown instanceof Refusal)) throw thrown;
        return notMade(reasonOf(thrown));
      }
    },
  };
}

function notMade(why: string): Outcome {
  return done([`No backup of what is there could be made: ${why}`], null, [
    { name: 'Backup of what is there', status: 'warn', figure: 'could not be made; what follows does not need it' },
  ]);
}
