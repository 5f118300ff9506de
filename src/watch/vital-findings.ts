// What is not as it should be with the server of a database: disk, replication lag, connections (F19).
import type { Alert, AlertKind, Finding } from '../core/alert.ts';
import type { EnvironmentFacts } from '../core/facts.ts';
import type { System } from '../core/system.ts';
import type { Vitals } from '../core/vitals.ts';
import { span } from '../core/wording.ts';
import { isOpen, remedyOf } from './finding.ts';
import { isBeyond } from './limit.ts';

/** `kinds` are those that were looked at: what could not be read is neither found nor over. */
export type Looked = { readonly kinds: readonly AlertKind[]; readonly findings: readonly Finding[] };

type Beside = {
  /** Alerts of this system that are open now. */
  readonly open: readonly Alert[];
  /** Null where nothing is known of it. */
  readonly server: EnvironmentFacts['server'];
};

type Reading = { readonly finding: Finding; readonly value: number; readonly limit: number; readonly scale: number };

/** Of the environment whose backups are watched. */
export function vitalFindings(system: System, vitals: Vitals, { open, server }: Beside): Looked {
  const readings = [diskOf(system, vitals, server), lagOf(system, vitals), poolOf(system, vitals)];
  const read = readings.flatMap((reading) => reading ?? []);
  return {
    kinds: read.map(({ finding }) => finding.kind),
    findings: read.flatMap(({ finding, value, limit, scale }) =>
      isBeyond(value, limit, { scale, was: isOpen(open, finding) }) ? [finding] : [],
    ),
  };
}

function diskOf(system: System, { disk }: Vitals, server: EnvironmentFacts['server']): Reading | null {
  if (disk === null) return null;
  const limit = system.watch.diskPercent;
  const text = `${percent(disk.percent)} of the database's disk is used: ${disk.text}; the limit is ${limit} %.`;
  const finding = { ...of(system, 'disk'), severity: 'critical' as const, text, remedy: roomOn(system, server) };
  return { finding, value: disk.percent, limit, scale: 100 };
}

function lagOf(system: System, { lagSeconds }: Vitals): Reading | null {
  if (lagSeconds === null) return null;
  const limit = system.watch.lagSeconds;
  const text = `A replica is ${span(lagSeconds)} behind; the limit is ${span(limit)}.`;
  const finding = { ...of(system, 'lag'), severity: 'critical' as const, text, remedy: remedyOf(system, 'assess') };
  return { finding, value: lagSeconds, limit, scale: limit };
}

function poolOf(system: System, { pool }: Vitals): Reading | null {
  if (pool === null) return null;
  const limit = system.watch.poolPercent;
  const text = `${percent(pool.percent)} of the connections are in use: ${pool.text}; the limit is ${limit} %.`;
  const finding = { ...of(system, 'pool'), severity: 'warning' as const, text, remedy: remedyOf(system, 'assess') };
  return { finding, value: pool.percent, limit, scale: 100 };
}

function of<K extends AlertKind>({ backups }: System, kind: K) {
  return { kind, environment: backups.of, about: '' };
}

function percent(value: number): string {
  return `${value.toFixed(1)} %`;
}

/** The largest of what operations have kept for undo is the first that could go; its removal is planned, not done. */
function roomOn(system: System, server: EnvironmentFacts['server']): Finding['remedy'] {
  const largest = server?.kept.toSorted((a, b) => b.bytes - a.bytes)[0];
  if (largest === undefined) return remedyOf(system, 'backups --retention');
  return { label: `Plan cleanup of ${largest.operation}`, command: `cleanup ${largest.operation}` };
}
