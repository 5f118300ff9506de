// What personal data and keys look like, wherever they stand.
import { EMAIL, PHONE } from './needles.ts';
import { SCAN_SCHEMA } from './source-hashes.ts';

/** Conditions are SQL; `value` is the expression of a text. */
export type Pattern = {
  /** In the plural, as it is told: "e-mail addresses". */
  readonly name: string;
  /** Cheap to ask of every text; where one of them is true, `holds` is asked. */
  readonly hints: (value: string) => readonly string[];
  readonly holds: (value: string) => string;
};

/** A hundred times as cheap as a regular expression. */
const contains =
  (...words: readonly string[]) =>
  (value: string) =>
    words.map((word) => `strpos(${value}, '${word}') > 0`);
const matches = (expression: string) => (value: string) => `${value} ~ '${expression}'`;

export const DIGITS = '[+]?[0-9][0-9 ()/.-]{5,}[0-9]';
/** Numbers that stand alone: hexadecimal texts are full of digits. */
export const hasLoneDigits = matches(`(^|[^0-9A-Za-z])${DIGITS}($|[^0-9A-Za-z])`);

const CARD =
  '(?:4[0-9]{3}|5[1-5][0-9]{2}|2[2-7][0-9]{2}|6011|65[0-9]{2})(?:[ -]?[0-9]{4}){3}|3[47][0-9]{2}[ -]?[0-9]{6}[ -]?[0-9]{5}';
const IBAN = '[A-Z]{2}[0-9]{2}(?: ?[A-Z0-9]{4}){2,7}(?: ?[A-Z0-9]{1,3})?';

export const PATTERNS: readonly Pattern[] = [
  {
    name: 'e-mail addresses',
    hints: contains('@'),
    // Those of example.com are made up: they can reach nobody (RFC 2606).
    holds: (value) =>
      `exists (select from pg_catalog.regexp_matches(${value}, '${EMAIL}', 'g') as m (found)
                where m.found[1] !~* '@example[.]com$')`,
  },
  {
    name: 'phone numbers',
    hints: (value) => [...contains('+')(value), hasLoneDigits(value)],
    holds: (value) =>
      `(${value} ~ '(^|[^A-Za-z0-9+/=])(?!\\+1000000[0-9])${PHONE}' or
        ${value} ~ '(^|[^0-9A-Za-z.-])(\\([0-9]{3}\\) ?|[0-9]{3}[-.])[0-9]{3}[-.][0-9]{4}($|[^0-9A-Za-z-])')`,
  },
  {
    name: 'card numbers',
    hints: (value) => [hasLoneDigits(value)],
    holds: (value) => `${SCAN_SCHEMA}.has_card(${value})`,
  },
  {
    name: 'IBANs',
    hints: (value) => [matches('[A-Z]{2}[0-9]{2}')(value)],
    holds: (value) => `${SCAN_SCHEMA}.has_iban(${value})`,
  },
  {
    name: 'signed tokens (JWT)',
    hints: contains('eyJ'),
    holds: matches('eyJ[A-Za-z0-9_-]{8,}\\.eyJ[A-Za-z0-9_-]{8,}\\.[A-Za-z0-9_-]{8,}'),
  },
  {
    name: 'keys of known services',
    hints: contains('_live_', '_test_', 'AKIA', 'gh', 'xox', 'AIza', 'whsec_', 'PRIVATE KEY'),
    holds: matches(
      '[rs]k_(live|test)_[0-9A-Za-z]{16,}|AKIA[0-9A-Z]{16}|gh[pousr]_[0-9A-Za-z]{36}|xox[abeprs]-[0-9A-Za-z-]{10,}|' +
        'AIza[0-9A-Za-z_-]{32,}|whsec_[0-9A-Za-z]{16,}|-----BEGIN [A-Z ]*PRIVATE KEY-----',
    ),
  },
];

/** Countries with the lengths of their IBANs; others would only be guessed at. */
const IBAN_LENGTHS =
  'AD24 AT20 BE16 BG22 CH21 CY28 CZ24 DE22 DK18 EE20 ES24 FI18 FR27 GB22 GR27 HR21 HU28 IE22 IT27 LI21 LT20 LU20 LV21 ' +
  'MC27 MT31 NL18 NO15 PL28 PT25 RO24 SE24 SI19 SK24';

/** Most numbers of that shape are none: the check digits decide. */
export const PATTERN_FUNCTIONS = [
  `create function ${SCAN_SCHEMA}.has_card(value pg_catalog.text) returns boolean
     language sql immutable strict parallel safe set search_path = pg_catalog, pg_temp as $$
     select exists (
       select from regexp_matches(value, '(?:^|[^0-9A-Za-z.-])(${CARD})(?![0-9A-Za-z-])', 'g') as m (found)
        where (select sum(case when at % 2 = 1 then digit else digit * 2 / 10 + digit * 2 % 10 end) % 10 = 0
                 from (select at, substr(reverse(translate(found[1], ' -', '')), at, 1)::int as digit
                         from generate_series(1, length(translate(found[1], ' -', ''))) as at) as digits)) $$`,
  `create function ${SCAN_SCHEMA}.has_iban(value pg_catalog.text) returns boolean
     language sql immutable strict parallel safe set search_path = pg_catalog, pg_temp as $$
     select exists (
       select from regexp_matches(value, '(?:^|[^0-9A-Za-z])(${IBAN})', 'g') as m (found)
         cross join lateral (select left(replace(found[1], ' ', ''), country.length) as iban, country.length
                               from (values ${ibanLengths()}) as country (code, length)
                              where country.code = left(found[1], 2)) as cut
        where length(iban) = cut.length and
              (select string_agg(case when letter >= 'A' then (ascii(letter) - 55)::text else letter end, '' order by at)::numeric % 97 = 1
                 from unnest(string_to_array(substr(iban, 5) || left(iban, 4), null)) with ordinality as l (letter, at))) $$`,
];

function ibanLengths(): string {
  return IBAN_LENGTHS.split(' ')
    .map((country) => `('${country.slice(0, 2)}', ${country.slice(2)})`)
    .join(', ');
}
