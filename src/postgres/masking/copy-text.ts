// Reads chosen columns out of the SQL that pg_dump and pg_restore write: the rows between COPY … FROM stdin and \.
import type { TableName } from './rules.ts';

export type WantedTable = TableName & { readonly columns: readonly string[] };

/** The values of one row, in the order of the columns that were asked for, as their bytes. They live as long as the chunk. */
export type CopyRow = { readonly table: WantedTable; readonly values: readonly (Buffer | null)[] };

/** Takes the text piece by piece, cut anywhere, and answers with the rows that are complete. */
export function copyReader(wanted: readonly WantedTable[]): (chunk: Buffer) => CopyRow[] {
  let rest: Buffer = Buffer.alloc(0);
  let block: Block | null = null;
  return (chunk) => {
    const text: Buffer = rest.length === 0 ? chunk : Buffer.concat([rest, chunk]);
    const rows: CopyRow[] = [];
    let start = 0;
    for (let end = text.indexOf(NEWLINE); end !== -1; end = text.indexOf(NEWLINE, start)) {
      if (block === null) block = blockIn(text, start, end, wanted);
      else if (isEnd(text, start, end)) block = null;
      else if (block.table !== null) {
        rows.push({ table: block.table, values: valuesIn(text.subarray(start, end), block.positions) });
      }
      start = end + 1;
    }
    rest = text.subarray(start);
    return rows;
  };
}

const NEWLINE = 0x0a;
const TAB = 0x09;
const BACKSLASH = 0x5c;

/** `positions` are those of the wanted columns among the columns of the block; `table` is null where nobody asked for it. */
type Block = { readonly table: WantedTable | null; readonly positions: readonly number[] };

const NAME = /"((?:[^"]|"")*)"|([^\s".,()]+)/g;

function blockIn(text: Buffer, start: number, end: number, wanted: readonly WantedTable[]): Block | null {
  if (text.toString('latin1', start, start + 5) !== 'COPY ') return null;
  const [, target, inside] = /^COPY (.+?) \((.*)\) FROM stdin;\r?$/.exec(text.toString('utf8', start, end)) ?? [];
  if (target === undefined || inside === undefined) return null;
  const [first = '', second] = namesIn(target);
  const [schema, name] = second === undefined ? ['public', first] : [first, second];
  const table = wanted.find((each) => each.schema === schema && each.table === name) ?? null;
  const columns = namesIn(inside);
  return { table, positions: (table?.columns ?? []).map((column) => columns.indexOf(column)) };
}

function namesIn(text: string): string[] {
  return [...text.matchAll(NAME)].map(([, inQuotes, plain]) => plain ?? inQuotes?.replaceAll('""', '"') ?? '');
}

function isEnd(text: Buffer, start: number, end: number): boolean {
  return end - start === 2 && text[start] === BACKSLASH && text[start + 1] === 0x2e;
}

function valuesIn(row: Buffer, positions: readonly number[]): (Buffer | null)[] {
  const last = Math.max(...positions);
  const values = positions.map((): Buffer | null => null);
  let from = 0;
  for (let field = 0; field <= last; field += 1) {
    const tab = row.indexOf(TAB, from);
    const to = tab === -1 ? row.length : tab;
    const at = positions.indexOf(field);
    if (at !== -1) values[at] = plain(row.subarray(from, to));
    if (tab === -1) break;
    from = to + 1;
  }
  return values;
}

const LETTERS: Readonly<Record<string, number>> = { b: 8, f: 12, n: 10, r: 13, t: 9, v: 11 };

/** Null for \N; otherwise the bytes that were meant (PostgreSQL's documentation, COPY, "Text Format"). */
function plain(field: Buffer): Buffer | null {
  if (!field.includes(BACKSLASH)) return field;
  if (field.length === 2 && field[1] === 0x4e) return null;
  const meant = field.toString('latin1').replaceAll(/\\(x[0-9a-fA-F]{1,2}|[0-7]{1,3}|[\s\S])/g, (_, said: string) => {
    if (/^[0-7]/.test(said)) return String.fromCharCode(Number.parseInt(said, 8) & 0xff);
    if (said.length > 1) return String.fromCharCode(Number.parseInt(said.slice(1), 16));
    return String.fromCharCode(LETTERS[said] ?? said.charCodeAt(0));
  });
  return Buffer.from(meant, 'latin1');
}
