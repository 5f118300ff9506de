// A plain dump is cut exactly where psql would cut it, whatever stands in strings, comments, functions and rows.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Refusal } from '../../../src/core/errors.ts';
import { type Limits, plainParts } from '../../../src/postgres/candidate/plain-parts.ts';

async function* inPieces(text: Buffer, size: number): AsyncGenerator<Buffer> {
  for (let at = 0; at < text.length; at += size) yield text.subarray(at, at + size);
}

type Seen = { sql?: string; rows?: string; meta?: string };

async function partsOf(text: string | Buffer, size = 100_000, limits?: Limits): Promise<Seen[]> {
  const seen: Seen[] = [];
  const bytes = typeof text === 'string' ? Buffer.from(text) : text;
  for await (const part of plainParts(inPieces(bytes, size), limits)) {
    if (part.is === 'head') continue;
    if (part.is === 'meta') seen.push({ meta: part.line });
    else if (part.is === 'statement') seen.push({ sql: part.text.toString() });
    else {
      const rows: Buffer[] = [];
      for await (const { bytes: some } of part.rows()) rows.push(some);
      seen.push({ sql: part.text.toString(), rows: Buffer.concat(rows).toString() });
    }
  }
  return seen;
}

async function refusalOf(work: Promise<unknown>): Promise<string> {
  const thrown: unknown = await work.catch((error: unknown) => error);
  if (!(thrown instanceof Refusal)) throw new Error(`not refused: ${String(thrown)}`);
  return `${thrown.code}: ${thrown.why}`;
}

const one: readonly [what: string, sql: string][] = [
  ['a semicolon in a string', "select ';', 'a'';b';"],
  ['a semicolon in a quoted name', 'create table "a;""b" (c int);'],
  ['a backslash at the end of a standard string', String.raw`select '\';`],
  ['a quote behind a backslash in E strings', String.raw`select E'it\'s; all', e'\\';`],
  ['an E string that goes on in the next line', `select E'a'\n  -- and; on\n  'b\\';c';`],
  ['an E string with doubled quotes', `select E'a''\\';b';`],
  ['a string behind a word that ends with e', `select date'\\';`],
  ['a U& string', String.raw`select U&'d\0061t\+000061;', U&"\0441;";`],
  ['a dollar quote', `create function f() returns int language sql as $$select 1; select 2;$$;`],
  ['a dollar quote with a tag, with others in it', `do $body$ begin perform $$;$$; perform '$body'; end $body$;`],
  ['a dollar quote whose end overlaps a false one', `select $a$ x $b$a$;`],
  ['a dollar within a name', `select a$b$c, d$b$ from t;`],
  ['a dollar quote behind a parameter', `select $1 , $x$;$x$;`],
  ['a comment with a semicolon and a quote', `select 1 -- it's; here\n, 2;`],
  ['nested comments', `select /* a; /* b; */ c'; */ 1;`],
  ['a comment directly behind an operator', `select 1 +--;\n2;`],
  ['a rule with two statements', `create rule r as on insert to t do also (select 1; select 2);`],
  [
    'a function in standard SQL',
    `create or replace function s.f(a int) returns int begin atomic select case a when 1 then 2 end; select 3; end;`,
  ],
  ['a procedure in standard SQL', `CREATE PROCEDURE p() BEGIN ATOMIC insert into t values (1); END;`],
  ['columns named begin and end', `select begin, "end" from t;`],
  ['characters beyond ASCII', `comment on table größe is 'Übergröße; 日本';`],
];

