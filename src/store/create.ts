// Stores a new plan with the first entry of its journal, unless another operation holds its target.
import { Refusal } from '../core/errors.ts';
import { chain } from '../core/journal.ts';
import { type Operation, replay } from '../core/operation.ts';
import { changesEnvironment, digestOf, type Plan } from '../core/plan.ts';
import type { Narrate } from '../core/ports.ts';
import { utcShort } from '../core/wording.ts';
import { isRefusedStatement, refusedBy } from './during.ts';
import type { Db } from './pool.ts';
import { operationsOf } from './reading.ts';
import { projectionOf, record } from './record.ts';
import { databaseNow, type Tx, transaction } from './transaction.ts';

const UNIQUE_VIOLATION = '23505';

type Asked = { readonly by: string; readonly command: string };

/**
 * Throws Refusal `busy`. When the answer to the commit was lost, or the process died after it, the next try finds the
 * operation by its command.
 */
export async function create(db: Db, narrate: Narrate, plan: Plan, asked: Asked): Promise<Operation> {
  let lost: unknown;
  for (let attempt = 1; attempt <= 3; attempt += 1) {
    try {
      return (await byCommand(db, asked.command)) ?? (await transaction(db, (tx) => insert(tx, narrate, plan, asked)));
    } catch (thrown) {
      const constraint = refusedBy(thrown, UNIQUE_VIOLATION);
      if (constraint?.startsWith('operations_one_per_')) await refuseIfBusy(db, plan, asked);
      else if (isRefusedStatement(thrown) && constraint !== 'operations_command_key') throw thrown;
      lost = thrown;
    }
  }
  throw lost;
}

async function byCommand(db: Db, command: string): Promise<Operation | undefined> {
  const rows = await db
    .selectFrom('operations')
    .select(['id', 'plan', 'digest'])
    .where('command', '=', command)
    .execute();
  const [operation] = await operationsOf(db, rows);
  return operation;
}

async function insert(tx: Tx, narrate: Narrate, plan: Plan, { by, command }: Asked): Promise<Operation> {
  const at = (await databaseNow(tx)).toISOString();
  const first = chain(null, plan.operation, at, { type: 'proposed', by, digest: digestOf(plan) });
  const operation = replay(plan, [first]);
  const changes = changesEnvironment(plan);
  await tx
    .insertInto('operations')
    .values({
      id: operation.id,
      command,
      system: plan.system,
      environment: plan.environment,
      verb: plan.verb,
      headline: plan.headline,
      plan: JSON.stringify(plan),
      digest: operation.digest,
      requested_by: operation.requestedBy,
      undoes: plan.undoes,
      target_identity: plan.target.identity,
      proposed_at: operation.proposedAt,
      active_target: changes ? plan.target.identity : null,
      active_environment: changes ? `${plan.system}/${plan.environment}` : null,
      ...projectionOf(operation),
    })
    .execute();
  await record(tx, operation, [first], narrate);
  return operation;
}

/** Returns when the holder has ended in the meantime, or is the operation of this very command: worth another try. */
async function refuseIfBusy(db: Db, { target, system, environment }: Plan, { command }: Asked): Promise<void> {
  const holder = await db
    .selectFrom('operations')
    .select(['id', 'headline', 'requested_by', 'proposed_at', 'command'])
    .where((or) => or.or({ active_target: target.identity, active_environment: `${system}/${environment}` }))
    .orderBy('number')
    .executeTakeFirst();
  if (holder === undefined || holder.command === command) return;
  const since = utcShort(holder.proposed_at, await databaseNow(db));
  throw new Refusal(
    'busy',
    `${environment} is held by ${holder.id} (“${holder.headline}”), asked by <@${holder.requested_by}>, since ${since}.`,
    `Wait for it, or \`/dr cancel ${holder.id}\`.`,
    [holder.requested_by],
  );
}
