// Restore production's backup into an environment: whole or one table, of a backup or of a moment, beside the live database or in place.
import type { OperationCommand } from '../core/command.ts';
import { consentFor } from '../core/consent.ts';
import { Refusal } from '../core/errors.ts';
import type { Capability } from '../core/platform.ts';
import type { PlanDraft, PlanInput, Runbook } from '../core/runbook.ts';
import { chooseFor } from './backup-choice.ts';
import { besidePlan, type Given } from './beside.ts';
import { inPlacePlan } from './in-place.ts';
import { momentPlan } from './moment.ts';
import { tablePlan } from './table.ts';

type Restore = Extract<OperationCommand, { verb: 'restore' }>;

export const restore: Runbook<Restore> = {
  verb: 'restore',
  needs: (command, system) => ({
    capabilities: capabilitiesFor(command),
    environments: [system.backups.of, command.environment],
    storeMayBeAway: true,
    survey: [command.environment],
    writtenSince: (facts) =>
      command.at ?? chooseFor(command.environment, command.backup ?? 'latest', system, facts).startedAt,
  }),
  plan: ({ command, ...given }: PlanInput<Restore>) => {
    const { environment, at, table } = command;
    const backup = command.backup ?? 'latest';
    if (at !== null) return momentPlan(given, environment, at);
    if (table !== null) return tablePlan(given, environment, backup, table);
    return wholePlan(given, environment, backup);
  },
};

function capabilitiesFor({ at, table }: Restore): Capability[] {
  if (at !== null) return ['moments'];
  return table === null ? ['backups'] : ['backups', 'tables'];
}

/** Beside the live database where losing data would hurt, and wherever it can be done so; else in place. */
export function wholePlan(given: Given, environment: string, backup: string): PlanDraft {
  const { system, facts, can } = given;
  const masked = system.environments[environment]?.masked === true;
  if (masked && !can.includes('server')) {
    throw new Refusal(
      'cannot-mask',
      `${environment} may hold masked data only, which ${system.platform} does not offer.`,
      'Restore into an environment that may hold personal data.',
    );
  }
  const { protected: isProtected } = consentFor(system, environment, facts);
  return isProtected || can.includes('server')
    ? besidePlan(given, environment, backup)
    : inPlacePlan(given, environment, backup);
}
