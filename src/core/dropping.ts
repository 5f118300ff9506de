// leftover.drop, whatever a platform keeps: what is there is dropped once, and read back that it is gone.
import type { Action, Args, Run } from './action.ts';
import { Fault, Refusal } from './errors.ts';
import { done, prepared, untouched } from './outcomes.ts';

type A = Args<'leftover.drop'>;

type Leftover = {
  /** What an engineer would type. */
  describe(args: A): string;
  /** Whether exactly what is meant is still there. Throws when that cannot be said. */
  isThere(args: A, run: Run): Promise<boolean>;
  /** Fences before it acts. Throws a Refusal where it has dropped nothing; any other error leaves that open. */
  drop(args: A, run: Run): Promise<void>;
};

/** The action of one kind of leftover. */
export function dropping({ describe, isThere, drop }: Leftover): Action<A> {
  return {
    describe,

    async do(args, run) {
      const { name } = args;
      const there = await prepared(run, () => isThere(args, run));
      if ('refused' in there) return there.refused;
      if (!there.value) return done([`There is no ${name} any more.`]);
      try {
        await drop(args, run);
      } catch (thrown) {
        // Any other error leaves it open whether it was dropped: that is for the probe to find out.
        if (thrown instanceof Refusal) return untouched(thrown.message);
        throw thrown;
      }
      if (await isThere(args, run)) throw new Fault(`reading back that ${name} is gone`);
      return done([`${name} is dropped; read back: it is gone.`]);
    },

    async probe(args, run) {
      if (await isThere(args, run)) return { is: 'not_happened' };
      return { is: 'happened', outcome: done([`There is no ${args.name} any more.`]) };
    },

    undo: { not: 'what is dropped is gone' },
  };
}
