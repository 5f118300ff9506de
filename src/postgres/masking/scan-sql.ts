// The questions of the scan, as SQL that answers with counts only.
import { escapeLiteral } from 'pg';
import { EMAIL, WITHIN } from './needles.ts';
import { DIGITS, hasLoneDigits, type Pattern } from './patterns.ts';
import type { ScanColumn } from './scan-tables.ts';
import { SCAN_SCHEMA } from './source-hashes.ts';

/** Words that begin with a capital letter, or with one beyond ASCII. */
const CAPITAL = String.raw`[^\u0001-\u0040\u005b-\u007f][^\s,.;:!?()"<>]*`;
const CAPITALS = `${CAPITAL}(?: ${CAPITAL})+`;
/** Nothing that is looked for is shorter. */
const SHORTEST = 4;

/** What is looked for. */
export type Search = {
  readonly patterns: readonly Pattern[];
  readonly seed: string;
  /** Whether phone numbers were masked: then any number that is written like one is compared. */
  readonly phones: boolean;
  /** Whether names were masked: then any two or three words with capitals are compared. */
  readonly names: boolean;
  /** What the rules write, as regular expressions: some of it looks like personal data and is none. */
  readonly own: readonly string[];
};

export type SearchedTable = { readonly sql: string; readonly columns: readonly ScanColumn[] };

/** Rows `{ place, p0, p1, …, words }`: `place` is the column's, `words` counts values with a source value within. */
export function patternsSql({ sql, columns }: SearchedTable, search: Search): string {
  const { patterns, seed, own } = search;
  const texts = columns.map(({ text, few }, place) => ({ place, text, few }));
  const looks = patterns.map(({ hints, holds }) => ({ hints: hints('v.value'), holds: holds('v.value') }));
  const words = wordsSql(search);
  const hints = [...looks, ...words].flatMap((look) => look.hints);
  const condition = (look: Look) => `(${look.hints.join(' or ')}) and ${look.holds}`;
  const counted = (which: string) => `coalesce(sum(v.rows) filter (where ${which}), 0)`;
  return `
    select v.place, ${looks.map((look, at) => `${counted(condition(look))} as p${at}`).join(', ')},
           ${counted(words.map(condition).join(' or '))} as words
      from (${valuesOf(sql, texts).join(' union all ')}) as v (place, value, rows)
     where octet_length(v.value) >= ${SHORTEST} and (${[...new Set(hints)].join(' or ')})
       and v.value !~ ${escapeLiteral(own.join('|'))}
     group by v.place`;

  function wordsSql({ phones, names }: Search): Look[] {
    const email = { hints: ["strpos(v.value, '@') > 0"], holds: wordSql(EMAIL, 'm.found[1]', seed) };
    const digits = `'${WITHIN.tel}' || regexp_replace(m.found[1], '^00|[^0-9]', '', 'g')`;
    const tel = { hints: [hasLoneDigits('v.value')], holds: wordSql(DIGITS, digits, seed) };
    const name = { hints: [`v.value ~ '${CAPITALS}'`], holds: namesSql(seed) };
    return [email, ...(phones ? [tel] : []), ...(names ? [name] : [])];
  }
}

type Text = { readonly place: number; readonly text: string; readonly few: boolean };

/**
 * Parts of a union of rows `(place, value, rows)`, where `rows` tells how many have this value. `offset 0` keeps the planner
 * from asking every hint of every row before it has grouped them, and from writing a value's expression into each hint.
 */
function valuesOf(table: string, texts: readonly Text[]): string[] {
  const single = texts.filter(({ few }) => !few).map(({ place, text }) => `(${place}, ${text})`);
  const grouped = texts.filter(({ few }) => few);
  const values = `(select * from (values ${single.join(', ')}) as w offset 0)`;
  return [
    ...(single.length === 0
      ? []
      : [`select v.place, v.value, 1 from ${table} t cross join lateral ${values} as v (place, value)`]),
    ...grouped.map(({ place, text }) => `(select ${place}, ${text}, count(*) from ${table} t group by 2 offset 0)`),
  ];
}

type Look = { readonly hints: readonly string[]; readonly holds: string };

function wordSql(expression: string, word: string, seed: string): string {
  return `exists (select from regexp_matches(v.value, '${expression}', 'g') as m (found)
                    join ${SCAN_SCHEMA}.source s on s.hash = ${hashSql(`(${word})`, seed)})`;
}

/** Every two and three words in a row. */
function namesSql(seed: string): string {
  return `exists (select from regexp_matches(v.value, '${CAPITALS}', 'g') as m (found)
                    cross join lateral (select string_to_array(m.found[1], ' ') as w) as words
                    cross join lateral generate_series(2, cardinality(w)) as n
                    cross join lateral (values (w[n - 1] || ' ' || w[n]),
                                               (w[n - 2] || ' ' || w[n - 1] || ' ' || w[n])) as p (phrase)
                    join ${SCAN_SCHEMA}.source s on s.hash = ${hashSql(`('${WITHIN.name}' || p.phrase)`, seed)})`;
}

/**
 * Rows `{ place, hits }`: whole values that are a source value. Of all tables at once, because the source values are made
 * ready for comparing once for each statement. `place` counts the columns of all tables. Null when there is nothing to ask.
 */
export function valuesSql(tables: readonly SearchedTable[], seed: string): string | null {
  let place = 0;
  const parts = tables.flatMap(({ sql, columns }) => {
    const placed = columns.map((column) => ({ ...column, place: place++ }));
    const simple = placed.filter(({ parts }) => parts === null);
    const several = placed.filter(({ parts, isMasked }) => parts !== null && !isMasked);
    return [
      ...valuesOf(sql, simple),
      ...several.map(
        ({ place, parts }) =>
          `select ${place}, v.value, 1 from ${sql} t cross join lateral (select ${parts}) as v (value)`,
      ),
    ];
  });
  if (parts.length === 0) return null;
  return `
    select v.place, sum(v.rows) as hits from (${parts.join(' union all ')}) as v (place, value, rows)
     where octet_length(v.value) >= ${SHORTEST}
       and exists (select from ${SCAN_SCHEMA}.source s where s.hash = ${hashSql('v.value', seed)})
     group by v.place`;
}

/** As the source values were hashed: letters of ASCII in lower case. */
function hashSql(text: string, seed: string): string {
  return `hashtextextended(lower(${text} collate "C"), ${seed})`;
}
