// Makes the extensions of an archive before anything else of it is there: their scripts run with the rights of a superuser.
import { escapeIdentifier as quoted } from 'pg';
import { Fault } from '../../core/errors.ts';
import { type Query, withDatabase } from '../connect.ts';
import type { Loading } from './loading.ts';

/** `schema` null: wherever the extension itself belongs. */
export type Extension = { readonly name: string; readonly schema: string | null };

/** Makes what the server has, in schemas of the load's role, and returns the names of those that it does not have. */
export async function createExtensions(loading: Loading, extensions: readonly Extension[]): Promise<string[]> {
  if (extensions.length === 0) return [];
  const { purpose, signal } = loading;
  return await withDatabase(loading.admin, { readOnly: false, purpose, timeoutSeconds: 600, signal }, async (query) => {
    const names = extensions.map(({ name }) => name);
    const rows = await query<{ name: string }>('select name from pg_available_extensions where name = any($1)', [
      names,
    ]);
    const here = new Set(rows.map(({ name }) => name));
    await query('set search_path = public, pg_catalog');
    for (const extension of extensions) if (here.has(extension.name)) await create(query, extension, loading.role);
    return names.filter((name) => !here.has(name));
  });
}

async function create(query: Query, { name, schema }: Extension, role: string): Promise<void> {
  try {
    // PostgreSQL's own are there, and nobody may make one of such a name.
    if (schema?.startsWith('pg_') === false)
      await query(`create schema if not exists ${quoted(schema)} authorization ${quoted(role)}`);
    const where = schema === null ? '' : ` with schema ${quoted(schema)}`;
    await query(`create extension if not exists ${quoted(name)}${where}`);
    const tables = await query<{ name: string }>(
      'select t::regclass::text as name from pg_extension, unnest(extconfig) as t where extname = $1',
      [name],
    );
    // The rows that users have added to an extension's own tables are part of a dump.
    for (const table of tables) await query(`grant select, insert on ${table.name} to ${quoted(role)}`);
    const wrappers = await query<{ name: string }>(WRAPPERS, [name]);
    // Without it nobody but a superuser makes the foreign servers that a dump holds.
    for (const wrapper of wrappers)
      await query(`grant usage on foreign data wrapper ${wrapper.name} to ${quoted(role)}`);
  } catch (cause) {
    throw new Fault(`creating the extension ${name}`, { cause });
  }
}

const WRAPPERS = `
  select quote_ident(fdwname) as name from pg_foreign_data_wrapper w
    join pg_depend d on d.classid = 'pg_foreign_data_wrapper'::regclass and d.objid = w.oid and d.deptype = 'e'
    join pg_extension e on d.refclassid = 'pg_extension'::regclass and e.oid = d.refobjid
   where e.extname = $1`;
