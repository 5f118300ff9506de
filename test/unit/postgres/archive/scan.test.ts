// The SQL of a dump, line by line, however it is cut into chunks.
import { describe, expect, it } from 'vitest';
import { scanDump } from '../../../../src/postgres/archive/scan.ts';

const end = ['--', '-- PostgreSQL database dump complete', '--', ''];
const dump = (lines: readonly string[], tail = end) =>
  ['--', '-- PostgreSQL database dump', '--', '', '-- Dumped from database version 15.18 (Debian)', ...lines, ...tail]
    .map((line) => `${line}\n`)
    .join('');
const dataOf = (name: string) => `-- Data for Name: ${name}; Type: TABLE DATA; Schema: public; Owner: -`;

async function* inPieces(text: string, size: number) {
  const bytes = Buffer.from(text);
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}
const scan = (text: string, size = 1_000_000) => scanDump(inPieces(text, size));

describe('the SQL of a dump', () => {
  const text = dump([
    '-- Name: pg_trgm; Type: EXTENSION; Schema: -; Owner: -',
    dataOf('Käufe; "große"'),
    'COPY public."Käufe; ""große""" (id, name) FROM stdin;',
    '1\tAda',
    '2\t-- PostgreSQL database dump complete',
    'ab',
    '\\\\.',
    '\\.',
    '',
    dataOf('empty'),
    'COPY public.empty (id) FROM stdin;',
    '\\.',
  ]);

  it.each([1, 2, 3, 7, 64, 1_000_000])(
    'tells its tables and rows when it comes in pieces of %d bytes',
    async (size) => {
      expect(await scan(text, size)).toEqual({
        complete: true,
        database: null,
        serverVersion: '15.18',
        startedAt: null,
        extensions: ['pg_trgm'],
        tables: ['public.Käufe; "große"', 'public.empty'],
        contents: { 'public.Käufe; "große"': { rows: 4, bytes: 52 }, 'public.empty': { rows: 0, bytes: 0 } },
      });
    },
  );

  it('is not complete when it ends at any byte before its last line has ended', async () => {
    const whole = Buffer.from(text);
    const needed = whole.length - '\n--\n\n'.length;
    for (let at = needed - 200; at < needed; at += 1) {
      const { complete } = await scan(whole.toString('utf8', 0, at));
      expect([at, complete]).toEqual([at, false]);
    }
    expect(await scan(whole.toString('utf8', 0, needed))).toMatchObject({ complete: true });
  });

  it('is not complete when more statements follow the line that pg_dump writes last', async () => {
    expect(await scan(`${text}drop table people;\n`)).toMatchObject({ complete: false });
  });

  it('that begins with \\restrict needs its \\unrestrict', async () => {
    const locked = dump(['\\restrict abc', dataOf('t'), 'COPY public.t (id) FROM stdin;', '1', '\\.']);
    expect(await scan(locked)).toMatchObject({ complete: false });
    expect(await scan(`${locked}\\unrestrict xyz\n`)).toMatchObject({ complete: false });
    expect(await scan(`${locked}\\unrestrict abc\n`)).toMatchObject({ complete: true });
  });

  it('with INSERTs tells its tables, and no rows that it has not counted', async () => {
    const inserts = dump([dataOf('t'), "INSERT INTO public.t VALUES (1, 'x');"]);
    expect(await scan(inserts)).toMatchObject({ complete: true, tables: ['public.t'], contents: {} });
  });

  it('may have rows that are longer than anything that is kept', async () => {
    const long = dump([dataOf('t'), 'COPY public.t (a) FROM stdin;', 'x'.repeat(5_000_000), '\\.']);
    expect(await scan(long, 65_536)).toMatchObject({
      complete: true,
      contents: { 'public.t': { rows: 1, bytes: 5_000_001 } },
    });
  });
});
