// What to do after a drill: at most three things, each derived from a figure that it names (B15).
import type { Proof } from '../core/facts.ts';
import type { Operation } from '../core/operation.ts';
import type { DrillFigures } from '../core/report.ts';
import type { System } from '../core/system.ts';
import { count, list, span } from '../core/wording.ts';
import { checksOf, type Done } from './drill-parts.ts';

export type Seen = {
  readonly figures: Omit<DrillFigures, 'recommendations'>;
  readonly operation: Operation;
  readonly steps: readonly Done[];
  readonly system: System;
  readonly proof: Proof | null;
};

const MOST = 3;
/** Of the RTO: beyond it nothing may go wrong any more. */
const TIGHT_PERCENT = 80;
const DAY = 86_400;

/** The most important first. */
const RULES: readonly ((seen: Seen) => string | null)[] = [
  slow,
  leaking,
  failing,
  stale,
  unproven,
  unattainable,
  tight,
  smokeless,
  lonely,
];

export function recommend(seen: Seen): string[] {
  return RULES.flatMap((rule) => rule(seen) ?? []).slice(0, MOST);
}

function slow(seen: Seen): string | null {
  const { taken, allowed, percent } = ofRto(seen);
  if (percent <= 100) return null;
  return `Recovery took ${taken}, ${percent} % of the RTO of ${allowed}: make it faster (a candidate kept warm by \`/dr warm\` leaves only the swap), or promise less.`;
}

function tight(seen: Seen): string | null {
  const { taken, allowed, percent } = ofRto(seen);
  if (percent <= TIGHT_PERCENT || percent > 100) return null;
  return `Recovery took ${taken}, ${percent} % of the RTO of ${allowed}: little is left for people to decide; make it faster before the data grows.`;
}

/** Nothing measured or nothing promised is 0 %. */
function ofRto({ figures: { recoverySeconds, rtoMinutes } }: Seen) {
  const allowed = (rtoMinutes ?? 0) * 60;
  const percent = recoverySeconds === null || allowed === 0 ? 0 : Math.ceil((recoverySeconds * 100) / allowed);
  return { taken: span(recoverySeconds ?? 0), allowed: span(allowed), percent };
}

function leaking({ figures: { leaks } }: Seen): string | null {
  if (leaks === null || leaks === 0) return null;
  return `The scan found ${count(leaks, 'leak')} of personal data after masking: add the columns that it names to the masking rules.`;
}

function failing({ figures: { drill, parts } }: Seen): string | null {
  const failed = parts.filter(({ result }) => result === 'fail').map(({ title }) => title);
  if (failed.length === 0) return null;
  const what = `${failed.length} of ${count(parts.length, 'part')} failed (${list(failed)})`;
  return `${what}: mend what the issues name, then run \`/dr drill ${drill}\` again.`;
}

function stale({ figures: { backup }, operation, system }: Seen): string | null {
  if (backup?.at == null) return null;
  const age = (Date.parse(operation.plan.proposedAt) - Date.parse(backup.at)) / 1000;
  const { maxAgeHours } = system.backups;
  if (age <= maxAgeHours * 3600) return null;
  return `The backup was ${span(age)} old, more than the ${span(maxAgeHours * 3600)} that are allowed: find out why there is no newer one.`;
}

function unproven({ operation, steps, system, proof }: Seen): string | null {
  if (steps.some(({ state }) => state.outcome?.evidence.proof !== undefined)) return null;
  const days = system.backups.provenWithinDays;
  const tail = `than the ${count(days, 'day')} that are allowed: run \`/dr verify --deep\`.`;
  if (proof === null) return 'No backup was ever restored and checked in a scratch database: run `/dr verify --deep`.';
  const age = (Date.parse(operation.last.at) - Date.parse(proof.at)) / 1000;
  return age <= days * DAY ? null : `The last restore was proven ${span(age)} ago (${proof.operation}), longer ${tail}`;
}

/** As `backups.verify` has judged it from the backups that are really there. */
function unattainable({ steps }: Seen): string | null {
  const check = steps.flatMap(checksOf).find(({ name, status }) => name.startsWith('RPO ') && status !== 'pass');
  return check === undefined ? null : `${check.name}: ${check.figure}.`;
}

/** Environments whose data was exchanged, and whose application nobody asked anything. */
function smokeless({ steps, system, figures: { smoke } }: Seen): string | null {
  if (smoke !== null) return null;
  const environments = steps.flatMap(({ step: { action, args } }) =>
    action === 'health.check' && typeof args['environment'] === 'string' ? [args['environment']] : [],
  );
  const without = [...new Set(environments)].filter((name) => system.environments[name]?.smoke.length === 0);
  if (without.length === 0) return null;
  return `${list(without)} ${without.length === 1 ? 'has' : 'have'} 0 smoke tests: name the first questions of users in the system file.`;
}

function lonely({ figures: { drill, participants }, system }: Seen): string | null {
  const wanted = system.drills[drill]?.participants?.atLeast ?? 0;
  if (participants.length >= wanted) return null;
  return `${count(participants.length, 'person', 'people')} joined, at least ${wanted} must: ask them before the next one.`;
}
