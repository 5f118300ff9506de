// People decide: approve, deny, confirm, cancel, say what happened. Each decision is made under a lock on the operation as it is.
import { tally } from '../core/consent.ts';
import { Refusal } from '../core/errors.ts';
import type { Event } from '../core/journal.ts';
import { chain } from '../core/journal.ts';
import { nextMove } from '../core/next-move.ts';
import { apply, hasBegunChanging, isEnded, type Operation } from '../core/operation.ts';
import type { Consent, System } from '../core/system.ts';
import { utc } from '../core/wording.ts';
import { requireFactor, requireOperator, requirePerson, rolesOf } from './authority.ts';
import type { Approval, Click, Settlement } from './click.ts';
import type { Deps } from './deps.ts';
import { bySystemName, findOperation } from './find-system.ts';
import { wakeFor } from './wake.ts';

type Approvals = Extract<Consent, { kind: 'approvals' }>;

/** One approval by somebody who may, bound to the plan that was shown. The last one that is needed opens the gate. */
export async function approve(deps: Deps, click: Approval): Promise<Operation> {
  const { by, digest } = click;
  const roles = await approverRoles(deps, click);
  // Judged before the second factor is asked for, which counts once, and again under the lock.
  const shown = await findOperation(deps.operations, click.operation);
  const { secondFactor: factor } = approvable(shown, click, roles, new Date());
  if (factor !== undefined) await requireFactor(deps.factors, factor, click, new Date());
  return decide(deps, click.operation, (operation, now) => {
    const rule = approvable(operation, click, roles, now);
    const votes = [...operation.votes, { by, roles, at: now.toISOString() }];
    const approved: Event = { type: 'approved', by, roles, digest, ...(factor === undefined ? {} : { factor }) };
    return tally(rule, votes).complete ? [approved, { type: 'consented' }] : [approved];
  });
}

/** The rule that this person's approval counts for. Throws Refusal when it would not count. */
function approvable(operation: Operation, { by, digest }: Click, roles: readonly string[], now: Date): Approvals {
  const rule = stillWaiting(operation, digest, now);
  if (by === operation.requestedBy && !rule.requesterCounts) {
    throw new Refusal('own-request', 'You asked for this, so your approval does not count.', 'It needs other people.');
  }
  if (roles.length === 0) throw notAnApprover(rule.roles);
  if (operation.votes.some((vote) => vote.by === by)) {
    throw new Refusal('already-approved', 'You have approved this already; it counts once.', 'It needs somebody else.');
  }
  return rule;
}

/** Deny wins over approve: it stops the operation as long as nothing has been changed. */
export async function deny(deps: Deps, click: Click): Promise<Operation> {
  const roles = await approverRoles(deps, click);
  return decide(deps, click.operation, (operation) => {
    requireSamePlan(operation, click.digest);
    const { state, plan } = operation;
    const waits = state === 'awaiting_approval' || state === 'queued';
    if (!waits || plan.consent.kind !== 'approvals') throw notWaiting(operation);
    if (roles.length === 0) throw notAnApprover(plan.consent.roles);
    return stop(operation, 'cancelled', `<@${click.by}> denied it`, click.by);
  });
}

/** The requester typed the name of what will be overwritten. */
export async function confirm(deps: Deps, click: Click & { readonly typed: string }): Promise<Operation> {
  const { system } = await operationAndSystem(deps, click.operation);
  await requireOperator(deps.people, system, click.by);
  return decide(deps, click.operation, (operation, now) => {
    requireSamePlan(operation, click.digest);
    if (operation.state !== 'proposed') throw notWaiting(operation);
    if (click.by !== operation.requestedBy) {
      throw new Refusal(
        'not-yours',
        `<@${operation.requestedBy}> asked for this and confirms it.`,
        'Ask for it yourself if you need it.',
        [operation.requestedBy],
      );
    }
    requireInTime(operation, now);
    const { name } = operation.plan.target;
    if (click.typed.trim() !== name) {
      throw new Refusal('wrong-name', 'That is not the name of the target.', `Type ${name} exactly.`);
    }
    return [{ type: 'confirmed', by: click.by }];
  });
}

/** Stops an operation that has not changed anything; what it prepared is cleared away. */
export async function cancel(deps: Deps, { operation: id, by }: Omit<Click, 'digest'>): Promise<Operation> {
  const { system } = await operationAndSystem(deps, id);
  await requireOperator(deps.people, system, by);
  return decide(deps, id, (operation) => {
    const changing = hasBegunChanging(operation);
    // Once it is being taken back, stopping it again would only hide why.
    const stopped = isEnded(operation.state) || operation.stopped !== null;
    if (stopped || (changing && operation.question !== null)) throw notWaiting(operation);
    if (changing) {
      throw new Refusal(
        'too-late',
        `${id} is changing ${operation.plan.target.name} already; stopping in the middle would leave it half done.`,
        `Let it end, then \`/dr undo ${id}\`.`,
      );
    }
    return stop(operation, 'cancelled', `<@${by}> cancelled it`, by);
  });
}

