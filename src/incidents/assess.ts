// From what is seen to the level, the likely cause and the way out (F6), with the facts at hand. Changes nothing.
import { newestFinished } from '../core/backup-checks.ts';
import { commandText } from '../core/command.ts';
import { Refusal } from '../core/errors.ts';
import type { Release } from '../core/facts.ts';
import type { Level, Symptom } from '../core/incident-rules.ts';
import type { IncidentUseCases } from '../core/incident-use-cases.ts';
import type { Assessment } from '../core/incident-views.ts';
import type { System } from '../core/system.ts';
import { adviceOf } from './advice.ts';
import type { IncidentDeps } from './deps.ts';
import { liveFacts } from './live-facts.ts';

type Asked = Parameters<IncidentUseCases['assess']>[0];

export async function assess(deps: IncidentDeps, asked: Asked, now: Date): Promise<Assessment> {
  const system = deps.systemNamed(asked.system);
  const symptoms = symptomsOf(system, asked.symptoms);
  const verdict = matrixOf(system, symptoms);
  const [facts, proof] = await Promise.all([
    liveFacts(deps, system, true),
    deps.operations.lastProof(system.name, null),
  ]);
  const { onset } = asked;
  const releases = facts?.releases ?? [];
  const release = releases.find(({ current }) => current) ?? null;
  const found = {
    onset,
    release,
    former: release === null ? null : formerOf(release, releases),
    migration: facts?.survey?.migrations.at(-1) ?? null,
    backup: newestFinished((facts?.backups ?? []).filter((backup) => isBefore(backup.finishedAt, onset))),
  };
  const advice = adviceOf({ ...found, scenario: verdict.scenario?.scenario ?? null, now });
  const { former: _, ...shown } = found;
  const plan = planOf(system, verdict.scenario, advice.is, shown);
  return { at: now.toISOString(), system, symptoms, ...verdict, ...shown, proof, advice, plan };
}

/**
 * The worst level, every cause, and the scenario of the worst symptom that names one. Throws Refusal without symptoms.
 * @internal
 */
export function matrixOf(
  { scenarios }: System,
  symptoms: readonly Symptom[],
): Pick<Assessment, 'level' | 'causes' | 'scenario'> {
  const worst = symptoms.toSorted((a, b) => a.level - b.level);
  const [first] = worst;
  if (first === undefined) throw new Refusal('no-symptoms', 'Nothing was chosen.', 'Choose what is seen.');
  const [scenario] = worst.flatMap(({ scenario: name }) => {
    const found = name === undefined ? undefined : scenarios[name];
    return name === undefined || found === undefined ? [] : [{ name, scenario: found }];
  });
  const level: Level = first.level;
  return { level, causes: [...new Set(worst.map(({ cause }) => cause))], scenario: scenario ?? null };
}

function symptomsOf({ incidents, title }: System, names: readonly string[]): Symptom[] {
  return [...new Set(names)].map((name) => {
    const found = incidents.symptoms.find((symptom) => symptom.name === name);
    if (found !== undefined) return found;
    throw new Refusal('no-such-symptom', `${title} knows no symptom “${name}”.`, 'Ask again with `/dr assess`.');
  });
}

/** The newest one before it that runs other code. */
function formerOf({ createdAt, code }: Release, releases: readonly Release[]): Release | null {
  return releases.find((one) => one.state === 'succeeded' && one.code !== code && one.createdAt < createdAt) ?? null;
}

function isBefore(finishedAt: string | null, onset: string | null): boolean {
  return onset === null || (finishedAt !== null && Date.parse(finishedAt) < Date.parse(onset));
}

/** Without `/dr`. The scenario where there is one; it says itself what a person has to choose besides. */
function planOf(
  system: System,
  chosen: Assessment['scenario'],
  advice: Assessment['advice']['is'],
  { backup, onset }: Pick<Assessment, 'backup' | 'onset'>,
): string | null {
  const scope = { system: system.name };
  if (chosen !== null) {
    const { steps } = chosen.scenario;
    const asks = steps.some((step) => step.do === 'table' || (step.do === 'restore' && step.backup === 'asked'));
    const named = asks ? (backup?.id ?? null) : null;
    const at = steps.some((step) => step.do === 'moment') ? onset : null;
    return typed({ verb: 'recover', ...scope, scenario: chosen.name, backup: named, at, table: null });
  }
  return advice === 'roll back' ? typed({ verb: 'rollback', ...scope, release: 'previous' }) : null;
}

function typed(command: Parameters<typeof commandText>[0]): string {
  return commandText(command).replace(/^\/dr /, '');
}
