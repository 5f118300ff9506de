// Names of tables and columns as they are written in SQL.

/** Quotes `entries` or `billing.entries` so that it can be nothing but a name. */
export function quoted(name: string): string {
  return name
    .split('.')
    .map((part) => `"${part.replaceAll('"', '""')}"`)
    .join('.');
}
