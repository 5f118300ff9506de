// The gate: the last look before the first step that changes something.
import { staleVotes } from '../core/consent.ts';
import { driftOf } from '../core/drift.ts';
import { Fault } from '../core/errors.ts';
import type { Event } from '../core/journal.ts';
import { hasBegunChanging, type Operation } from '../core/operation.ts';
import type { System } from '../core/system.ts';
import { rolesOf } from './authority.ts';
import { stop } from './decide.ts';
import { bySystemName } from './find-system.ts';
import { attempt, type Tried, type Work } from './work.ts';

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
  const read = await lookPatiently(work, operation);
  return tenure.append((now, then) => {
    if (then.state !== 'queued') return [];
    if ('problem' in read) return stop(then, 'failed', `it could not be checked once more: ${read.problem}`, null);
    return consentLost(then, read.value, now) ?? drifted(then, read.value) ?? [{ type: 'started' }];
  });
}

/**
 * Consent that lies longer than it lasts before anything was changed, as when no worker was there, is asked for again (I2).
 * Behind the first change there is no way but on.
 */
export async function keepConsent({ tenure }: Work, operation: Operation): Promise<Operation> {
  if (operation.state !== 'running' || operation.plan.gate === null) return operation;
  return tenure.append((now, then) => {
    const { consent } = then.plan;
    if (then.state !== 'running' || hasBegunChanging(then) || consent.kind === 'none') return [];
    if (now.getTime() - Date.parse(then.movedAt) <= consent.expiresMinutes * 60_000) return [];
    const why = `nobody has worked on it for more than ${consent.expiresMinutes} minutes`;
    if (consent.kind === 'typed') return stop(then, 'expired', why, null);
    return [{ type: 'voided', by: then.votes.map(({ by }) => by), why }];
  });
}

/** A provider or Slack that does not answer for a moment must not cost people their approvals. */
async function lookPatiently(work: Work, operation: Operation): Promise<Tried<Look>> {
  const { deps, options, tenure } = work;
  for (let tried = 1; ; tried += 1) {
    const read = await attempt(async () =>
      look(work, operation, bySystemName(deps.systems.all, operation.plan.system)),
    );
    const isKnown = deps.systems.all.some(({ name }) => name === operation.plan.system);
    if ('value' in read || !isKnown || tried >= options.gateTries) return read;
    deps.log.warn({ operationId: operation.id, reason: read.problem }, 'the gate stays closed for now');
    await tenure.pause(options.gatePauseMs);
  }
}

async function look({ deps }: Work, operation: Operation, system: System): Promise<Look> {
  const { plan } = operation;
  const { people, names } = whoAgreed(operation, system);
  const held = people.map(async (person) => [person, await rolesOf(deps.people, system, person, names)] as const);
  const roles = new Map(await Promise.all(held));
  const environments = plan.pinned.targets.map(({ environment }) => environment);
  const sources = plan.pinned.backup === null ? [] : [plan.pinned.backup.environment];
  const storeMayBeAway = plan.pinned.backup === null;
  const facts = await deps.systems.facts(system, [...new Set([...environments, ...sources])], { storeMayBeAway });
  for (const then of plan.pinned.targets) {
    const { target, surveyProblem } = facts.environments[then.environment] ?? {};
    // A server that is away for a moment is no other one. Of one that was away when it was planned nothing else is known.
    if (surveyProblem != null && target?.identity !== then.identity) {
      throw new Fault(`reading ${then.environment} once more: ${surveyProblem}`);
    }
  }
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
