// What the statements of a dump say that matter for one table: COPY, INSERT, CREATE TABLE, ATTACH PARTITION, SET.
import { inWords, type TableName } from './names.ts';

const IDENT = /(?:"(?:[^"]|"")*"|[^\s"(),.;]+)/.source;
const NAME = `(${IDENT}(?:\\s*\\.\\s*${IDENT})?)`;

const COPY = new RegExp(`^COPY\\s+(?:ONLY\\s+)?${NAME}\\s*(?:\\(([\\s\\S]*)\\)\\s*)?FROM\\s+stdin\\b([\\s\\S]*)$`, 'i');
const INSERT = new RegExp(`^INSERT\\s+INTO\\s+${NAME}[\\s(]`, 'i');
const BEHIND_NAME = /\s*(?:\(([\s\S]*?)\)\s*)?(?:OVERRIDING\s+(?:SYSTEM|USER)\s+VALUE\s+)?VALUES\s*(?=\()/iy;
const CREATE = new RegExp(`^CREATE\\s+(?:UNLOGGED\\s+)?TABLE\\s+(?:IF\\s+NOT\\s+EXISTS\\s+)?${NAME}\\s*\\(`, 'i');
const ATTACH = new RegExp(`^ALTER\\s+TABLE\\s+(?:ONLY\\s+)?${NAME}\\s+ATTACH\\s+PARTITION\\s+${NAME}`, 'i');
const IDENTS = new RegExp(IDENT, 'g');
const SET = /^SET\s+(client_encoding|search_path)\s*(?:=|TO)\s*([\s\S]+)$/i;
/** Of a statement with data only this much is looked at for its head: 1,600 columns with long names fit. */
const HEAD = 262_144;

type Columns = readonly string[] | null;

/** What a statement is, as far as it matters here. Tables are named in full; `columns` is null where none are listed. */
export type Said =
  /** `plain`: in the format that pg_dump uses. */
  | { readonly is: 'copy'; readonly table: string; readonly columns: Columns; readonly plain: boolean }
  /** `head`: bytes up to and with the one behind the table's name. `values`: where its first row begins; null if unknown. */
  | { readonly is: 'insert'; readonly table: string; readonly columns: Columns; head: number; values: number | null }
  | { readonly is: 'create'; readonly table: string; columns(): readonly string[] }
  | { readonly is: 'attach'; readonly table: string; readonly partition: string }
  | { readonly is: 'encoding'; readonly name: string }
  | { readonly is: 'path'; readonly schema: string }
  | { readonly is: 'other' };

const OTHER = { is: 'other' } as const;
const [C, I, A, S] = ['c', 'i', 'a', 's'].map((letter) => letter.charCodeAt(0));

/** `path`: the schema of names without one, because old versions of pg_dump write names that way. */
export function said(statement: Buffer, path: string): Said {
  // Told from the first letter, in either case: most of what is in a dump has nothing to say here.
  const first = (statement[0] ?? 0) | 0x20;
  if (first === I) return insert(statement, path);
  if (first !== C && first !== A && first !== S) return OTHER;
  const head = statement.toString('utf8', 0, HEAD);
  const named = (written: string | undefined) => inWords(tableIn(written ?? '', path));
  const copy = COPY.exec(head);
  if (copy !== null) {
    const [, table, columns, options] = copy;
    return { is: 'copy', table: named(table), columns: columnsIn(columns), plain: options?.trim() === '' };
  }
  const create = CREATE.exec(head);
  if (create !== null) {
    return { is: 'create', table: named(create[1]), columns: () => columnsOf(head.slice(create[0].length)) };
  }
  const attach = ATTACH.exec(head);
  if (attach !== null) return { is: 'attach', table: named(attach[1]), partition: named(attach[2]) };
  const [, setting, value = ''] = SET.exec(head) ?? [];
  if (setting?.toLowerCase() === 'client_encoding') return { is: 'encoding', name: value.replace(/[\s']/g, '') };
  if (setting !== undefined) return { is: 'path', schema: identsIn(value.replaceAll("'", '"'))[0] ?? 'public' };
  return OTHER;
}

/** Read byte by byte, because the place of its rows is wanted in bytes. */
function insert(statement: Buffer, path: string): Said {
  const text = statement.toString('latin1', 0, HEAD);
  const named = INSERT.exec(text);
  if (named === null) return OTHER;
  const utf8 = (written: string) => Buffer.from(written, 'latin1').toString('utf8');
  const head = named[0].length;
  BEHIND_NAME.lastIndex = head - 1;
  const behind = BEHIND_NAME.exec(text);
  return {
    is: 'insert',
    table: inWords(tableIn(utf8(named[1] ?? ''), path)),
    columns: columnsIn(behind?.[1] === undefined ? undefined : utf8(behind[1])),
    head,
    values: behind === null ? null : BEHIND_NAME.lastIndex,
  };
}

function columnsIn(written: string | undefined): Columns {
  return written === undefined ? null : identsIn(written);
}

function tableIn(written: string, path: string): TableName {
  const [first = '', second] = identsIn(written);
  return second === undefined ? { schema: path, name: first } : { schema: first, name: second };
}

function identsIn(text: string): string[] {
  return [...text.matchAll(IDENTS)].map(([name]) =>
    name.startsWith('"') ? name.slice(1, -1).replaceAll('""', '"') : name.toLowerCase(),
  );
}

/** The columns of CREATE TABLE, in their order; `text` begins behind its parenthesis. */
function columnsOf(text: string): string[] {
  const columns: string[] = [];
  let depth = 0;
  let begins = true;
  for (const [token] of text.matchAll(/"(?:[^"]|"")*"|'(?:[^']|'')*'|[(),]|[^\s"'(),]+/g)) {
    if (begins && !/^(?:CONSTRAINT|PRIMARY|UNIQUE|CHECK|FOREIGN|EXCLUDE|LIKE|\))$/.test(token))
      columns.push(...identsIn(token));
    begins = token === ',' && depth === 0;
    if (token === '(') depth += 1;
    if (token === ')') depth -= 1;
    if (depth < 0) break;
  }
  return columns;
}
