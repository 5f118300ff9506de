// Sorts the table of contents of an archive (pg_restore --list) into what is loaded when, and what is not.

export type ArchiveEntries = {
  /** Lines for --use-list: everything that pg_restore itself is to make. */
  readonly wanted: readonly string[];
  readonly extensions: readonly string[];
  /** Foreign keys, and the comments on constraints, which may be theirs. */
  readonly foreignKeys: readonly string[];
  /** What somebody may miss: "event trigger audit". */
  readonly leftOut: readonly string[];
};

/** `215; 1259 16386 TABLE public accounts ledger` */
const ENTRY = /^\d+; \d+ \d+ (.+)$/;
/**
 * What a new database has already, what the server has for itself, and what belongs to something that is left out; statistics
 * (PostgreSQL 18) hold the commonest values in clear and are gathered anew.
 */
const NOT_LOADED =
  /^(COMMENT - (DATABASE|EXTENSION|EVENT TRIGGER|PUBLICATION|SUBSCRIPTION|(PROCEDURAL )?LANGUAGE) |DATABASE( PROPERTIES)? |SCHEMA - public |PROCEDURAL LANGUAGE - plpgsql |STATISTICS DATA |(PUBLICATION|SUBSCRIPTION) TABLE)/;
/** Only a superuser may make an event trigger, and the others would begin to send or fetch rows. */
const LEFT_OUT = /^(EVENT TRIGGER|PUBLICATION|SUBSCRIPTION) - (.+) \S+$/;

export function sortEntries(list: string): ArchiveEntries {
  const wanted: string[] = [];
  const extensions: string[] = [];
  const foreignKeys: string[] = [];
  const leftOut: string[] = [];
  for (const line of list.split('\n')) {
    const entry = ENTRY.exec(line)?.[1];
    if (entry === undefined || NOT_LOADED.test(entry)) continue;
    const [, what, name] = LEFT_OUT.exec(entry) ?? [];
    if (what !== undefined) leftOut.push(`${what.toLowerCase()} ${name}`);
    else if (entry.startsWith('EXTENSION ')) extensions.push(line);
    else if (/^(FK CONSTRAINT|COMMENT \S+ CONSTRAINT) /.test(entry)) foreignKeys.push(line);
    else wanted.push(line);
  }
  return { wanted, extensions, foreignKeys, leftOut };
}
