// Removes, when its time has come, the database that a swap has put aside.
import { escapeIdentifier } from 'pg';
import { Fault, Refusal } from '../../core/errors.ts';
import type { Secret } from '../../core/secret.ts';
import { type DatabaseFacts, databaseFacts, onServer } from '../database-facts.ts';
import { previousMark } from './databases.ts';

export type DropOptions = {
  readonly purpose: string;
  readonly signal: AbortSignal;
  readonly fence: () => Promise<void>;
};

/**
 * Drops `name` only if it is the database `identity`, closed, and marked as put aside: a live one is none of these. Returns
 * false when it is gone already. Throws a Refusal when it is another one.
 */
export async function dropPrevious(
  server: Secret,
  { name, identity }: { readonly name: string; readonly identity: string },
  { fence, ...options }: DropOptions,
): Promise<boolean> {
  const found = await databaseFacts(server, name, options);
  if (found === null) return false;
  mustBePutAside(name, identity, found);
  await fence();
  const connection = { ...options, readOnly: false, timeoutSeconds: 600, apartFrom: [name] };
  await onServer(server, connection, (query) => query(`drop database ${escapeIdentifier(name)}`));
  if ((await databaseFacts(server, name, options)) !== null) throw new Fault(`reading back that ${name} is gone`);
  return true;
}

function mustBePutAside(name: string, identity: string, found: DatabaseFacts): void {
  const why =
    found.identity !== identity
      ? `it is ${found.identity}, not ${identity}`
      : found.allowsConnections
        ? 'it takes connections'
        : previousMark(found.comment) === null
          ? 'it is not marked as put aside by Holdfast'
          : null;
  if (why === null) return;
  throw new Refusal(
    'not-put-aside',
    `${name} is not dropped: ${why}.`,
    'Look at it, and drop it by hand if that is meant.',
  );
}
