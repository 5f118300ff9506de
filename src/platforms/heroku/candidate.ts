// How a database beside the live one is called: as an add-on, and as the attachment by which its app sees it.
import { Refusal } from '../../core/errors.ts';

export const CANDIDATE_ALIAS = /^CANDIDATE_[0-9]+$/;

/** `grayledger-production-op41-x7k2` for op-41. */
export function candidateName(app: string, { operation, nonce }: { operation: string; nonce: string }): string {
  return `${app}-${operation.replace('-', '')}-${nonce}`;
}

/** `grayledger-production-op41-x7k2` is attached as CANDIDATE_41, so that its one name follows from the other. */
export function candidateAlias(name: string): string {
  const number = /-op(\d+)-[^-]+$/.exec(name)?.[1];
  if (number === undefined) {
    throw new Refusal('not-a-candidate', `${name} is not the name of a candidate.`, 'Ask for a new plan.');
  }
  return `CANDIDATE_${number}`;
}
