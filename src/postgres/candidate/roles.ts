// Roles that policies and user mappings name, made on a throw-away server: without them a backup that has any could not be loaded there.
import { escapeIdentifier as quoted } from 'pg';
import { withDatabase } from '../connect.ts';
import type { Loading } from './loading.ts';
import { rolesIn } from './plain-statement.ts';

/** Those that one statement of the backup names. They can do nothing and log in nowhere. */
export async function createRoles(loading: Loading, skeleton: string): Promise<void> {
  const names = loading.createsRoles === true ? rolesIn(skeleton) : [];
  if (names.length === 0) return;
  const { purpose, signal } = loading;
  await withDatabase(loading.admin, { readOnly: false, purpose, timeoutSeconds: 60, signal }, async (query) => {
    const there = await query<{ name: string }>('select rolname as name from pg_roles where rolname = any($1)', [
      names,
    ]);
    for (const name of new Set(names)) {
      if (!there.some((role) => role.name === name)) await query(`create role ${quoted(name)} nologin`);
    }
  });
}
