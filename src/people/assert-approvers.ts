// At start: can the approvals that the system files ask for be given at all, by the people that there are now?
import { factorOf, type Holders, keyedOf, peopleOf, shortfallsOf } from '../core/consent.ts';
import type { Factor, People } from '../core/ports.ts';
import type { SecondFactor } from '../core/second-factor.ts';
import type { Consent, System } from '../core/system.ts';
import { list } from '../core/wording.ts';

type Approvals = Extract<Consent, { kind: 'approvals' }>;
type Problem = { readonly path: string; readonly message: string };

/**
 * The rules of consent that nobody could ever fulfil, each with the system and the rule it is about; none when all is
 * well. Throws a Fault when Slack cannot be asked, or keys cannot be read: a start without an answer would be a guess.
 */
export async function assertApprovers(
  systems: readonly System[],
  {
    people,
    factors,
  }: { readonly people: People; readonly factors: Readonly<Record<SecondFactor, Pick<Factor, 'keyed'>>> },
): Promise<readonly Problem[]> {
  const problems: Problem[] = [];
  for (const system of systems) {
    const holders = await holdersOf(system, people);
    for (const [environment, { consent }] of Object.entries(system.environments)) {
      if (consent.kind !== 'approvals') continue;
      const path = `systems/${system.name}/environments/${environment}/consent`;
      const factor = factorOf(consent);
      const able = factor === null ? holders : keyedOf(holders, await factors[factor].keyed());
      for (const message of problemsOf(consent, system, { holders, able })) problems.push({ path, message });
    }
  }
  return problems;
}

async function holdersOf(system: System, people: People): Promise<Holders> {
  const holders = new Map<string, readonly string[]>();
  for (const [name, role] of Object.entries(system.roles)) holders.set(name, await people.holders(role));
  return holders;
}

/** `able`: those of the holders who could approve. */
function problemsOf(
  rule: Approvals,
  system: System,
  { holders, able }: { readonly holders: Holders; readonly able: Holders },
): string[] {
  const operators = peopleOf(system.operators, holders);
  if (operators.length === 0) {
    return [`${system.name}: nobody may ask for an operation, because nobody holds ${list(system.operators)}`];
  }
  const short = operators.map((requester) => shortfallsOf(rule, able, requester));
  // Somebody who cannot be approved is told so when asking; what nobody could ever have approved is a mistake.
  if (short.some((problems) => problems.length === 0)) return [];
  return [...new Set(short.flat())].map((why) => `${system.name}: ${why}, whoever asks`);
}
