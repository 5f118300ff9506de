// The gate: the last look before the first step that changes something.
import { staleVotes } from '../core/consent.ts';
import { driftOf } from '../core/drift.ts';
import type { Event } from '../core/journal.ts';
import type { Operation } from '../core/operation.ts';
import type { System } from '../core/system.ts';
import { rolesOf } from './authority.ts';
import { stop } from './decide.ts';
import { bySystemName } from './find-system.ts';
import { attempt, type Work } from './work.ts';

/** What was read again: the roles that those who agreed hold now, and what has changed. */
type Look = { readonly roles: ReadonlyMap<string, readonly string[]>; readonly drift: readonly string[] };

/**
 * Asks for the roles of those who agreed again and reads the facts again (I2, faults 19 and 22): started, back to waiting,
 * or stopped. What cannot be found out counts as no.
 */
export async function passGate(work: Work, operation: Operation): Promise<Operation> {
  const { plan } = operation;
  const { tenure } = work;
  if (plan.gate === null) return tenure.append((_now, then) => (then.state === 'queued' ? [{ type: 'started' }] : []));
  const read = await attempt(() => look(work, operation));
  return tenure.append((now, then) => {
    if (then.state !== 'queued') return [];
    if ('problem' in read) return stop(then, 'failed', `it could not be checked once more: ${read.problem}`, null);
    return consentLost(then, read.value, now) ?? drifted(then, read.value) ?? [{ type: 'started' }];
  });
}

async function look({ deps }: Work, operation: Operation): Promise<Look> {
  const { plan } = operation;
  const system = bySystemName(deps.systems.all, plan.system);
  const { people, names } = whoAgreed(operation, system);
  const held = people.map(async (person) => [person, await rolesOf(deps.people, system, person, names)] as const);
  const roles = new Map(await Promise.all(held));
  const environments = plan.pinned.targets.map(({ environment }) => environment);
  const sources = plan.pinned.backup === null ? [] : [plan.pinned.backup.environment];
  const facts = await deps.systems.facts(system, [...new Set([...environments, ...sources])]);
  return { roles, drift: driftOf(plan, facts) };
}

/** Those who approved and the roles that may; where a name is typed, the requester, who has to be an operator still. */
function whoAgreed({ plan: { consent }, votes, requestedBy }: Operation, { operators }: System) {
  switch (consent.kind) {
    case 'approvals':
      return { people: votes.map(({ by }) => by), names: consent.roles };
    case 'typed':
      return { people: [requestedBy], names: operators };
    case 'none':
      return { people: [], names: [] };
  }
}

function consentLost(then: Operation, { roles }: Look, now: Date): Event[] | null {
  const { consent } = then.plan;
  if (consent.kind === 'typed') {
    const by = then.requestedBy;
    if (!roles.get(by)?.length) return stop(then, 'cancelled', `<@${by}>, who confirmed it, may no longer do so`, null);
    // While it is queued nothing moves it after the confirmation but the rehearsal, after which the time counts anew.
    const minutes = (now.getTime() - Date.parse(then.movedAt)) / 60_000;
    if (minutes <= consent.expiresMinutes) return null;
    return stop(then, 'expired', `it was confirmed more than ${consent.expiresMinutes} minutes ago`, null);
  }
  const stale = staleVotes(then, roles, now);
  return stale === null ? null : [{ type: 'voided', ...stale }];
}

function drifted(then: Operation, { drift }: Look): Event[] | null {
  if (drift.length === 0) return null;
  const why = `things have changed since it was planned, so consent is void. ${drift.join(' ')}`;
  return stop(then, 'cancelled', why, null);
}
