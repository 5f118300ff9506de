// Who has agreed, who is still needed, by which rule, and until when.
import type { SectionBlock } from '@slack/types';
import { ruleText, tally } from '../core/consent.ts';
import type { Operation } from '../core/operation.ts';
import type { System } from '../core/system.ts';
import { ago, count, list, span, utcShort } from '../core/wording.ts';
import { inert, section } from './blocks.ts';
import { person } from './inline.ts';

/** Null when nobody has to agree. */
export function approvals(operation: Operation, now: Date): SectionBlock | null {
  const { plan } = operation;
  if (plan.gate === null || plan.consent.kind === 'none') return null;
  const rule = `Rule: ${inert(ruleText(plan.consent), 500)}.`;
  if (plan.consent.kind === 'typed') {
    const done =
      operation.state === 'proposed' ? `waiting for ${person(operation.requestedBy)}` : confirmedWord(operation);
    return section([`*Confirmation:* ${done}`, rule, expiry(operation, now)].filter((line) => line !== '').join('\n'));
  }
  const { have, need, missing } = tally(plan.consent, operation.votes);
  const votes = operation.votes.map(({ by, roles, at }) => {
    return `${person(by)} (${inert(roles.join(', '), 120)}) ${utcShort(at, now)}`;
  });
  const still = missing.length === 0 ? '' : ` Still needed among them: ${inert(list(missing), 200)}.`;
  const lines = [`*Approvals: ${have} of ${need}*`, ...votes, `${rule}${still}`, expiry(operation, now)];
  return section(lines.filter((line) => line !== '').join('\n'));
}

/** Calls those who may approve, by a mention; null when nobody is waited for. */
export function calledLine({ id, plan, state, requestedBy }: Operation, roles: System['roles']): string | null {
  const { consent } = plan;
  if (state !== 'awaiting_approval' || consent.kind !== 'approvals') return null;
  const named = consent.roles.flatMap((name) => {
    const role = roles[name];
    if (role === undefined) return [];
    if ('group' in role) return [`<!subteam^${role.group}|@${inert(name, 60)}>`];
    return role.users.filter((user) => consent.requesterCounts || user !== requestedBy).map(person);
  });
  if (named.length === 0) return null;
  return `${id} waits for ${count(consent.count, 'approval')}: ${[...new Set(named)].join(' ')}`;
}

/** `1 of 2 approvals; needs 1 more person, as engineering-lead`. Made inert. */
export function tallyText({ plan, votes }: Pick<Operation, 'plan' | 'votes'>): string {
  if (plan.consent.kind !== 'approvals') return '';
  const { have, need, missing } = tally(plan.consent, votes);
  const roles = inert(list(missing), 200);
  const people = count(need - have, 'more person', 'more people');
  const given = `${have} of ${count(need, 'approval')}`;
  if (need <= have) return roles === '' ? given : `${given}; needs ${roles}`;
  if (roles === '') return `${given}; needs ${people}`;
  return `${given}; needs ${people}, ${missing.length < need - have ? `${roles} among them` : `as ${roles}`}`;
}

function confirmedWord({ state }: Operation): string {
  return state === 'expired' || state === 'cancelled' ? 'not given' : 'given';
}

function expiry({ plan, state, expiresAt }: Operation, now: Date): string {
  if (state !== 'awaiting_approval' && state !== 'proposed') return '';
  if (plan.consent.kind === 'none') return '';
  const minutes = span(plan.consent.expiresMinutes * 60);
  if (expiresAt === null)
    return `You can approve now: it counts once the rehearsal is done. Expires ${minutes} after that.`;
  const left = Date.parse(expiresAt) - now.getTime();
  const when = utcShort(expiresAt, now);
  return left > 0 ? `Expires at ${when}, in ${span(left / 1000)}.` : `Expired at ${when}, ${ago(expiresAt, now)} ago.`;
}
