// Makes a shelf of what was loaded into a scratch server, so that it can be carried as it is into a project's own database.
import { Refusal } from '../../../core/errors.ts';
import { list } from '../../../core/wording.ts';
import type { Query } from '../../../postgres/connect.ts';
import { onShelf } from '../names.ts';
import { authColumns, portable } from './auth-rows.ts';
import { crossingKeys, keysTable } from './keys.ts';
import { type CandidateMark, marking, schemasInUse } from './shelf.ts';
import { ident } from './sql.ts';

/**
 * `query` as a superuser of the scratch server, `owner` as the role that has loaded everything: casts of the backup may run
 * where rows are read. Returns the schemas of the shelf. Throws a Refusal where this cannot be done.
 */
export async function packShelf(
  query: Query,
  owner: Query,
  {
    shelf,
    mark,
    carried,
  }: { readonly shelf: string; readonly mark: CandidateMark; readonly carried: readonly string[] },
): Promise<string[]> {
  // Definitions are written with their schemas then, and names mean PostgreSQL's own.
  await query('set search_path = pg_catalog, pg_temp');
  await mustHaveNoExtensions(query, 'the backup');
  const schemas = await schemasInUse(query);
  const keys = await crossingKeys(query, schemas);
  const stash = onShelf(shelf, 'auth');
  const columns = await authColumns(query, carried);
  await owner('set search_path = pg_catalog, pg_temp');
  await owner(`create schema ${ident(stash)}`);
  for (const [table, of] of columns) {
    const values = of.map((column) => `${portable(column)} as ${ident(column.name)}`).join(', ');
    await owner(`create table ${ident(stash)}.${ident(table)} as select ${values} from auth.${ident(table)}`);
  }
  await query('begin');
  for (const sql of keysTable(stash, keys)) await query(sql);
  for (const { drop } of keys) await query(drop);
  for (const schema of schemas) await query(`alter schema ${ident(schema)} rename to ${ident(onShelf(shelf, schema))}`);
  await query(marking(shelf, mark));
  await query('commit');
  return [...schemas.map((schema) => onShelf(shelf, schema)), stash];
}

/** An extension belongs to no schema that can be exchanged: its functions would go away with the old `public`. */
export async function extensionsInPublic(query: Query): Promise<string[]> {
  const rows = await query<{ name: string }>(
    `select extname::text as name from pg_extension where extnamespace = 'public'::regnamespace order by 1`,
  );
  return rows.map(({ name }) => name);
}

async function mustHaveNoExtensions(query: Query, where: string): Promise<void> {
  const names = await extensionsInPublic(query);
  if (names.length === 0) return;
  throw new Refusal(
    'extension-in-public',
    `In ${where}, ${list(names)} is installed in public, which is exchanged as a whole.`,
    `In production: ${names.map((name) => `ALTER EXTENSION ${name} SET SCHEMA extensions`).join('; ')}; then take a new backup.`,
  );
}
