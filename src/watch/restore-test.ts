// Whether a restore was proven lately, and whether the last attempt failed (P15, B3, F3).
import type { Finding } from '../core/alert.ts';
import { isProvenLately } from '../core/backup-checks.ts';
import type { Proof } from '../core/facts.ts';
import type { Operation } from '../core/operation.ts';
import type { System } from '../core/system.ts';
import { utc } from '../core/wording.ts';
import { reasonIn, remedyOf } from './finding.ts';

/** `ended`: operations of the system that have ended, newest first. */
export function restoreTestOf(
  system: System,
  { proof, ended }: { readonly proof: Proof | null; readonly ended: readonly Operation[] },
  now: Date,
): Finding | null {
  const finding = { kind: 'restore-test' as const, environment: system.backups.of, about: '' };
  const remedy = remedyOf(system, 'verify --deep');
  const failed = failedTest(ended, proof);
  if (failed !== null) return { ...finding, severity: 'critical', text: failed, remedy };
  const { backups } = system;
  if (isProvenLately(proof, backups, now)) return null;
  const last = proof === null ? 'no restore was ever proven' : `the last one was of ${proof.backup}, ${utc(proof.at)}`;
  const text = `No restore was proven within ${backups.provenWithinDays} d: ${last}.`;
  return { ...finding, severity: 'warning', text, remedy };
}

/** Of the newest one that ran to an end, unless a restore was proven since. One that people stopped tells nothing. */
function failedTest(ended: readonly Operation[], proof: Proof | null): string | null {
  const last = ended.find((operation) => isTest(operation) && TOLD.includes(operation.state));
  if (last?.state !== 'failed' || last.endedAt === null || last.stopped === null) return null;
  if (proof !== null && Date.parse(proof.at) > Date.parse(last.endedAt)) return null;
  return `${last.id} (${last.plan.command}) failed at ${utc(last.endedAt)}: ${reasonIn(last.stopped.why)}.`;
}

const TOLD: readonly Operation['state'][] = ['succeeded', 'unverified', 'failed'];

/** A backup is restored where nobody uses it: a deep verification, a warm candidate, a drill. */
function isTest({ plan: { verb, steps } }: Operation): boolean {
  return verb === 'warm' || verb === 'drill' || steps.some(({ action }) => action === 'backup.rehearse');
}
