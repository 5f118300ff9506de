// The rows of one table out of a dump's SQL: by grammar, however the stream is cut, and never a row too many or too few.
import { describe, expect, it } from 'vitest';
import { Refusal } from '../../../src/core/errors.ts';
import { blocksOf, partitionsIn } from '../../../src/postgres/table/dump-rows.ts';

const entries = { schema: 'public', name: 'entries' };
const HEAD = `--
-- PostgreSQL database dump
--

\\restrict abc

SET client_encoding = 'UTF8';
SET standard_conforming_strings = on;
SELECT pg_catalog.set_config('search_path', '', false);
`;
const TAIL = '\n--\n-- PostgreSQL database dump complete\n--\n\n\\unrestrict abc\n\n';
const dump = (body: string) => `${HEAD}${body}${TAIL}`;

async function* cut(text: string | Buffer, size: number, taken = { bytes: 0 }) {
  const bytes = Buffer.from(text);
  for (let at = 0; at < bytes.length; at += size) {
    taken.bytes = Math.min(bytes.length, at + size);
    yield bytes.subarray(at, at + size);
  }
}

type Options = { size?: number; table?: typeof entries; toTheEnd?: boolean; taken?: { bytes: number } };

async function rowsIn(text: string | Buffer, options: Options = {}) {
  const { size = 7, table = entries, toTheEnd = false, taken } = options;
  const blocks: { columns: readonly string[]; encoding: string | null; rows: string }[] = [];
  for await (const { columns, encoding, rows } of blocksOf(cut(text, size, taken), table, {
    toTheEnd,
    partitions: [],
  })) {
    const read: Buffer[] = [];
    for await (const piece of rows) read.push(piece);
    blocks.push({ columns, encoding, rows: Buffer.concat(read).toString('latin1') });
  }
  return blocks;
}

const refusal = async (text: string, options: Options = {}) => {
  const thrown: unknown = await rowsIn(text, options).catch((error: unknown) => error);
  return thrown instanceof Refusal ? thrown.code : thrown;
};

const copy = (name: string, rows: string) => `COPY ${name} (id, note) FROM stdin;\n${rows}\\.\n\n`;

