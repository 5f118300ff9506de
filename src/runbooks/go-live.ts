// The steps that exchange the live database for another one, with what runs on it: also the way back.
import type { EnvironmentFacts } from '../core/facts.ts';
import type { Capability } from '../core/platform.ts';
import type { StepDraft } from '../core/runbook.ts';
import type { System } from '../core/system.ts';
import { list } from '../core/wording.ts';

export type Exchange = {
  readonly environment: string;
  readonly promote: string;
  readonly previous: string;
  /** The schema of what is promoted may be older than the code. */
  readonly migrate: boolean;
};

/** Where there is a maintenance page, it is shown meanwhile; else the services are stopped and started in their order (P6). */
export function goLive(
  { system, can }: { readonly system: System; readonly can: readonly Capability[] },
  { server }: EnvironmentFacts,
  { environment, promote, previous, migrate }: Exchange,
): StepDraft[] {
  const swap: StepDraft = {
    action: 'database.promote',
    title: `Make ${promote} the live database`,
    args: { environment, promote, previous },
  };
  const health: StepDraft = {
    action: 'health.check',
    title: 'Ask the health endpoint',
    args: { environment, required: true },
  };
  if (can.includes('maintenance')) {
    return [
      { action: 'maintenance.on', title: 'Show the maintenance page', args: { environment } },
      swap,
      { action: 'services.check', title: 'See the application run on it', args: { environment, database: promote } },
      { action: 'maintenance.off', title: 'Open to customers again', args: { environment } },
      health,
    ];
  }
  const services = server?.services ?? [];
  const running = services.length === 0 ? null : { environment, services };
  const steps: (StepDraft | null)[] = [
    running && { action: 'services.stop', title: `Stop ${list(services.toReversed())}`, args: running },
    swap,
    migrate && server?.migrate != null
      ? { action: 'migrations.run', title: 'Run the pending migrations', args: { environment } }
      : null,
    running && { action: 'services.start', title: `Start ${list(services)}`, args: running },
    health,
    ...smokeSteps(system, environment),
  ];
  return steps.filter((step) => step !== null);
}

/** Where the system file has any. */
export function smokeSteps({ environments }: System, environment: string): StepDraft[] {
  if ((environments[environment]?.smoke.length ?? 0) === 0) return [];
  return [{ action: 'smoke.check', title: 'Run the smoke tests', args: { environment } }];
}
