// The gate: the last look before the first step that changes something.
import { staleVotes } from '../core/consent.ts';
import { driftOf } from '../core/drift.ts';
import type { Operation } from '../core/operation.ts';
import { rolesOf } from './authority.ts';
import { stop } from './decide.ts';
import { attempt, type Work } from './work.ts';

/**
 * Asks for the approvers' roles again and reads the facts again (I2, faults 19 and 22): started, back to waiting, or stopped.
 * What cannot be found out counts as no.
 */
export async function passGate({ deps, system, tenure }: Work, operation: Operation): Promise<Operation> {
  const { plan } = operation;
  if (plan.gate === null) return tenure.append((_now, then) => (then.state === 'queued' ? [{ type: 'started' }] : []));
  const read = await attempt(async () => {
    const { consent } = plan;
    const names = consent.kind === 'approvals' ? consent.roles : [];
    const held = operation.votes.map(async ({ by }) => [by, await rolesOf(deps.people, system, by, names)] as const);
    const roles = new Map(await Promise.all(held));
    const environments = plan.pinned.targets.map(({ environment }) => environment);
    const sources = plan.pinned.backup === null ? [] : [plan.pinned.backup.environment];
    const facts = await deps.systems.facts(system, [...new Set([...environments, ...sources])]);
    return { roles, drift: driftOf(plan, facts) };
  });
  return tenure.append((now, then) => {
    if (then.state !== 'queued') return [];
    if ('problem' in read) return stop(then, 'failed', `it could not be checked once more: ${read.problem}`, null);
    const { roles, drift } = read.value;
    const stale = staleVotes(then, roles, now);
    if (stale !== null) return [{ type: 'voided', ...stale }];
    if (drift.length === 0) return [{ type: 'started' }];
    return stop(
      then,
      'cancelled',
      `things have changed since it was planned, so consent is void. ${drift.join(' ')}`,
      null,
    );
  });
}
