// Reading columns out of a dump: wherever it is cut into pieces, whatever its rows hold.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { copyReader } from '../../../src/postgres/masking/copy-text.ts';

const dump = [
  "SET client_encoding = 'UTF8';",
  'COPY public.orders (id, email) FROM stdin;',
  '1\tnot@asked.for',
  '\\.',
  '',
  'COPY crm."Odd ""name""" ("e-mail", id, note) FROM stdin;',
  'a@b.ch\t7\tone\\ttab, \\\\ and \\n a line',
  '\\N\t8\t',
  'é\\x41\\101\\q\t9\t\\\\N',
  '\\.',
  'COPY public.empty (id) FROM stdin;',
  '\\.',
  'COPY single (only) FROM stdin;',
  'first',
  '\\\\.',
  '\\.',
  'SELECT 1;',
  '',
].join('\n');

const wanted = [
  { schema: 'crm', table: 'Odd "name"', columns: ['note', 'e-mail'] },
  { schema: 'public', table: 'single', columns: ['only'] },
];

/** What is read when the dump comes in pieces of these lengths, over and over. */
function read(lengths: readonly number[]): (string | null)[][] {
  const take = copyReader(wanted);
  const bytes = Buffer.from(dump);
  const rows: (string | null)[][] = [];
  for (let at = 0, n = 0; at < bytes.length; n += 1) {
    const length = lengths[n % lengths.length] ?? bytes.length;
    for (const { table, values } of take(bytes.subarray(at, at + length))) {
      rows.push([table.table, ...values.map((value) => value?.toString() ?? null)]);
    }
    at += length;
  }
  return rows;
}

const rows = [
  ['Odd "name"', 'one\ttab, \\ and \n a line', 'a@b.ch'],
  ['Odd "name"', '', null],
  ['Odd "name"', '\\N', 'éAAq'],
  ['single', 'first'],
  ['single', '\\.'],
];

describe('the reader of COPY blocks', () => {
  it('gives the wanted columns of the wanted tables, in the order asked for', () => {
    expect(read([1_000_000])).toEqual(rows);
  });

  it('gives the same wherever the text is cut', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: 90 }), { minLength: 1 }), (lengths) => {
        expect(read(lengths)).toEqual(rows);
      }),
    );
  });
});
