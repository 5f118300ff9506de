// What would stop a merge, found before anybody is asked: parents that are gone, unique values that were given away.
import type { Query } from '../connect.ts';
import { ident, idents, inSql, inWords } from './names.ts';
import type { Pair } from './pair.ts';
import type { TableShape } from './shape.ts';
import type { ForeignKey } from './shape-parts.ts';

/** Rows of the backup without the row that they need. */
export type Orphans = {
  /** `public.accounts` */
  readonly parent: string;
  readonly constraint: string;
  readonly missing: number;
  readonly changed: number;
};

/** Rows that a constraint stands against. */
export type Taken = { readonly name: string; readonly rows: number };

type Work = { readonly missing: number; readonly changed: number };

/** By foreign key, only those with such rows. In a tree a parent may come back together with its children. */
export async function orphans(query: Query, table: TableShape, pair: Pair, work: Work): Promise<Orphans[]> {
  const found: Orphans[] = [];
  if (work.missing + work.changed === 0) return found;
  for (const key of table.foreignKeys.out) {
    if (!key.columns.every((name) => pair.columns.includes(name))) continue;
    const gone = `l.${ident(pair.key[0] ?? '')} is null`;
    const [row] = await query<Record<keyof Work, string>>(
      `select count(*) filter (where ${gone}) as missing, count(*) filter (where not ${gone}) as changed
         from ${pair.other} o left join ${pair.live} l on ${pair.sameKey}
        where ${key.columns.map((name) => `o.${ident(name)} is not null`).join(' and ')}
          and (${gone} or row(${idents(key.columns, 'l')}) is distinct from row(${idents(key.columns, 'o')}))
          and not exists (select from ${key.partitioned ? '' : 'only '}${inSql(key.table)} p where ${isParent(key)})
          ${isTree(table, key) ? `and not exists (select from ${pair.other} p where ${isParent(key)})` : ''}`,
    );
    const [missing, changed] = [Number(row?.missing), Number(row?.changed)];
    if (missing + changed > 0) found.push({ parent: inWords(key.table), constraint: key.constraint, missing, changed });
  }
  return found;
}

/** Missing rows that a unique constraint would refuse, by constraint. */
export async function takenValues(query: Query, table: TableShape, pair: Pair, work: Work): Promise<Taken[]> {
  const found: Taken[] = [];
  if (work.missing === 0) return found;
  for (const { name, columns } of table.uniques) {
    if (columns.length === 0 || !columns.every((column) => pair.columns.includes(column))) continue;
    const same = columns.map((column) => `t.${ident(column)} = o.${ident(column)}`).join(' and ');
    const [row] = await query<{ rows: string }>(
      `select count(*) as rows from ${pair.other} o
        where not exists (select from ${pair.live} l where ${pair.sameKey})
          and exists (select from ${pair.live} t where ${same})`,
    );
    if (Number(row?.rows) > 0) found.push({ name, rows: Number(row?.rows) });
  }
  return found;
}

/** Changed rows whose change would be passed on to rows of other tables, of which no pre-image is kept. */
export async function cascading(query: Query, table: TableShape, pair: Pair, work: Work): Promise<Taken[]> {
  const found: Taken[] = [];
  if (work.changed === 0) return found;
  for (const { constraint, table: child, references, cascades } of table.foreignKeys.in) {
    const values = references.filter((name) => pair.values.includes(name));
    if (!cascades || values.length === 0) continue;
    const [row] = await query<{ rows: string }>(
      `select count(*) as rows from ${pair.other} o join ${pair.live} l on ${pair.sameKey}
        where row(${idents(values, 'l')}) is distinct from row(${idents(values, 'o')})`,
    );
    if (Number(row?.rows) > 0) found.push({ name: `${constraint} of ${inWords(child)}`, rows: Number(row?.rows) });
  }
  return found;
}

function isParent({ columns, references }: ForeignKey): string {
  return columns.map((name, at) => `p.${ident(references[at] ?? '')} = o.${ident(name)}`).join(' and ');
}

function isTree(table: TableShape, { table: parent }: ForeignKey): boolean {
  return parent.schema === table.schema && parent.name === table.name;
}
