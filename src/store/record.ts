// Writes new journal entries with all that follows from them: projections, proofs, durations, tellings. One transaction.
import type { Entry } from '../core/journal.ts';
import { isEnded, type Operation } from '../core/operation.ts';
import type { Narrate } from '../core/ports.ts';
import { addTellings } from './tellings.ts';
import type { Tx } from './transaction.ts';

/** `after` is the operation with these entries applied; its row is locked by this transaction, or was inserted by it. */
export async function record(tx: Tx, after: Operation, entries: readonly Entry[], narrate: Narrate): Promise<void> {
  await tx
    .insertInto('journal')
    .values(entries.map(({ event, ...entry }) => ({ ...entry, type: event.type, event: JSON.stringify(event) })))
    .execute();
  await tx.updateTable('operations').set(projectionOf(after)).where('id', '=', after.id).execute();
  for (const entry of entries) await recordEndOfStep(tx, after, entry);
  await addTellings(tx, after.id, narrate(after, entries));
}

/** What is kept beside the journal so that it can be searched for. */
export function projectionOf(operation: Operation) {
  const { state, expiresAt, endedAt, last } = operation;
  const over = isEnded(state) ? { active_target: null, active_environment: null } : {};
  return { state, last_seq: last.seq, expires_at: expiresAt, ended_at: endedAt, ...over };
}

async function recordEndOfStep(tx: Tx, { id, plan, steps }: Operation, { seq, at, event }: Entry): Promise<void> {
  if (event.type !== 'step_ended' || event.outcome.is === 'failed') return;
  const { system } = plan;
  const { proof } = event.outcome.evidence;
  if (proof !== undefined) {
    const row = { operation: id, seq, system, backup: proof.backup, at: proof.at, proof: JSON.stringify(proof) };
    await tx.insertInto('proofs').values(row).execute();
  }
  const startedAt = steps[event.step]?.startedAt;
  const action = plan.steps.find((step) => step.id === event.step)?.action;
  // A step that was found done after a crash took a time that nobody measured.
  if (startedAt == null || action === undefined || event.adopted || event.outcome.is !== 'done') return;
  const seconds = (Date.parse(at) - Date.parse(startedAt)) / 1000;
  await tx.insertInto('durations').values({ operation: id, seq, system, action, seconds }).execute();
}