describe('one statement', () => {
  it.each(one)('is not cut by %s', async (_what, sql) => {
    for (const size of [100_000, 7, 1]) {
      expect(await partsOf(`${sql}\nselect 'next';`, size)).toEqual([{ sql }, { sql: "select 'next';" }]);
    }
  });

  it('ends at every other semicolon', async () => {
    expect(await partsOf('select 1;select 2;;\n-- x;\n/* y; */ select 3;')).toEqual([
      { sql: 'select 1;' },
      { sql: 'select 2;' },
      { sql: ';' },
      { sql: 'select 3;' },
    ]);
  });

  it('follows standard_conforming_strings', async () => {
    const off = "SET standard_conforming_strings = 'off';";
    const on = 'set standard_conforming_strings to on;';
    expect(await partsOf(`${off} select '\\'; x'; ${on} select '\\'; select 2;`)).toEqual([
      { sql: off },
      { sql: "select '\\'; x';" },
      { sql: on },
      { sql: "select '\\';" },
      { sql: 'select 2;' },
    ]);
  });

  it('has a skeleton without what is quoted', async () => {
    const parts = plainParts(
      inPieces(Buffer.from(`alter  table "a b" -- x\n add check (c <> 'it''s' or $$;$$ = E'\\'');`), 5),
    );
    await parts.next();
    const { value } = await parts.next();
    expect(value).toMatchObject({ skeleton: `alter table "a b" add check (c <> '''' or $$ = E'');` });
    await parts.return(undefined);
  });
});

describe('a COPY block', () => {
  const copy = 'COPY public.t (a, b) FROM stdin;';

  it('keeps rows that look like SQL, like its end, like comments', async () => {
    const rows = "COPY x FROM stdin;\t\\\\.\n\\.x\t1\n --;\t'\n\\N\t\\.\n;\t$$\nends with \\\\\t\\\\\n";
    for (const size of [100_000, 11, 1]) {
      expect(await partsOf(`${copy}\n${rows}\\.\n\nselect 1;`, size)).toEqual([
        { sql: copy, rows },
        { sql: 'select 1;' },
      ]);
    }
  });

  it('may be empty, have Windows line ends, or end with the file', async () => {
    expect(await partsOf(`${copy}\n\\.\n`)).toEqual([{ sql: copy, rows: '' }]);
    expect(await partsOf(`${copy}\r\n1\t2\r\n\\.\r\nselect 1;`)).toEqual([
      { sql: copy, rows: '1\t2\r\n' },
      { sql: 'select 1;' },
    ]);
    expect(await partsOf(`${copy}\n1\t2\n\\.`)).toEqual([{ sql: copy, rows: '1\t2\n' }]);
  });

  it('is cut into pieces only between rows, even where a value has a line break behind a backslash', async () => {
    const row = `${'x'.repeat(50_000)}\\\n${'y'.repeat(50_000)}\\\\\n`;
    const parts = plainParts(inPieces(Buffer.from(`${copy}\n${row.repeat(40)}\\.\n`), 65_536));
    await parts.next();
    const { value } = await parts.next();
    if (value?.is !== 'copy') throw new Error('no COPY block');
    let pieces = 0;
    for await (const { bytes, endsRow } of value.rows()) {
      expect(endsRow).toBe(true);
      expect(bytes.length % row.length).toBe(0);
      pieces += 1;
    }
    expect(pieces).toBeGreaterThan(5);
    expect((await parts.next()).done).toBe(true);
  });

  it('gives a row that is too long to be held in pieces, and says where it ends', async () => {
    const row = `${'x'.repeat(3_000_000)}\\\\\n`;
    const parts = plainParts(inPieces(Buffer.from(`${copy}\n${row}short\n\\.\n`), 65_536));
    await parts.next();
    const { value } = await parts.next();
    if (value?.is !== 'copy') throw new Error('no COPY block');
    const pieces: { bytes: Buffer; endsRow: boolean }[] = [];
    for await (const piece of value.rows()) pieces.push(piece);
    expect(Buffer.concat(pieces.map(({ bytes }) => bytes)).toString()).toBe(`${row}short\n`);
    expect(pieces.map(({ endsRow }) => endsRow)).toEqual([...pieces.slice(1).map(() => false), true]);
    await parts.next();
  });

  it('is refused when there is something behind it on its line', async () => {
    expect(await refusalOf(partsOf(`${copy} select 1;\n\\.\n`))).toMatch(/^plain-damaged/);
  });
});

describe('what psql itself would do', () => {
  it('is told line by line, wherever a command stands', async () => {
    expect(await partsOf('\\restrict abc\nselect 1; \\! rm -rf /\n\\connect other\n')).toEqual([
      { meta: '\\restrict abc' },
      { sql: 'select 1;' },
      { meta: '\\! rm -rf /' },
      { meta: '\\connect other' },
    ]);
  });

  it('is refused in the middle of a statement', async () => {
    expect(await refusalOf(partsOf('select 1 \\gexec\n'))).toMatch(/^plain-meta-command/);
  });
});

