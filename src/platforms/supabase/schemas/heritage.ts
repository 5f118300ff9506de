// Who may use what stands on a shelf: what people have granted on the same things in use, and nothing else.
import { count, list } from '../../../core/wording.ts';
import { type Owned, privilegesOf, statementsFor } from '../../../postgres/candidate/privileges.ts';
import type { Query } from '../../../postgres/connect.ts';
import { onShelf } from '../names.ts';
import { schemasOn } from './shelf.ts';

/** In one transaction. A shelf is closed to everybody until it is in use: its schemas get their grants then. Sentences for a person. */
export async function inherit(query: Query, shelf: string): Promise<string[]> {
  const schemas = await schemasOn(query, shelf);
  const { objects, defaults } = await privilegesOf(query);
  const [us] = await query<{ role: string }>('select current_user::text as role');
  const kin = schemas.map((schema) => [`${onShelf(shelf, schema)}.`, `${schema}.`] as const);
  const named = new Map<string, Owned>();
  for (const object of objects) {
    if (object.kind === 'schema' || !kin.some(([here]) => object.name.startsWith(here))) continue;
    // Arguments of functions name schemas too.
    named.set(
      `${object.kind} ${kin.reduce((name, [here, there]) => name.replaceAll(here, there), object.name)}`,
      object,
    );
  }
  const live = objects.flatMap((object) => {
    const here = named.get(`${object.kind} ${object.name}`);
    return here === undefined ? [] : [{ ...object, name: here.name }];
  });
  const shared = new Set(live.map(({ kind, name }) => `${kind} ${name}`));
  const fresh = [...named.values()].filter(({ kind, name }) => kind === 'table' && !shared.has(`${kind} ${name}`));
  const ours = defaults
    .filter(({ role, schema }) => role === us?.role && schema !== null && schemas.includes(schema))
    .map((one) => ({ ...one, schema: onShelf(shelf, one.schema ?? '') }));
  const others = defaults.filter(
    ({ role, schema }) => role !== us?.role && schema !== null && schemas.includes(schema),
  );
  const statements = statementsFor({ objects: live, defaults: ours }, [
    ...named.values(),
    ...objects.filter(({ kind, name }) => kind === 'schema' && kin.some(([here]) => here === `${name}.`)),
  ]);
  await query('begin');
  // Owners are whoever has them: everything here belongs to us.
  for (const sql of statements) if (!/^alter (?!default privileges)/.test(sql)) await query(sql);
  await query('commit');
  return [
    `What others may do with ${count(live.length, 'object')} is what they may do with the same in public now.`,
    ...(fresh.length === 0
      ? []
      : [`Not there now, so that nobody has been granted anything: ${list(fresh.map(({ name }) => name))}.`]),
    ...(others.length === 0
      ? []
      : [`Default privileges of ${list([...new Set(others.map(({ role }) => role))])} cannot be carried over.`]),
  ];
}
