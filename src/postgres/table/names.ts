// How one table, and what is kept beside it, are named in SQL.

/** A table by its full name. */
export type TableName = { readonly schema: string; readonly name: string };

/** One name, quoted so that it can be nothing but a name. Unlike `quoted` it takes a dot as part of the name. */
export function ident(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}

export function idents(names: readonly string[], of = ''): string {
  return names.map((name) => (of === '' ? ident(name) : `${of}.${ident(name)}`)).join(', ');
}

/** `"billing"."entries"` */
export function inSql({ schema, name }: TableName): string {
  return `${ident(schema)}.${ident(name)}`;
}

/** `billing.entries`, for people. */
export function inWords({ schema, name }: TableName): string {
  return `${schema}.${name}`;
}

/** What lies in the schema beside the live table, as SQL. */
export type BesideNames = {
  /** The rows of the backup. */
  readonly rows: string;
  /** The live rows as they were before the merge changed them. */
  readonly before: string;
  /** The rows as the merge wrote them, inserted and changed ones. */
  readonly after: string;
  /** One row: what was loaded, merged, undone. */
  readonly mark: string;
};

export function besideNames(schema: string, table: TableName): BesideNames {
  const named = (name: string) => inSql({ schema, name });
  return {
    rows: named(table.name),
    before: named(`${cut(table.name, '_before')}_before`),
    after: named(`${cut(table.name, '_after')}_after`),
    mark: named('holdfast_mark'),
  };
}

/** PostgreSQL cuts names at 63 bytes: with the suffix cut off, the pre-image would be the table itself. */
function cut(name: string, suffix: string): string {
  const letters = [...name];
  while (Buffer.byteLength(letters.join('')) > 63 - suffix.length) letters.pop();
  return letters.join('');
}