describe('a file that is no whole dump of one database', () => {
  const head = '--\n-- PostgreSQL database dump\n--\n';
  const limits = { statement: 1_000, row: 2_000_000 };

  it.each([
    ['that ends in a statement', 'select 1', 'archive-truncated'],
    ['that ends in a string', "select 'a;\n", 'archive-truncated'],
    ['that ends in its rows', 'COPY t FROM stdin;\n1\n', 'archive-truncated'],
    ['of pg_dump without its last line', `${head}select 1;\n`, 'archive-truncated'],
    ['of a whole server', '--\n-- PostgreSQL database cluster dump\n--\n', 'cluster-dump'],
    ['with a zero byte', "select '\0';", 'plain-damaged'],
    ['in UTF-16', Buffer.from('\ufeffselect 1;', 'utf16le'), 'plain-encoding'],
    ['with a huge statement', `select '${'x'.repeat(400_000)}';`, 'plain-too-long'],
    ['with a huge row', `COPY t FROM stdin;\n${'x'.repeat(4_000_000)}\n\\.\n`, 'plain-too-long'],
  ])('is refused: %s', async (_what, text, code) => {
    expect(await refusalOf(partsOf(text, 65_536, limits))).toMatch(new RegExp(`^${code}: `));
  });

  it('is known from a whole one', async () => {
    const foot = '\n--\n-- PostgreSQL database dump complete\n--\n\n\\unrestrict x\n';
    expect(await partsOf(`\ufeff${head}select 1;${foot}`)).toEqual([{ sql: 'select 1;' }, { meta: '\\unrestrict x' }]);
  });
});

const statement = fc
  .array(
    fc.oneof(
      fc.constantFrom(
        'select ',
        'a',
        ', ',
        '(',
        ')',
        ' /* ; /* */ */ ',
        '-- ;\n',
        ' $1 ',
        '"q;"""',
        "E'\\';'",
        "''",
        '::',
        '\n',
      ),
      fc.string().map((text) => `'${text.replaceAll("'", "''").replaceAll('\0', '')}'`),
      fc.string().map((text) => `$x$${text.replaceAll('$', '').replaceAll('\0', '')}$x$`),
    ),
    { maxLength: 12 },
  )
  .filter((pieces) => balanced(pieces))
  .map((pieces) => `select ${pieces.join(' ')};`);

/** A parenthesis that stays open takes the next statement in, with psql too. */
function balanced(pieces: readonly string[]): boolean {
  const depth = pieces.reduce((open, piece) => open + (piece === '(' ? 1 : piece === ')' ? -1 : 0), 0);
  return depth === 0 && pieces.indexOf(')') >= pieces.indexOf('(');
}

const rows = fc
  .array(fc.array(fc.string().map(escaped), { minLength: 1, maxLength: 3 }), { maxLength: 5 })
  .map((table) => table.map((row) => `${row.join('\t')}\n`).join(''));

/** As COPY writes a value. */
function escaped(value: string): string {
  return value.replaceAll(/[\\\t\n\r\b\f\v\0]/g, (found) => (found === '\0' ? '' : `\\${ESCAPES[found] ?? found}`));
}
const ESCAPES: Record<string, string> = { '\t': 't', '\n': 'n', '\r': 'r', '\b': 'b', '\f': 'f', '\v': 'v' };

describe('any dump', () => {
  it('is cut into the statements and rows that it was made of, however it arrives', async () => {
    const part = fc.oneof(
      statement.map((sql): Seen => ({ sql })),
      rows.map((data): Seen => ({ sql: 'COPY t FROM stdin;', rows: data })),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(part, { maxLength: 8 }), fc.integer({ min: 1, max: 40 }), async (parts, size) => {
        const dump = parts.map(({ sql, rows: data }) => (data === undefined ? sql : `${sql}\n${data}\\.\n`)).join('\n');
        expect(await partsOf(dump, size)).toEqual(parts);
      }),
      { seed: 20251121, numRuns: 300 },
    );
  });
});
