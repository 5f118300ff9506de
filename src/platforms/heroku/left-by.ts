// What an operation has left for undo on Heroku: the database that was live, or a schema with the rows before a merge.
import { Refusal, reasonOf } from '../../core/errors.ts';
import type { Kept } from '../../core/facts.ts';
import type { Operation } from '../../core/operation.ts';
import { argsOf } from '../../core/plan.ts';
import type { System } from '../../core/system.ts';
import { schemasBeside } from '../../postgres/table/kept.ts';
import { addonOf, infoOf, liveDatabase } from './readings.ts';
import { settingsOf } from './settings.ts';
import type { Tools } from './tools.ts';
import { vitalsOf } from './vitals.ts';

/** Heroku itself keeps nothing of whose it is: that is in the operation's plan. */
export async function leftBy(tools: Tools, system: System, { id, plan, state }: Operation): Promise<Kept[]> {
  if (argsOf(plan, 'table.extract') !== null) return await schemasOf(tools, system, plan.environment, id);
  const promoted = argsOf(plan, 'database.promote');
  // What was taken back has left nothing: what was live before is live again, or belongs to whoever came after it.
  if (promoted === null || (state !== 'succeeded' && state !== 'unverified')) return [];
  const { api } = tools;
  const settings = settingsOf(system, promoted.environment);
  const [live, addon] = await Promise.all([liveDatabase(api, settings), addonOf(api, settings.app, promoted.previous)]);
  if (addon === null || addon.id === live.id) return [];
  const { bytes } = vitalsOf(await infoOf(api, addon.id));
  return [{ name: addon.name, identity: addon.id, operation: id, bytes: bytes ?? 0, until: null }];
}

async function schemasOf(tools: Tools, system: System, environment: string, operation: string): Promise<Kept[]> {
  const live = await tools.connection(system, { environment, candidate: null });
  const all = await schemasBeside(live, { purpose: 'holdfast facts' }).catch((cause: unknown) => {
    const why = `The database of ${environment} does not answer, so what ${operation} has left in it is not known (${reasonOf(cause)}).`;
    throw new Refusal('database-away', why, 'Ask again when it does.');
  });
  return all.filter((one) => one.operation === operation);
}
