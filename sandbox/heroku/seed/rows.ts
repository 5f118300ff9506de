// Fills the accounting tables: the same rows on every run, apart from their dates.
import type pg from 'pg';

/** How an environment's rows are recognised. */
export type Flavour = { prefix: string; mailHost: string; words: string };

export const productionRows: Flavour = {
  prefix: 'GL',
  mailHost: 'grayledger.example',
  words: 'Invoice,Payroll,Rent,Software subscription,Bank fee,Travel,Office supplies,Consulting,Insurance,Depreciation',
};
export const stagingRows: Flavour = {
  prefix: 'STG',
  mailHost: 'staging.grayledger.example',
  words: 'STAGING sample,STAGING import test,STAGING demo',
};

const USERS = 12;
const ACCOUNTS = [
  '1000 Cash asset',
  '1100 Receivables asset',
  '1500 Equipment asset',
  '2000 Payables liability',
  '2200 VAT liability',
  '3000 Equity equity',
  '4000 Sales revenue',
  '4100 Services revenue',
  '5000 Wages expense',
  '5100 Rent expense',
  '5200 Software expense',
  '5300 Travel expense',
];

/** Users and accounts. */
export async function insertPeople(client: pg.Client, { mailHost }: Flavour, at: Date): Promise<void> {
  await client.query(
    `insert into users (email, name, created_at, updated_at)
     select 'user' || n || '@' || $2::text, 'User ' || n, $3::timestamptz, $3::timestamptz from generate_series(1, $1::int) n`,
    [USERS, mailHost, at],
  );
  await client.query(
    `insert into accounts (code, name, kind, created_at, updated_at)
     select split_part(a, ' ', 1), split_part(a, ' ', 2), split_part(a, ' ', 3), $2::timestamptz, $2::timestamptz from unnest($1::text[]) a`,
    [ACCOUNTS, at],
  );
}

/** Adds `count` entries evenly spread from `from` to `to`; the line items of each sum to zero. */
export async function insertEntries(
  client: pg.Client,
  flavour: Flavour,
  count: number,
  from: Date,
  to: Date,
): Promise<void> {
  await client.query(
    `with first as (select coalesce(max(id), 0) as id from entries),
     made as (
       insert into entries (description, reference, user_id, posted_at, created_at, updated_at)
       select words[1 + n % array_length(words, 1)] || ' ' || substr(md5(n::text), 1, 8),
              $2::text || '-' || lpad(n::text, 6, '0'), 1 + n % ${USERS}, at, at, at
       from first, string_to_array($3::text, ',') words,
            lateral (select i, (first.id + i)::int as n,
                            $4::timestamptz + ($5::timestamptz - $4::timestamptz) * ((i - 0.5) / $1::int) as at
                     from generate_series(1, $1::int) i) each
       order by n
       returning id, created_at
     ),
     sums as (select id, created_at, 1000 + (('x' || substr(md5('a' || id), 1, 6))::bit(24)::int % 500000) as cents from made)
     insert into line_items (entry_id, account_id, amount_cents, memo, created_at, updated_at)
     select id, 1 + (id + side * 5) % ${ACCOUNTS.length},
            case side when 0 then cents when 1 then -(cents - cents / 5) else -(cents / 5) end,
            case side when 0 then 'debit' when 1 then 'credit' else 'VAT' end, created_at, created_at
     from sums, generate_series(0, 2) side order by id, side`,
    [count, flavour.prefix, flavour.words, from, to],
  );
}