describe('the COPY block of a table', () => {
  const body =
    copy('public.entries_old', '1\told\n') +
    copy('public.my_entries', '2\tmine\n') +
    copy('billing.entries', '3\tbilling\n') +
    copy('public.entries', '4\tthis\n5\t\\N\n') +
    copy('public.entries2', '6\tsecond\n');

  it.each([1, 2, 3, 5, 64, 4096])(
    'is found whole in pieces of %d bytes, and no table with a similar name is',
    async (size) => {
      expect(await rowsIn(dump(body), { size })).toEqual([
        { columns: ['id', 'note'], encoding: 'UTF8', rows: '4\tthis\n5\t\\N\n' },
      ]);
    },
  );

  it('ends the reading: what follows is not even fetched', async () => {
    const taken = { bytes: 0 };
    const long = dump(body + copy('public.more', '7\tx\n'.repeat(50_000)));
    await rowsIn(long, { size: 100, taken });
    expect(taken.bytes).toBeLessThan(2_000);
  });

  it('may be empty', async () => {
    expect(await rowsIn(dump(copy('public.entries', '')))).toMatchObject([{ rows: '' }]);
  });

  it('is not taken from text that only looks like one', async () => {
    const traps = `
CREATE FUNCTION public.trap() RETURNS void LANGUAGE plpgsql AS $_$
begin
COPY public.entries (id, note) FROM stdin;
9\tfrom a function
\\.
end $_$;
COMMENT ON TABLE public.entries IS 'it says;
COPY public.entries (id, note) FROM stdin;
9\tfrom a comment
';
SELECT E'\\'; COPY public.entries (id, note) FROM stdin;';
/* COPY public.entries (id, note) FROM stdin; /* nested */ */
CREATE FUNCTION public.body() RETURNS void BEGIN ATOMIC
 INSERT INTO public.other VALUES (1);
 INSERT INTO public.entries (id, note) VALUES (9, 'from a body');
END;
CREATE RULE r AS ON INSERT TO public.other DO ALSO (SELECT 1; INSERT INTO public.entries VALUES (9, 'from a rule'));
${copy('public.other', 'COPY public.entries (id, note) FROM stdin;\n9\tfrom data\n\\\\.\n')}`;
    for (const size of [1, 3, 1000]) {
      expect(await rowsIn(dump(traps + copy('public.entries', '1\tright\n')), { size })).toMatchObject([
        { rows: '1\tright\n' },
      ]);
    }
  });

  it('is found under a quoted name, and with names that need quotes', async () => {
    const table = { schema: 'My "Schema"', name: 'select' };
    const text = dump('COPY "My ""Schema"""."select" (id, "Übung, (neu)", "a""b") FROM stdin;\n1\t2\t3\n\\.\n');
    expect(await rowsIn(text, { table })).toMatchObject([
      { columns: ['id', 'Übung, (neu)', 'a"b'], rows: '1\t2\t3\n' },
    ]);
  });

  it('is found in a dump of an old version, which names the schema only in the search path', async () => {
    const body = `SET search_path = billing, pg_catalog;\n${copy('entries', '3\tbilling\n')}SET search_path = public, pg_catalog;\n`;
    expect(await rowsIn(dump(body + copy('entries', '4\tthis\n')))).toMatchObject([{ rows: '4\tthis\n' }]);
  });

  it('is passed on byte by byte in whatever encoding it is written', async () => {
    const text = Buffer.from(dump(copy('public.entries', '1\tM\xfcller\n')).replace("'UTF8'", "'LATIN1'"), 'latin1');
    expect(await rowsIn(text)).toEqual([{ columns: ['id', 'note'], encoding: 'LATIN1', rows: '1\tM\xfcller\n' }]);
  });

  it('is read with Windows line ends', async () => {
    expect(await rowsIn(dump(body).replaceAll('\n', '\r\n'))).toMatchObject([{ rows: '4\tthis\r\n5\t\\N\r\n' }]);
  });

  it.each([1, 50])('that is cut off is refused (pieces of %d bytes)', async (size) => {
    const text = dump(body);
    for (const end of ['4\tth', '5\t\\N\n', '5\t\\N\n\\']) {
      expect(await refusal(text.slice(0, text.indexOf(end) + end.length), { size })).toBe('archive-truncated');
    }
  });

  it('that comes no more, because the dump is cut off before it, is refused and not taken for absent', async () => {
    const text = dump(body);
    expect(await refusal(text.slice(0, text.indexOf('COPY public.entries (')))).toBe('archive-truncated');
    expect(await rowsIn(dump(copy('public.other', '1\tx\n')))).toEqual([]);
  });

  it('of a dump of a whole server is refused: several databases may have it', async () => {
    expect(await refusal(`--\n-- PostgreSQL database cluster dump\n--\n${body}`)).toBe('dump-of-a-server');
  });

  it('in another format than that of pg_dump is refused', async () => {
    expect(await refusal(dump('COPY public.entries (id) FROM stdin WITH (FORMAT csv);\n1\n\\.\n'))).toBe(
      'dump-not-understood',
    );
  });
});

