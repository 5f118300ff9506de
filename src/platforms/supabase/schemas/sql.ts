// Names and texts as they are written in SQL.

/** One name; a dot in it is a character like others. */
export function ident(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}

/** Backslashes mean themselves: `standard_conforming_strings` is on everywhere since PostgreSQL 9.1. */
export function literal(text: string): string {
  return `'${text.replaceAll("'", "''")}'`;
}

/** Breaks the transaction off unless the condition holds. */
export function mustHold(condition: string, otherwise: string): string {
  return `do $holdfast$ begin if not (${condition}) then raise exception ${literal(otherwise)} using errcode = 'triggered_action_exception'; end if; end $holdfast$`;
}
