// Which faults are set, and which of them strikes a request.
import type { Mischief } from '../http/route.ts';
import type { Fault } from './fault.ts';

export type ActiveFaults = {
  add(fault: Fault): void;
  clear(): void;
  /** The first fault that matches, one time used up. */
  strike(method: string, path: string): Fault['do'] | null;
};

/** An empty set of faults. */
export function activeFaults(): ActiveFaults {
  let faults: { fault: Fault; left: number }[] = [];
  return {
    add: (fault) => faults.push({ fault, left: fault.times ?? Number.POSITIVE_INFINITY }),
    clear: () => {
      faults = [];
    },
    strike(method, path) {
      const hit = faults.find(
        ({ fault: { match }, left }) =>
          left > 0 &&
          (match.method === undefined || match.method.toUpperCase() === method) &&
          new RegExp(match.path).test(path),
      );
      if (hit === undefined) return null;
      hit.left -= 1;
      return hit.fault.do;
    },
  };
}

/** What a handler is told about the fault that struck its request. */
export function mischiefOf(fault: Fault['do'] | null): Mischief {
  return {
    deceit: fault?.kind === 'lie' || fault?.kind === 'swallow' ? fault.kind : null,
    failTransfer: fault?.kind === 'fail-transfer',
    failRelease: fault?.kind === 'fail-release',
    wrongRollback: fault?.kind === 'wrong-rollback' ? fault.what : null,
    slow: fault?.kind === 'slow' ? fault.factor : 1,
  };
}
