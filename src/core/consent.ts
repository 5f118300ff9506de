// Who has to agree before something is changed, and whether they have: pure rules over votes.
import type { EnvironmentFacts, Facts } from './facts.ts';
import type { Operation, Vote } from './operation.ts';
import { FACTOR_WORDS, type SecondFactor } from './second-factor.ts';
import type { Consent, System } from './system.ts';
import { list } from './wording.ts';

type Approvals = Extract<Consent, { kind: 'approvals' }>;

/** How far the approvals are. `missing` are roles that still need somebody. */
export type Tally = {
  readonly have: number;
  readonly need: number;
  readonly missing: string[];
  readonly complete: boolean;
};

/** Counts distinct people. One person with two roles fills both roles but is still one of the people asked for. */
export function tally(rule: Approvals, votes: readonly Vote[]): Tally {
  const people = new Map(votes.map((vote) => [vote.by, vote]));
  const missing = Object.entries(rule.require).flatMap(([role, count]) => {
    const held = [...people.values()].filter((vote) => vote.roles.includes(role)).length;
    return Array.from({ length: Math.max(0, count - held) }, () => role);
  });
  const have = people.size;
  return { have, need: rule.count, missing, complete: have >= rule.count && missing.length === 0 };
}

/** The rule as a sentence: "2 different people holding engineering-lead or product-lead, not the requester, at least 1 engineering-lead". */
export function ruleText(rule: Consent): string {
  if (rule.kind === 'none') return 'no approval';
  if (rule.kind === 'typed') return 'the requester confirms by typing the name of the target';
  const requires = Object.entries(rule.require).map(([role, count]) => `at least ${count} ${role}`);
  const people = rule.count === 1 ? '1 person' : `${rule.count} different people`;
  const requester = rule.requesterCounts ? 'the requester counts' : 'not the requester';
  const second = rule.secondFactor === undefined ? [] : [`each with ${FACTOR_WORDS[rule.secondFactor].given}`];
  return [`${people} holding ${rule.roles.join(' or ')}`, requester, ...requires, ...second].join(', ');
}

/**
 * The consent that applies to an environment: its own, or that of the protected environment whose database it uses.
 * Labels do not count, the identity of the database does (design §6, fault 27).
 */
export function consentFor(
  system: System,
  environment: string,
  facts: Facts,
): { consent: Consent; protected: boolean } {
  const own = system.environments[environment];
  const identity = facts.environments[environment]?.target.identity;
  const real = Object.entries(system.environments).find(
    ([name, other]) => other.protected && sameDatabase(facts.environments[name], identity),
  );
  const rule = own?.protected === true ? own : (real?.[1] ?? own);
  return { consent: rule?.consent ?? { kind: 'none' }, protected: rule?.protected ?? false };
}

/** Votes that count no longer: given too long ago, or by people who have lost every role that may approve or one that is required. */
export function staleVotes(
  operation: Operation,
  rolesNow: ReadonlyMap<string, readonly string[]>,
  now: Date,
): { by: string[]; why: string } | null {
  const rule = operation.plan.consent;
  if (rule.kind !== 'approvals') return null;
  const lost = operation.votes.filter(({ by, roles }) => {
    const now = rolesNow.get(by) ?? [];
    const lacking = roles.some((role) => role in rule.require && !now.includes(role));
    return lacking || !now.some((role) => rule.roles.includes(role));
  });
  if (lost.length > 0) return { by: lost.map(({ by }) => by), why: 'an approver no longer holds the role' };
  const since = Math.max(rehearsalEnd(operation), ...operation.votes.map(({ at }) => Date.parse(at)));
  const minutes = (now.getTime() - since) / 60_000;
  if (minutes <= rule.expiresMinutes) return null;
  return {
    by: operation.votes.map(({ by }) => by),
    why: `the approvals are older than ${rule.expiresMinutes} minutes`,
  };
}

function rehearsalEnd(operation: Operation): number {
  const ends = Object.values(operation.steps).map(({ endedAt }) => (endedAt === null ? 0 : Date.parse(endedAt)));
  return Math.max(0, ...ends);
}

function sameDatabase(facts: EnvironmentFacts | undefined, identity: string | undefined): boolean {
  return facts !== undefined && facts.target.identity === identity;
}

/** What each approval takes beside the click; null when the click is enough. */
export function factorOf(rule: Consent): SecondFactor | null {
  return rule.kind === 'approvals' ? (rule.secondFactor ?? null) : null;
}

/** Who holds each role now. */
export type Holders = ReadonlyMap<string, readonly string[]>;

/** The same without those who have no key: where a rule asks for a second factor they cannot approve. */
export function keyedOf(holders: Holders, keyed: ReadonlySet<string>): Holders {
  return new Map([...holders].map(([role, people]) => [role, people.filter((person) => keyed.has(person))]));
}

/** Everybody who holds one of the roles, each once. */
export function peopleOf(roles: readonly string[], holders: Holders): string[] {
  return [...new Set(roles.flatMap((role) => holders.get(role) ?? []))];
}

/** What stands in the way of ever fulfilling the rule when `requester` asks; empty when it can be fulfilled. */
export function shortfallsOf(rule: Approvals, holders: Holders, requester: string): string[] {
  const possible = peopleOf(rule.roles, holders).filter((person) => rule.requesterCounts || person !== requester);
  const few = possible.length < rule.count;
  const whose = rule.secondFactor === undefined ? '' : ` with a ${FACTOR_WORDS[rule.secondFactor].key}`;
  const people = few
    ? [`${rule.count} approvals are needed, but ${possible.length} of ${list(rule.roles)}${whose} could give one`]
    : [];
  const roles = Object.entries(rule.require).flatMap(([role, count]) => {
    // A vote counts for a required role only if its giver may approve at all.
    const held = (holders.get(role) ?? []).filter((person) => possible.includes(person)).length;
    return held < count ? [`${count} ${role}${whose} must approve, but ${held} could`] : [];
  });
  return [...people, ...roles];
}
