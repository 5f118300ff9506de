// What each rule writes into a row, as SQL, and how what was written is recognised again.
import { escapeIdentifier, escapeLiteral } from 'pg';
import type { Secret } from '../../core/secret.ts';
import type { MaskRule } from '../../core/system.ts';
import type { Column } from './catalog.ts';

/** A column with its rule, judged to fit. */
export type MaskedColumn = Column & Pick<MaskRule, 'as' | 'value'> & { readonly id: readonly Column[] };

/** The text around {id}. */
export const AROUND = {
  email: ['test-', '@example.com'],
  name: ['Test Customer ', ''],
  phone: ['+1000000', ''],
  token: ['staging-', ''],
} as const;
const MASKED = 'masked';

/** A number of so many digits tells the rows of any table apart; a column may have room for fewer. */
const MOST_DIGITS = 18;
/** With fewer than these, two of some ten thousand UUIDs would get the same number. */
export const FEWEST_DIGITS = 9;

/** Digits of {id} that the column has room for; null when the rule writes none. */
export function digitsOf({ as, value, kind, room }: Pick<MaskedColumn, 'as' | 'value' | 'kind' | 'room'>) {
  if (as === 'text' || as === 'null' || value !== undefined) return null;
  if (room === null || kind === 'uuid') return MOST_DIGITS;
  return Math.min(MOST_DIGITS, room - AROUND[as].join('').length);
}

/**
 * An expression of the number of a row, as text: a whole-number id itself, otherwise digits of a keyed hash. `row` is how
 * columns are reached: `NEW`. Every name is qualified: the search path of whoever loads is not to be trusted.
 */
export function numberOf(id: readonly Column[], digits: number, key: Secret, row: string): string {
  const [first, ...more] = id;
  if (first === undefined) throw new RangeError('a number needs a column');
  const hash = `pg_catalog.mod(pg_catalog.textcat('x', pg_catalog."left"(${hexOf(id, key, row)}, 15))::bit(60)::bigint, ${10 ** digits})::pg_catalog.text`;
  if (more.length > 0 || first.array || (first.kind !== 'whole' && first.kind !== 'numeric')) return hash;
  const value = `${row}.${escapeIdentifier(first.column)}`;
  const whole = first.kind === 'whole' ? '' : ` and ${value} operator(pg_catalog.=) pg_catalog.trunc(${value})`;
  return (
    `case when ${value} operator(pg_catalog.>=) 0 and ${value} operator(pg_catalog.<) ${10 ** digits}${whole} ` +
    `then ${first.kind === 'whole' ? value : `pg_catalog.trunc(${value})`}::pg_catalog.text else ${hash} end`
  );
}

function hexOf(id: readonly Column[], key: Secret, row: string): string {
  const parts = id.map(({ column }) => `coalesce(${row}.${escapeIdentifier(column)}::pg_catalog.text, '')`);
  const all = [escapeLiteral(key.open()), ...parts].reduce((sum, part) => concat(concat(sum, `'/'`), part));
  return `encode(pg_catalog.sha256(pg_catalog.convert_to(${all}, 'UTF8')), 'hex')`;
}

function concat(one: string, two: string): string {
  return `pg_catalog.textcat(${one}, ${two})`;
}

/** An expression of what stands in the column afterwards. `number` gives {id}, `was` is what stands there now. */
export function writtenInto(column: MaskedColumn, number: string, was: string, key: Secret, row: string): string {
  if (column.as === 'null') return 'null';
  if (column.kind === 'json') {
    const masked = `${JSON_FUNCTION}(${was}::pg_catalog.text)`;
    return `${masked}::pg_catalog.${column.type.endsWith('jsonb') ? 'jsonb' : 'json'}`;
  }
  if (column.kind === 'uuid' && column.value === undefined)
    return `pg_catalog."left"(${hexOf(column.id, key, row)}, 32)::uuid`;
  const text = textOf(column, number);
  if (column.kind === 'bytes') return `pg_catalog.convert_to(${text}, 'UTF8')`;
  return column.array && column.value === undefined ? `${ARRAY_FUNCTION}(${was}::pg_catalog.text[], ${text})` : text;
}

