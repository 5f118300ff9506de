// At start: can the approvals that the system files ask for be given at all, by the people that there are now?
import type { People } from '../core/ports.ts';
import type { Consent, System } from '../core/system.ts';
import { list } from '../core/wording.ts';

type Approvals = Extract<Consent, { kind: 'approvals' }>;
type Problem = { readonly path: string; readonly message: string };
type Holders = ReadonlyMap<string, readonly string[]>;

/**
 * The rules of consent that nobody could ever fulfil, each with the system and the rule it is about; none when all is
 * well. Throws a Fault when Slack cannot be asked: a start without an answer would be a guess.
 */
export async function assertApprovers(systems: readonly System[], people: People): Promise<readonly Problem[]> {
  const problems: Problem[] = [];
  for (const system of systems) {
    const holders = await holdersOf(system, people);
    for (const [environment, { consent }] of Object.entries(system.environments)) {
      if (consent.kind !== 'approvals') continue;
      const path = `systems/${system.name}/environments/${environment}/consent`;
      for (const message of problemsOf(consent, system, holders)) problems.push({ path, message });
    }
  }
  return problems;
}

async function holdersOf(system: System, people: People): Promise<Holders> {
  const holders = new Map<string, readonly string[]>();
  for (const [name, role] of Object.entries(system.roles)) holders.set(name, await people.holders(role));
  return holders;
}

function problemsOf(rule: Approvals, system: System, holders: Holders): string[] {
  const operators = peopleOf(system.operators, holders);
  if (operators.length === 0) {
    return [`${system.name}: nobody may ask for an operation, because nobody holds ${list(system.operators)}`];
  }
  // One sentence per way of falling short, with every requester for whom it does.
  const stuck = new Map<string, string[]>();
  for (const requester of operators) {
    for (const why of shortfalls(rule, holders, rule.requesterCounts ? null : requester)) {
      stuck.set(why, [...(stuck.get(why) ?? []), requester]);
    }
  }
  return [...stuck].map(([why, requesters]) => {
    const when = rule.requesterCounts ? '' : ` when ${requesters.join(' or ')} asks`;
    return `${system.name}: ${why}${when}`;
  });
}

/** What is missing when `without` asks and may not approve; null when the requester counts. */
function shortfalls(rule: Approvals, holders: Holders, without: string | null): string[] {
  const possible = peopleOf(rule.roles, holders).filter((person) => person !== without);
  const problems: string[] = [];
  if (possible.length < rule.count) {
    problems.push(`${rule.count} approvals are needed, but ${possible.length} of ${list(rule.roles)} could give one`);
  }
  for (const [role, count] of Object.entries(rule.require)) {
    // A vote counts for a required role only if its giver may approve at all.
    const held = (holders.get(role) ?? []).filter((person) => possible.includes(person)).length;
    if (held < count) problems.push(`${count} ${role} must approve, but ${held} could`);
  }
  return problems;
}

function peopleOf(roles: readonly string[], holders: Holders): string[] {
  return [...new Set(roles.flatMap((role) => holders.get(role) ?? []))];
}
