// A month in figures, beside the one before it: drills, proofs, incidents, alerts (B15, G30). Pure; the data is given.
import type { Alert } from '../core/alert.ts';
import type { Proof } from '../core/facts.ts';
import type { Incident } from '../core/incident.ts';
import type { Losses } from '../core/incident-losses.ts';
import type { MonthFigures } from '../core/incident-views.ts';
import type { Report } from '../core/report.ts';
import type { System } from '../core/system.ts';

/** Everything of the system; what does not belong to the two months is left out. */
export type MonthInput = {
  readonly system: System;
  /** `2026-11`, in UTC. */
  readonly month: string;
  readonly drills: readonly Report[];
  readonly proofs: readonly Proof[];
  readonly incidents: readonly { readonly incident: Incident; readonly losses: Losses }[];
  /** Null where nobody has kept them. */
  readonly alerts: readonly Alert[] | null;
};

/** Of `month`, by when a drill ended, a backup was proven, an incident was declared, an alert was raised. */
export function monthFigures({ system, drills, proofs, incidents, alerts }: MonthInput, month: string): MonthFigures {
  const isIn = (moment: string) => moment.startsWith(`${month}-`);
  const held = drills.filter(({ system: of, at, kind }) => of === system.name && kind === 'drill' && isIn(at));
  const recoveries = held.flatMap(({ figures }) => figures?.recoverySeconds ?? []);
  const sizes = held.flatMap(({ figures }) => figures?.backup?.bytes ?? []);
  const losses = incidents.filter(({ incident }) => isIn(incident.declaredAt)).map((one) => one.losses);
  const down = losses.flatMap(({ downSeconds }) => downSeconds ?? []);
  return {
    month,
    drills: held.length,
    drillsPassed: held.filter(({ result }) => result === 'pass').length,
    proofs: proofs.filter(({ at }) => isIn(at)).length,
    recoverySeconds: recoveries.length === 0 ? null : Math.max(...recoveries),
    medianRecoverySeconds: median(recoveries),
    backupBytes: sizes.length === 0 ? null : Math.max(...sizes),
    incidents: losses.length,
    downSeconds: down.length === 0 ? null : sum(down),
    detectSeconds: mean(losses.map(({ detectSeconds }) => detectSeconds)),
    recoverSeconds: mean(losses.flatMap(({ recoverSeconds }) => recoverSeconds ?? [])),
    alerts: alerts === null ? null : alerts.filter(({ raisedAt }) => isIn(raisedAt)).length,
  };
}

function median(numbers: readonly number[]): number | null {
  const sorted = numbers.toSorted((a, b) => a - b);
  const lower = sorted[Math.ceil(sorted.length / 2) - 1];
  const upper = sorted[Math.floor(sorted.length / 2)];
  return lower === undefined || upper === undefined ? null : (lower + upper) / 2;
}

function mean(numbers: readonly number[]): number | null {
  return numbers.length === 0 ? null : sum(numbers) / numbers.length;
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, each) => total + each, 0);
}