describe('the INSERTs of a table', () => {
  const create = `CREATE TABLE public.entries (
    id integer NOT NULL,
    amount numeric(12,2) DEFAULT 'a,b(',
    twice numeric GENERATED ALWAYS AS ((amount * (2)::numeric)) STORED,
    "Note" text,
    CONSTRAINT positive CHECK ((amount > (0)::numeric))
);\n`;
  const row = (values: string, name = 'public.entries') => `INSERT INTO ${name} VALUES (${values});\n`;

  it.each([1, 3, 10_000])('become rows of COPY, without what is computed (pieces of %d bytes)', async (size) => {
    const body =
      create +
      row("1, 1, 2, 'x'", 'public.entries_old') +
      row("1, 12.50, DEFAULT, 'it''s; (a, b)'") +
      row("-2, 'NaN', DEFAULT, NULL") +
      row("3, 1e10, DEFAULT, 'tab\there \\ and\nline'") +
      'ANALYZE;\n' +
      row("9, 9, 9, 'x'", 'public.more');
    expect(await rowsIn(dump(body), { size })).toEqual([
      {
        columns: ['id', 'amount', 'Note'],
        encoding: 'UTF8',
        rows: "1\t12.50\tit's; (a, b)\n-2\tNaN\t\\N\n3\t1e10\ttab\\there \\\\ and\\nline\n",
      },
    ]);
  });

  it('are read with column names, many rows at a time, and the words that pg_dump can add', async () => {
    const body = `INSERT INTO public.entries (id, "Note", flag, bits) OVERRIDING SYSTEM VALUE VALUES
\t(1, 'a', true, B'0101'),
\t(2, E'b\\\\c', false, NULL) ON CONFLICT DO NOTHING;\n`;
    expect(await rowsIn(dump(body))).toMatchObject([
      { columns: ['id', 'Note', 'flag', 'bits'], rows: '1\ta\ttrue\t0101\n2\tb\\\\c\tfalse\t\\N\n' },
    ]);
  });

  it('end the reading too', async () => {
    const taken = { bytes: 0 };
    const body = create + row('1, 1, DEFAULT, NULL') + row('1, 1, 1, NULL', 'public.more').repeat(5_000);
    await rowsIn(dump(body), { size: 100, taken });
    expect(taken.bytes).toBeLessThan(2_000);
  });

  it('that are cut off are refused, between two of them as well', async () => {
    const text = `${HEAD}${create}${row('1, 1, DEFAULT, NULL')}`;
    expect(await refusal(text)).toBe('archive-truncated');
    expect(await refusal(`${text}INSERT INTO public.ent`)).toBe('archive-truncated');
  });

  it.each([
    ['a function', row("1, now(), DEFAULT, 'x'")],
    ['a query', 'INSERT INTO public.entries SELECT 1;\n'],
    ['fewer values than columns', row('1')],
    ['rows of different lengths', `INSERT INTO public.entries (id) VALUES (1), (2, 3);\n`],
    ['another escape than that of a backslash', row("1, 1, DEFAULT, E'\\n'")],
  ])('with %s are refused: nothing of a dump is ever run', async (_what, body) => {
    expect(await refusal(dump(create + body))).toBe('dump-not-understood');
  });
});

describe('a partitioned table', () => {
  const attach = (parent: string, child: string) =>
    `ALTER TABLE ONLY public.${parent} ATTACH PARTITION public.${child} FOR VALUES FROM (1) TO (2);\n`;
  const schema =
    attach('y2024', 'y2024_h1') + attach('entries', 'y2024') + attach('entries', 'y2025') + attach('other', 'o1');

  it('has the rows of its partitions, and of theirs', async () => {
    const data = copy('public.o1', '9\tno\n') + copy('public.y2024_h1', '1\ta\n') + copy('public.y2025', '2\tb\n');
    expect((await rowsIn(dump(schema + data))).map(({ rows }) => rows)).toEqual(['1\ta\n', '2\tb\n']);
    expect((await partitionsIn(cut(dump(schema), 50), entries)).sort()).toEqual([
      'public.y2024',
      'public.y2024_h1',
      'public.y2025',
    ]);
  });

  it('is refused when the dump is cut off between two of them', async () => {
    expect(await refusal(`${HEAD}${schema}${copy('public.y2024_h1', '1\ta\n')}`)).toBe('archive-truncated');
  });
});
