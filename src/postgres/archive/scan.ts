// Reads the SQL of a dump to its end: which tables it fills, with how many rows, and that nothing of it is missing.
import type { TableData } from './archive.ts';

export type Scanned = {
  /** The line that pg_dump writes last was there, and every COPY block had its end. */
  readonly complete: boolean;
  /** Null when it does not say. */
  readonly database: string | null;
  readonly serverVersion: string | null;
  readonly startedAt: string | null;
  readonly extensions: readonly string[];
  readonly tables: readonly string[];
  readonly contents: Readonly<Record<string, TableData>>;
};

/** Longer lines are data: not even the names of the 1,600 columns that a table can have make one so long. */
const LONGEST = 200_000;
const NEWLINE = 0x0a;

/** Takes no memory to speak of. Throws what `stream` throws. */
export async function scanDump(stream: AsyncIterable<Buffer>): Promise<Scanned> {
  const reader = lineReader();
  let begun: Buffer[] = [];
  let before = 0;
  for await (const chunk of stream) {
    let start = 0;
    for (let end = chunk.indexOf(NEWLINE); end !== -1; end = chunk.indexOf(NEWLINE, start)) {
      const bytes = before + end - start;
      // A line inside of a COPY block is only counted, unless it could be the block's end.
      if (reader.inData && bytes !== 2) reader.countRow(bytes + 1);
      else if (bytes <= LONGEST) reader.take(Buffer.concat([...begun, chunk.subarray(start, end)]).toString());
      begun = [];
      before = 0;
      start = end + 1;
    }
    if (start === chunk.length) continue;
    before += chunk.length - start;
    begun = before <= LONGEST ? [...begun, chunk.subarray(start)] : [];
  }
  if (before > 0 && before <= LONGEST) reader.take(Buffer.concat(begun).toString());
  return reader.scanned();
}

function lineReader() {
  const extensions: string[] = [];
  const tables = new Set<string>();
  const contents: Record<string, { rows: number; bytes: number }> = {};
  let database: string | null = null;
  let serverVersion: string | null = null;
  let startedAt: string | null = null;
  let table = '';
  let data: { rows: number; bytes: number } | null = null;
  let key: string | null = null;
  let finished = false;

  function takeComment(line: string): void {
    const [, name, schema] = /^-- Data for Name: (.+); Type: TABLE DATA; Schema: (.+); Owner: /.exec(line) ?? [];
    if (name !== undefined) {
      table = `${schema}.${name}`;
      tables.add(table);
    }
    const extension = /^-- Name: (.+); Type: EXTENSION; Schema: /.exec(line)?.[1];
    if (extension !== undefined) extensions.push(extension);
    database ??= /^-- Name: (.+); Type: DATABASE; Schema: /.exec(line)?.[1] ?? null;
    serverVersion ??= /^-- Dumped from database version (\d+(?:\.\d+)*)/.exec(line)?.[1] ?? null;
    const [, day, time] = /^-- Started on (\d{4}-\d\d-\d\d) (\d\d:\d\d:\d\d) UTC$/.exec(line) ?? [];
    if (day !== undefined) startedAt ??= `${day}T${time}.000Z`;
    if (line === '-- PostgreSQL database dump complete') finished = true;
  }

  return {
    get inData() {
      return data !== null;
    },
    countRow(bytes: number): void {
      if (data === null) return;
      data.rows += 1;
      data.bytes += bytes;
    },
    take(line: string): void {
      if (data !== null) {
        if (line === '\\.') data = null;
        else this.countRow(3);
        return;
      }
      if (line === '' || line === '--') return;
      if (line.startsWith('-- ')) {
        takeComment(line);
        return;
      }
      // psql, as of August 2025, is locked by the dump's first line and unlocked by its last (CVE-2025-8714).
      if (line.startsWith('\\restrict ')) key = line.slice('\\restrict '.length);
      else if (line === `\\unrestrict ${key}`) key = null;
      else finished = false;
      if (!/^COPY .+ FROM stdin;$/.test(line)) return;
      data = contents[table] ?? { rows: 0, bytes: 0 };
      contents[table] = data;
    },
    scanned: (): Scanned => ({
      complete: finished && data === null && key === null,
      database,
      serverVersion,
      startedAt,
      extensions,
      tables: [...tables],
      contents,
    }),
  };
}
