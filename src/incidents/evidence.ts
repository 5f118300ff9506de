// What Holdfast can see for itself, with what it saw: an item of a checklist that names it is ticked with that (P20, F14).
import type { ActionName } from '../core/action.ts';
import { verdictOf } from '../core/check.ts';
import type { Incident } from '../core/incident.ts';
import type { NoticeState } from '../core/incident-ports.ts';
import type { ChecklistItem } from '../core/incident-rules.ts';
import type { Operation } from '../core/operation.ts';
import { count, list, utc } from '../core/wording.ts';

export type Seen = NonNullable<ChecklistItem['seen']>;

/** How far people have been told. */
export type Told = { readonly card: boolean; readonly notices: readonly NoticeState[] };

export type Looked = {
  readonly incident: Incident;
  /** Those that are linked to it, oldest first. */
  readonly operations: readonly Operation[];
  /** Null when nobody has looked. */
  readonly told: Told | null;
};

type Shown = 'stopped' | 'restored' | 'integrity' | 'restarted' | 'health' | 'smoke';

/** The steps that show it when they are done and were read back. */
const STEPS: Readonly<Record<Shown, readonly ActionName[]>> = {
  stopped: ['maintenance.on', 'services.stop'],
  restored: ['database.promote', 'database.restore', 'table.merge'],
  integrity: ['database.check', 'candidate.check'],
  restarted: ['maintenance.off', 'services.start'],
  health: ['health.check'],
  smoke: ['smoke.check'],
};

/** Null while it was not seen. */
export function evidenceOf(seen: Seen, { incident, operations, told }: Looked): string | null {
  switch (seen) {
    case 'declared':
      return `declared at ${utc(incident.declaredAt)}`;
    case 'notified':
      return told === null ? null : tellingOf(told);
    case 'backup':
      return first(operations, ({ id, plan: { pinned } }) => {
        const { finishedAt, id: name } = pinned.backup?.backup ?? { finishedAt: null, id: '' };
        return finishedAt === null ? null : `${name}, finished at ${utc(finishedAt)}, is pinned by ${id}`;
      });
    case 'procedure':
      return first(operations, ({ id, plan }) => `${id}: ${plan.headline}`);
    case 'review':
      return incident.reached.review?.note ?? null;
    default:
      return first(operations.toReversed(), (operation) => stepEvidence(operation, STEPS[seen]));
  }
}

function tellingOf({ card, notices }: Told): string | null {
  const outside = notices.filter(({ notice }) => notice.is === 'declared');
  if (!card || outside.some(({ state }) => state !== 'sent')) return null;
  return list(['the card was posted', ...outside.map(({ notifier }) => `${notifier} was told`)]);
}

/** Of the last such step that is done. One that showed nothing, or something bad, is no evidence. */
function stepEvidence({ id, plan, steps }: Operation, actions: readonly ActionName[]): string | null {
  return first(plan.steps.toReversed(), (step) => {
    const outcome = steps[step.id]?.state === 'done' ? steps[step.id]?.outcome : null;
    if (!actions.includes(step.action) || outcome == null) return null;
    const { says, checks } = outcome.evidence;
    if (checks.length > 0 && verdictOf(checks) === 'fail') return null;
    const read = says[0] ?? (checks.length > 0 ? `${count(checks.length, 'check')} without a failure` : null);
    return read === null ? null : `${id}, ${step.title}: ${read}`;
  });
}

function first<T>(all: readonly T[], pick: (one: T) => string | null): string | null {
  for (const one of all) {
    const picked = pick(one);
    if (picked !== null) return picked;
  }
  return null;
}
