// How tables of two databases are asked alike, and how the answer is told.
import { describe, expect, it } from 'vitest';
import type { TableComparison } from '../../../src/postgres/compare/compare.ts';
import { askedOf, hashOf } from '../../../src/postgres/compare/row-hash.ts';
import { saysOf } from '../../../src/postgres/compare/says.ts';
import type { Shape } from '../../../src/postgres/compare/shape.ts';

const shape = (columns: Record<string, string>, key: string[] | null = ['id']): Shape => ({
  schema: 'public',
  name: 't',
  partitioned: false,
  bytes: 8192,
  columns: Object.entries(columns).map(([name, type]) => ({ name, type, hashable: type !== 'json' })),
  key,
});

describe('the hash of a row', () => {
  it('names the columns, quoted, and takes the text of what has no hash of its own', () => {
    expect(hashOf(shape({ id: 'integer', 'a "b"': 'json' }).columns)).toBe(
      'hash_record_extended(row("id", "a ""b"""::text collate "C"), 0)',
    );
  });

  it('of no columns is the same for every row', () => {
    expect(hashOf([])).toBe('0::bigint');
  });

  it('follows the order of the live table on both sides', () => {
    const asked = askedOf(shape({ id: 'integer', a: 'text' }), shape({ a: 'text', id: 'integer' }));
    expect(asked).toEqual({
      row: 'hash_record_extended(row("id", "a"), 0)',
      key: 'hash_record_extended(row("id"), 0)',
      hasKey: true,
      notes: [],
    });
  });

  it('stands for the key where the primary keys are not the same', () => {
    const columns = { id: 'integer', a: 'text' };
    for (const key of [null, ['a'], ['a', 'id']]) {
      const asked = askedOf(shape(columns), shape(columns, key));
      expect(asked).toMatchObject({ hasKey: false, key: asked.row });
    }
    expect(askedOf(shape(columns, null), shape(columns, null)).hasKey).toBe(false);
  });

  it('is that of the texts where a column has another type on the other side', () => {
    const asked = askedOf(shape({ id: 'integer', n: 'integer' }), shape({ id: 'integer', n: 'bigint' }));
    expect(asked.row).toBe('hash_record_extended(row("id", "n"::text collate "C"), 0)');
    expect(asked.notes).toEqual(['column n is integer in live, bigint in the candidate']);
  });
});

describe('a comparison is told', () => {
  const table = (name: string, overrides: Partial<TableComparison> = {}): TableComparison => ({
    table: `public.${name}`,
    live: { rows: 1200, sum: '1' },
    candidate: { rows: 1200, sum: '1' },
    same: true,
    differences: { lost: 0, broughtBack: 0, changed: 0 },
    notes: [],
    ...overrides,
  });

  it('in one sentence when all is the same', () => {
    expect(saysOf([table('a')])).toEqual(['1 table compared row by row: all are the same.']);
  });

  it('with the worst first, what is missing as none, and what was not counted as a question', () => {
    const says = saysOf([
      table('fresh', { same: false, candidate: null, differences: { lost: 1200, broughtBack: 0, changed: 0 } }),
      table('huge', { same: false, differences: null }),
      table('same'),
    ]);
    expect(says).toEqual([
      '2 tables of 3 differ: promoting loses at least 1,200 rows, brings back 0 and changes 0.',
      'table   live  candidate   lost  brought back  changed',
      'huge   1,200      1,200      ?             ?        ?',
      'fresh  1,200       none  1,200             0        0',
      '1 other table is the same, row by row.',
    ]);
  });

  it('with a table that has the same rows in other columns, and with its note', () => {
    const note = 'column old is only in the candidate';
    expect(saysOf([table('a', { same: false, notes: [note] })])).toEqual([
      '1 table of 1 differs: promoting loses 0 rows, brings back 0 and changes 0.',
      'table   live  candidate  lost  brought back  changed',
      'a      1,200      1,200     0             0        0',
      `a: ${note}`,
    ]);
  });
});
