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

type Table = { readonly sql: string };

/** Rows `{ at, p0, p1, …, words }`: `at` is the column's place, `words` counts values with a source value within. */
export function patternsSql({ sql }: Table, columns: readonly ScanColumn[], search: Search): string {
  const { patterns, seed, own } = search;
  const values = columns.map(({ text }, at) => `(${at}, ${text})`).join(', ');
  const looks = patterns.map(({ hints, holds }) => ({ hints: hints('v.value'), holds: holds('v.value') }));
  const words = wordsSql(search);
  const hints = [...looks, ...words].flatMap((look) => look.hints);
  const condition = (look: Look) => `(${look.hints.join(' or ')}) and ${look.holds}`;
  return `
    select v.at, ${looks.map((look, at) => `count(*) filter (where ${condition(look)}) as p${at}`).join(', ')},
           count(*) filter (where ${words.map(condition).join(' or ')}) as words
      from ${sql} t cross join lateral (values ${values}) as v (at, value)
     where octet_length(v.value) >= ${SHORTEST} and (${[...new Set(hints)].join(' or ')})
       and v.value !~ ${escapeLiteral(own.join('|'))}
     group by v.at`;

  function wordsSql({ phones, names }: Search): Look[] {
    const email = { hints: ["strpos(v.value, '@') > 0"], holds: wordSql(EMAIL, 'm.found[1]', seed) };
    const digits = `'${WITHIN.tel}' || regexp_replace(m.found[1], '^00|[^0-9]', '', 'g')`;
    const tel = { hints: [hasLoneDigits('v.value')], holds: wordSql(DIGITS, digits, seed) };
    const name = { hints: [`v.value ~ '${CAPITALS}'`], holds: namesSql(seed) };
    return [email, ...(phones ? [tel] : []), ...(names ? [name] : [])];
  }
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

/** Rows `{ at, hits }`: whole values that are a source value. */
export function valuesSql({ sql }: Table, columns: readonly ScanColumn[], seed: string): string[] {
  const placed = columns.map(({ text, parts, isMasked }, at) => ({ at, text, parts, isMasked }));
  const simple = placed.filter(({ parts }) => parts === null).map(({ at, text }) => `(${at}, ${text})`);
  const several = placed.filter(({ parts, isMasked }) => parts !== null && !isMasked);
  const from = [
    ...(simple.length === 0 ? [] : [`(values ${simple.join(', ')}) as v (at, value)`]),
    ...several.map(({ at, parts }) => `(select ${at}, ${parts}) as v (at, value)`),
  ];
  return from.map(
    (each) => `
      select v.at, count(*) as hits
        from ${sql} t cross join lateral ${each}
       where octet_length(v.value) >= ${SHORTEST}
         and exists (select from ${SCAN_SCHEMA}.source s where s.hash = ${hashSql('v.value', seed)})
       group by v.at`,
  );
}

/** As the source values were hashed: letters of ASCII in lower case. */
function hashSql(text: string, seed: string): string {
  return `hashtextextended(lower(${text} collate "C"), ${seed})`;
}
