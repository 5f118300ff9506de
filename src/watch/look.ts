// One look at a system: what is read of it, and what was found.
import type { Alert, AlertKind, Finding, LastLook } from '../core/alert.ts';
import { newestWhole, recoveryPoints } from '../core/backup-checks.ts';
import { Fault, reasonOf } from '../core/errors.ts';
import type { EnvironmentFacts, Offsite } from '../core/facts.ts';
import type { Platform } from '../core/platform.ts';
import type { OperationStore, Systems } from '../core/ports.ts';
import type { Held } from '../core/retention.ts';
import type { Health, System } from '../core/system.ts';
import type { Vitals } from '../core/vitals.ts';
import { reasonIn, remedyOf } from './finding.ts';
import { findingsOf, OF_FACTS } from './findings.ts';
import { offsiteFindings } from './offsite-findings.ts';
import { restoreTestOf } from './restore-test.ts';
import { type Looked, vitalFindings } from './vital-findings.ts';

export type LookDeps = {
  readonly systems: Pick<Systems, 'facts' | 'offsite'> & { platformOf(system: System): Pick<Platform, 'vitals'> };
  readonly operations: Pick<OperationStore, 'lastProof' | 'recent'>;
  /** What the retention must not delete, among the backups of these ids. */
  held(system: string, backups: readonly string[]): Promise<Held>;
  /** Asks the endpoint once; whatever it answers is returned. */
  healthNow(health: Health): Promise<{ readonly ok: boolean; readonly text: string }>;
  /** The result of `work`, or a rejection with `late` after `ms`. */
  within<T>(ms: number, work: Promise<T>, late: () => Error): Promise<T>;
  now(): Date;
};

type Look = Looked & {
  /** Null when the backups could not be read. */
  readonly last: LastLook | null;
};

/** A platform that does not answer must not hold up the next look. */
const PATIENCE_MS = 60_000;
/** Of operations that have ended: among so many the last restore test is looked for. */
const RECENT = 50;

/**
 * `open`: the system's open alerts. `closely`: its application is looked at, too; as it is while an alert about that is open.
 * Throws when the store cannot be read; what the platform does not answer is a finding.
 */
export async function lookAt(
  deps: LookDeps,
  system: System,
  { open, closely }: { readonly open: readonly Alert[]; readonly closely: boolean },
): Promise<Look> {
  const isHealthAsked = closely || open.some(({ kind }) => kind === 'health');
  const [facts, offsite, vitals, health, proof, ended] = await Promise.all([
    factsOf(deps, system),
    offsiteOf(deps, system),
    vitalsOf(deps, system),
    isHealthAsked ? healthOf(deps, system) : null,
    deps.operations.lastProof(system.name, null),
    deps.operations.recent(system.name, RECENT),
  ]);
  const now = deps.now();
  const here = facts.is === 'read' ? facts.here : null;
  const parts: Looked[] = [
    facts.is === 'read' ? await backupsOf(deps, system, facts.here, { open, now }) : unreadable(system, facts.why),
    offsiteFindings(system, offsite, now),
    looked('restore-test', restoreTestOf(system, { proof, ended }, now)),
    ...(vitals === null ? [] : [vitalFindings(system, vitals, { open, server: here?.server ?? null })]),
    ...(health === null ? [] : [looked('health', unhealthy(system, health))]),
  ];
  return {
    kinds: parts.flatMap(({ kinds }) => kinds),
    findings: parts.flatMap(({ findings }) => findings),
    last: here === null ? null : lastLook(system, here, now, proof),
  };
}

type Read = { readonly is: 'read'; readonly here: EnvironmentFacts } | { readonly is: 'not'; readonly why: string };

async function factsOf({ systems, within }: LookDeps, system: System): Promise<Read> {
  const { of } = system.backups;
  try {
    const { environments } = await within(PATIENCE_MS, systems.facts(system, [of]), late);
    const here = environments[of];
    return here === undefined ? { is: 'not', why: 'nothing was said of it' } : { is: 'read', here };
  } catch (thrown) {
    return { is: 'not', why: reasonOf(thrown) };
  }
}

/** Null where no such place is named. */
async function offsiteOf({ systems, within }: LookDeps, system: System): Promise<Offsite | null> {
  try {
    return await within(PATIENCE_MS, systems.offsite(system, system.backups.of), late);
  } catch (thrown) {
    return { name: 'the place that is named', copies: [], problem: reasonOf(thrown) };
  }
}

/** Null where the platform tells nothing, or nothing in time. */
async function vitalsOf({ systems, within }: LookDeps, system: System): Promise<Vitals | null> {
  try {
    const asked = systems.platformOf(system).vitals?.(system, system.backups.of);
    return asked === undefined ? null : await within(PATIENCE_MS, asked, late);
  } catch {
    return null;
  }
}

type Answer = { readonly ok: boolean; readonly text: string };

/** Asked twice before it counts as unwell. */
async function healthOf({ healthNow }: LookDeps, system: System): Promise<Answer | null> {
  const health = system.environments[system.backups.of]?.health;
  if (health === undefined) return null;
  const first = await healthNow(health);
  return first.ok ? first : await healthNow(health);
}

function late(): Error {
  return new Fault(`waiting for an answer for ${PATIENCE_MS / 1000} s`);
}

async function backupsOf(
  deps: LookDeps,
  system: System,
  facts: EnvironmentFacts,
  { open, now }: { readonly open: readonly Alert[]; readonly now: Date },
): Promise<Looked> {
  const ids = facts.backups.map(({ id }) => id);
  const held = await deps.held(system.name, ids);
  return { kinds: OF_FACTS, findings: findingsOf(system, facts, now, { open, held }) };
}

/** Of no kind can be said that it is over. */
function unreadable(system: System, why: string): Looked {
  const { of } = system.backups;
  const finding: Finding = {
    kind: 'unreadable',
    environment: of,
    about: '',
    severity: 'critical',
    text: `The backups of ${of} could not be read: ${reasonIn(why)}.`,
    remedy: remedyOf(system, 'backups'),
  };
  return { kinds: [], findings: [finding] };
}

function unhealthy(system: System, { ok, text }: Answer): Finding | null {
  if (ok) return null;
  const { of } = system.backups;
  return {
    kind: 'health',
    environment: of,
    about: '',
    severity: 'critical',
    text: `The application of ${of} is not well: its health endpoint ${reasonIn(text)}.`,
    remedy: remedyOf(system, 'assess'),
  };
}

function looked(kind: AlertKind, finding: Finding | null): Looked {
  return { kinds: [kind], findings: finding === null ? [] : [finding] };
}

function lastLook(
  { backups: rules }: System,
  { backups, window }: EnvironmentFacts,
  now: Date,
  proof: LastLook['proof'],
): LastLook {
  return {
    at: now.toISOString(),
    newest: newestWhole(backups),
    proof,
    capability: recoveryPoints(backups, window, rules, now),
  };
}
