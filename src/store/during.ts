// Where errors of the database become ours: a Fault that names the activity; what is meant for people passes through.
import pg from 'pg';
import { Fault, LeaseLost, Refusal } from '../core/errors.ts';

/** Runs `work`; whatever it throws that is not ours is wrapped in a Fault "while `activity`". */
export async function during<T>(activity: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (thrown) {
    throw asOurs(activity, thrown);
  }
}

/** A Fault that names the activity, unless it is one of our errors already. */
export function asOurs(activity: string, thrown: unknown): unknown {
  if (thrown instanceof Refusal || thrown instanceof Fault || thrown instanceof LeaseLost) return thrown;
  return new Fault(activity, { cause: spoken(thrown) });
}

/** A refused connection to a name with two addresses has no message of its own. */
function spoken(thrown: unknown): unknown {
  if (!(thrown instanceof AggregateError) || thrown.message !== '') return thrown;
  const reasons = thrown.errors.map((error: unknown) => (error instanceof Error ? error.message : String(error)));
  return new Error(reasons.join(', '), { cause: thrown });
}

/** Whether the database refused the statement for this reason (an SQLSTATE), and by which constraint. */
export function refusedBy(thrown: unknown, sqlState: string): string | null {
  if (!(thrown instanceof pg.DatabaseError) || thrown.code !== sqlState) return null;
  return thrown.constraint ?? '';
}

/** Whether the server answered with a "no", so that the connection is in order and nothing was done. */
export function isRefusedStatement(thrown: unknown): boolean {
  return thrown instanceof pg.DatabaseError && thrown.severity === 'ERROR';
}
