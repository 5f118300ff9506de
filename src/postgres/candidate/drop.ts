// Throws a candidate away, with its sessions and the role that loaded it; never a database without our mark.
import { escapeIdentifier } from 'pg';
import { Fault, Refusal } from '../../core/errors.ts';
import type { Secret } from '../../core/secret.ts';
import type { Query } from '../connect.ts';
import { onServer } from '../database-facts.ts';
import { mustBeOurs, type ServerOptions, stateOf } from './mark.ts';
import { loadRole } from './role.ts';

/**
 * "It is gone already" is a success, too. `operation`: whose it must be. Throws a Refusal for a database without our mark,
 * and for one of another operation. Reads back that it is gone.
 */
export async function dropCandidate(
  server: Secret,
  name: string,
  options: ServerOptions & { readonly operation: string },
): Promise<void> {
  const connection = { ...options, readOnly: false, timeoutSeconds: 300, apartFrom: [name] };
  await onServer(server, connection, async (query) => {
    const state = await stateOf(query, name);
    if (state.exists && !state.isUnfinished) {
      const { operation } = mustBeOurs(name, state);
      if (operation !== options.operation) throw ofAnother(name, operation);
    }
    await dropWithRole(query, name);
    if ((await stateOf(query, name)).exists) throw new Fault(`dropping the database ${name}: it is still there`);
  });
}

/** For a database that is known to be ours. */
export async function dropWithRole(query: Query, name: string): Promise<void> {
  try {
    await query(`drop database if exists ${escapeIdentifier(name)} with (force)`);
    await query(`drop role if exists ${escapeIdentifier(loadRole(name))}`);
  } catch (cause) {
    throw new Fault(`dropping the database ${name}`, { cause });
  }
}

function ofAnother(name: string, operation: string): Refusal {
  return new Refusal(
    'not-a-candidate',
    `The database ${name} is a candidate of ${operation}.`,
    `It is left as it is. It can be removed with /dr cleanup ${operation}.`,
  );
}