function textOf({ as, value, room }: MaskedColumn, number: string): string {
  if (value !== undefined) return escapeLiteral(value);
  if (as === 'text' || as === 'null') return escapeLiteral(MASKED.slice(0, room ?? undefined));
  const [before, after] = AROUND[as];
  const start = concat(escapeLiteral(before), number);
  return after === '' ? start : concat(start, escapeLiteral(after));
}

/** An expression of what would be written with this number; null where the column's own content decides. */
export function sampleOf(column: MaskedColumn, number: string): string | null {
  const { as, value, kind, array } = column;
  if (as === 'null' || (value === undefined && (kind === 'json' || kind === 'uuid'))) return null;
  const text = textOf(column, escapeLiteral(number));
  if (value !== undefined) return text;
  if (kind === 'bytes') return `pg_catalog.convert_to(${text}, 'UTF8')`;
  return array ? `array[${text}]` : text;
}

/** What the text of a masked column looks like, as a regular expression of both PostgreSQL and JavaScript. */
export function formOf({ as, value, room }: Pick<MaskedColumn, 'as' | 'value' | 'room'>): string {
  if (as === 'null') return '^$';
  if (value !== undefined) return `^${literally(value)}$`;
  if (as === 'text') return `^${MASKED.slice(0, room ?? undefined)}$`;
  const [before, after] = AROUND[as];
  return `^${literally(before)}[0-9]+${literally(after)}$`;
}

/** Any character but letters and digits may stand behind a backslash, in both dialects. */
function literally(text: string): string {
  return text.replaceAll(/[!-/:-@[-`{-~]/g, '\\$&');
}

export const SCHEMA = 'holdfast_masking';
const JSON_FUNCTION = `${SCHEMA}.masked_json`;
const ARRAY_FUNCTION = `${SCHEMA}.masked_array`;

/**
 * The functions that the expressions above need. Json is cut at its quotes: of what lies between two of them, a text that is
 * not followed by a colon is content; what lies outside of them holds a number when more than punctuation is in it. That is
 * three times as fast as taking json apart, and keeps order, spaces and keys as they are.
 */
export const FUNCTIONS = [
  String.raw`create function ${JSON_FUNCTION}(document pg_catalog.text) returns pg_catalog.text
     language plpgsql immutable strict parallel safe as $$
   declare
     -- Control characters do not occur in json: they stand for its escaped slashes and quotes meanwhile.
     part pg_catalog.text[] := pg_catalog.string_to_array(
       pg_catalog.replace(pg_catalog.replace(document, E'\\\\', E'\x01'), E'\\"', E'\x02'), '"');
   begin
     for i in 1 .. pg_catalog.cardinality(part) by 2 loop
       if i operator(pg_catalog.>) 1 and
          pg_catalog."left"(pg_catalog.ltrim(part[i], E' \t\n\r'), 1) operator(pg_catalog.<>) ':' then
         part[i operator(pg_catalog.-) 1] := '${MASKED}';
       end if;
       if pg_catalog.ltrim(part[i], E':, {}[]\t\n\r') operator(pg_catalog.<>) '' then
         part[i] := pg_catalog.regexp_replace(part[i], '-?[0-9][-+.0-9eE]*', '0', 'g');
       end if;
     end loop;
     return pg_catalog.replace(
       pg_catalog.replace(pg_catalog.array_to_string(part, '"'), E'\x02', E'\\"'), E'\x01', E'\\\\');
   end $$`,
  `create function ${ARRAY_FUNCTION}(was pg_catalog.text[], element pg_catalog.text) returns pg_catalog.text[]
     language sql immutable parallel safe set search_path = pg_catalog, pg_temp as $$
     select coalesce(array_agg(case when e is not null then element end), '{}') from unnest(was) as e $$`,
];
