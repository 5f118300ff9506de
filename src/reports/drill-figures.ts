// What a drill has shown, in figures: from its plan and its journal, and from nothing else.

import { Fault } from '../core/errors.ts';
import type { Proof } from '../core/facts.ts';
import type { Entry } from '../core/journal.ts';
import type { Operation } from '../core/operation.ts';
import { parseCommand } from '../core/parse-command.ts';
import type { DrillFigures } from '../core/report.ts';
import type { System } from '../core/system.ts';
import {
  checksOf,
  type Done,
  hasRecovered,
  isRestoring,
  type Part,
  partsOf,
  recoverySeconds,
  reportPart,
  wasDone,
  workSeconds,
} from './drill-parts.ts';
import { issuesOf } from './issues.ts';
import { titlesOf } from './people.ts';
import { recommend } from './recommendations.ts';

export type DrillInput = {
  /** Ended. */
  readonly operation: Operation;
  readonly entries: readonly Entry[];
  readonly system: System;
  /** The newest restore of this system that was proven, by whatever operation. */
  readonly proof: Proof | null;
  /** When a drill is due after a moment; null when no schedule starts it. */
  nextAt(drill: string, after: Date): string | null;
};

/** Throws a Fault when the operation is not a drill. */
export function drillFigures({ operation, entries, system, proof, nextAt }: DrillInput): DrillFigures {
  const drill = drillOf(operation);
  const parts = partsOf(operation);
  const steps = parts.flatMap((part) => part.steps);
  const participants = [...operation.joined];
  const objectives = system.objectives ?? strictest(system);
  const measured = {
    drill,
    backup: backupOf(operation),
    downloadSeconds: longest(steps.filter(isDownload).map((one) => workSeconds([one]))),
    restoreSeconds: longest(parts.map((part) => recoverySeconds(part.steps.filter(isRestoring).filter(wasDone)))),
    totalSeconds: totalOf(steps, operation),
    recoverySeconds: longest(parts.map(recoveryOf)),
    rtoMinutes: objectives?.rtoMinutes ?? null,
    rpoMinutes: objectives?.rpoMinutes ?? null,
    rows: rowsOf(steps, system),
    smoke: smokeOf(steps),
    leaks: leaksOf(steps),
    participants,
    people: { ...titlesOf(participants, system) },
    parts: parts.map(reportPart),
    issues: issuesOf(operation, entries, parts),
    nextAt: nextAt(drill, new Date(operation.last.at)),
  };
  return { ...measured, recommendations: recommend({ figures: measured, operation, steps, system, proof }) };
}

function drillOf({ id, plan }: Operation): string {
  const parsed = parseCommand(plan.command.replace(/^\/dr /, ''));
  if (parsed.is === 'operation' && parsed.command.verb === 'drill') return parsed.command.drill;
  throw new Fault(`reporting ${id} as a drill: it is ${plan.command}`);
}

/** Where the system itself promises nothing, its scenario with the shortest recovery. */
function strictest({ scenarios }: System): System['objectives'] {
  return Object.values(scenarios).toSorted((a, b) => a.rtoMinutes - b.rtoMinutes)[0];
}

function backupOf({ plan }: Operation): DrillFigures['backup'] {
  const { backup: pinned } = plan.pinned;
  if (pinned === null) return null;
  const { id, finishedAt, bytes } = pinned.backup;
  return { id, at: finishedAt, bytes };
}

function isDownload(done: Done): boolean {
  return done.step.action === 'backup.fetch' && wasDone(done);
}

/** From the first step to the end, in seconds; 0 when nothing was begun. */
function totalOf(steps: readonly Done[], { endedAt }: Operation): number {
  const began = steps.flatMap(({ state: { startedAt } }) => (startedAt === null ? [] : [Date.parse(startedAt)]));
  return began.length === 0 || endedAt === null ? 0 : (Date.parse(endedAt) - Math.min(...began)) / 1000;
}

function recoveryOf(part: Part): number | null {
  return hasRecovered(part) ? recoverySeconds(part.steps) : null;
}

function longest(seconds: readonly (number | null)[]): number | null {
  const known = seconds.filter((each) => each !== null);
  return known.length === 0 ? null : Math.max(...known);
}

/** As counted by the proofs of this drill; where there is none, as its checks of the data say. The last count stands. */
function rowsOf(steps: readonly Done[], { tables }: System): Record<string, number> {
  const checked = steps.flatMap(checksOf).flatMap(({ name, figure }) => {
    const rows = /^(\d[\d,]*) rows?\b/.exec(figure)?.[1];
    const isTable = tables.some((table) => table.name === name);
    return rows === undefined || !isTable ? [] : [[name, Number(rows.replaceAll(',', ''))] as const];
  });
  const proven = steps.flatMap(({ state }) => Object.entries(state.outcome?.evidence.proof?.tables ?? {}));
  return Object.fromEntries([...checked, ...proven]);
}

function smokeOf(steps: readonly Done[]): DrillFigures['smoke'] {
  const checks = steps.filter(({ step }) => step.action === 'smoke.check').flatMap(checksOf);
  if (checks.length === 0) return null;
  return { passed: checks.filter(({ status }) => status === 'pass').length, of: checks.length };
}

/**
 * The values that the scan has found, at the least: it says them in its checks, by column. A doubt that keeps the scan from
 * being believed counts as one. Null when nothing was scanned.
 */
function leaksOf(steps: readonly Done[]): number | null {
  const checks = steps.filter(({ step }) => step.action === 'candidate.scan').flatMap(checksOf);
  if (checks.length === 0) return null;
  const failing = checks.filter(({ status }) => status === 'fail');
  return failing.reduce((sum, { figure }) => sum + Math.max(1, valuesIn(figure)), 0);
}

function valuesIn(figure: string): number {
  const found = [...figure.matchAll(/: (\d[\d,]*) values?\b/g)];
  return found.reduce((sum, [, values = '0']) => sum + Number(values.replaceAll(',', '')), 0);
}