/** Anybody may take part in a drill while it runs, once (G26). */
export async function join(
  { operations }: Pick<Deps, 'operations'>,
  { operation: id, by }: Omit<Click, 'digest'>,
): Promise<Operation> {
  const { plan } = await findOperation(operations, id);
  if (plan.verb !== 'drill') {
    throw new Refusal('not-a-drill', `${id} is no drill: there is nothing to join.`, 'See `/dr drills`.');
  }
  requirePerson(by);
  return operations.change(id, (operation) => {
    if (isEnded(operation.state)) throw notWaiting(operation);
    if (operation.joined.includes(by)) {
      throw new Refusal('already-joined', 'You have joined this drill already.', 'Its thread tells how it goes on.');
    }
    return [{ type: 'joined', by }];
  });
}

/** A person says what happened to a step whose outcome is unknown. */
export async function settle(deps: Deps, click: Settlement): Promise<Operation> {
  const { system } = await operationAndSystem(deps, click.operation);
  await requireOperator(deps.people, system, click.by);
  return decide(deps, click.operation, (operation) => {
    requireSamePlan(operation, click.digest);
    const { question } = operation;
    if (question?.seq !== click.asks) throw notWaiting(operation);
    return [{ type: 'answered', step: question.step, by: click.by, verdict: click.verdict }];
  });
}

/** The events that stop an operation; it ends at once when nothing has to be taken back. */
export function stop(
  operation: Operation,
  outcome: 'failed' | 'cancelled' | 'expired',
  why: string,
  by: string | null,
): Event[] {
  const stopped: Event = { type: 'stopped', outcome, why, by };
  const after = apply(operation, chain(operation.last, operation.id, operation.last.at, stopped));
  return nextMove(after).do === 'finish' ? [stopped, { type: 'finished', outcome }] : [stopped];
}

async function decide(
  deps: Deps,
  id: string,
  events: (operation: Operation, now: Date) => readonly Event[],
): Promise<Operation> {
  const operation = await deps.operations.change(id, events);
  await wakeFor(deps, operation);
  return operation;
}

async function operationAndSystem(deps: Deps, id: string): Promise<{ operation: Operation; system: System }> {
  const operation = await findOperation(deps.operations, id);
  return { operation, system: bySystemName(deps.systems.all, operation.plan.system) };
}

async function approverRoles(deps: Deps, { operation: id, by }: Click): Promise<string[]> {
  const { operation, system } = await operationAndSystem(deps, id);
  const { consent } = operation.plan;
  return consent.kind === 'approvals' ? rolesOf(deps.people, system, by, consent.roles) : [];
}

function stillWaiting(operation: Operation, digest: string, now: Date): Approvals {
  requireSamePlan(operation, digest);
  const { consent } = operation.plan;
  if (operation.state !== 'awaiting_approval' || consent.kind !== 'approvals') throw notWaiting(operation);
  requireInTime(operation, now);
  return consent;
}

function requireSamePlan({ id, digest, plan }: Operation, shown: string): void {
  if (digest === shown) return;
  throw new Refusal(
    'stale-plan',
    `This is not the plan of ${id}.`,
    `Look at its card, or ask again with \`${plan.command}\`.`,
  );
}

function notWaiting({ id, state, plan, question }: Operation): Refusal {
  if (question !== null) {
    return new Refusal('answer-first', `${id} waits for somebody to say what happened.`, 'Answer on its card.');
  }
  const next = isEnded(state)
    ? `Ask again with \`${plan.command}\` if it is still needed.`
    : `See \`/dr audit ${id}\`.`;
  return new Refusal('already-decided', `${id} is ${state.replaceAll('_', ' ')}; there is nothing to decide.`, next);
}

/** Nothing expires while the rehearsal is running. */
function requireInTime({ id, expiresAt, plan }: Operation, now: Date): void {
  if (expiresAt === null || Date.parse(expiresAt) > now.getTime()) return;
  throw new Refusal(
    'expired',
    `${id} waited until ${utc(expiresAt)} and has expired.`,
    `Ask again with \`${plan.command}\`.`,
  );
}

function notAnApprover(roles: readonly string[]): Refusal {
  return new Refusal(
    'not-an-approver',
    `You do not hold a role that decides here (${roles.join(', ')}).`,
    'Ask somebody who does.',
  );
}
