// What of a source value is looked for, and what is left out as too common.
import { describe, expect, it } from 'vitest';
import type { MaskRule } from '../../../src/core/system.ts';
import type { Kind } from '../../../src/postgres/masking/catalog.ts';
import { findNeedles, type Needle } from '../../../src/postgres/masking/needles.ts';
import { formOf, type MaskedColumn } from '../../../src/postgres/masking/written.ts';

function column(as: MaskRule['as'], kind: Kind = 'text', array = false): MaskedColumn {
  const table = { named: 't', schema: 'public', table: 't', column: 'c', type: kind, room: null };
  return { ...table, kind, array, as, id: [], notNull: false, generated: false, partitionKey: false, domain: false };
}

function looked(of: MaskedColumn, text: string): string[] {
  const own = new RegExp((['email', 'name', 'phone', 'text'] as const).map((as) => formOf(column(as))).join('|'));
  const found: Needle[] = [];
  findNeedles(
    of,
    text,
    (value) => own.test(value),
    (needle) => found.push(needle),
  );
  return found.map(({ is, text: needle, common }) => `${is}${common ? ' (common)' : ''}: ${needle}`);
}

describe('a source value', () => {
  it.each<[string, MaskedColumn, string, string[]]>([
    ['an address', column('email'), 'Max@Firma.ch', ['value: Max@Firma.ch']],
    [
      'a name of two words, also for longer texts',
      column('name'),
      'Ada Stone',
      ['value: Ada Stone', 'name: Ada Stone'],
    ],
    ['a name of one word', column('name'), 'Stone', ['value: Stone']],
    ['a phone number with its digits', column('phone'), '+41 79 1', ['value: +41 79 1']],
    ['its digits when they are enough', column('phone'), '(044) 555-01', ['value: (044) 555-01', 'tel: 04455501']],
    [
      'each element of an array',
      column('email', 'text', true),
      '{a@b.ch,"c \\"d\\"",NULL,abc}',
      ['value: a@b.ch', 'value: c "d"'],
    ],
    [
      'free text with what is in it',
      column('text'),
      'wrote to max@firma.ch and +41 79 555 00 01',
      ['value (common): wrote to max@firma.ch and +41 79 555 00 01', 'value: max@firma.ch', 'tel: 41795550001'],
    ],
    [
      'the texts in json',
      column('text', 'json'),
      '{"a": ["Main Street 5", 7, null, true], "b": {"c": "x@y.ch"}}',
      ['value (common): Main Street 5', 'value (common): x@y.ch', 'value: x@y.ch'],
    ],
    ['json that cannot be read, as text', column('text', 'json'), '{broken 5', ['value (common): {broken 5']],
  ])('is looked for: %s', (_what, of, text, needles) => {
    expect(looked(of, text)).toEqual(needles);
  });

  it.each([
    ['shorter than four characters', column('email'), 'abc'],
    ['empty', column('name'), ''],
    ['masked already', column('email'), 'test-17@example.com'],
    ['a masked number', column('phone'), '+100000017'],
    ['a word', column('text'), 'payment_received'],
    ['a number', column('text'), '12,345.50'],
    ['a moment', column('text'), '2025-11-20T10:00:00.123Z'],
    ['a UUID', column('text'), '550e8400-e29b-41d4-a716-446655440000'],
  ])('is left out when it is %s', (_why, of, text) => {
    expect(looked(of, text)).toEqual([]);
  });
});

describe('the form of what a rule writes', () => {
  it('takes a given value literally', () => {
    expect(new RegExp(formOf({ as: 'token', value: 'a.b*(c)|$^\\', room: null })).test('a.b*(c)|$^\\')).toBe(true);
    expect(new RegExp(formOf({ as: 'token', value: 'a.b', room: null })).test('axb')).toBe(false);
  });
});
