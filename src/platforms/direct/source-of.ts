// Of which database the backups of an environment should be.
import type { Run } from '../../core/action.ts';
import { databaseName } from '../../postgres/connect.ts';
import type { Tools } from './reach.ts';

/** The name of the live database of `environment`. */
export async function sourceOf(
  tools: Tools,
  { system }: Run,
  { environment }: { environment: string },
): Promise<string> {
  return databaseName((await tools.reach(system, environment)).live);
}
