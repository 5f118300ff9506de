// The bank whose data is restored: tables with keys and indexes, personal data to be masked, and what must be true of it.
import type { Masking, System } from '../../src/core/system.ts';

/** About a fifth of the data: the one that is recovered alone. */
export const ONE_TABLE = 'transactions';

/** Stands in clear text in every row that is to be masked, and nowhere else. */
export const CLEAR_TEXTS = ['@post.kundin.example', 'Wolkenstein', '+4930'];

/** The row that a client polls: customer `n` of `CUSTOMERS_PER_MB × megabytes`. */
export const CUSTOMERS_PER_MB = 800;
export const emailOf = (n: number) => `c${n}@post.kundin.example`;

export const bank: Pick<System, 'tables' | 'invariants'> = {
  tables: ['branches', 'customers', 'accounts', 'cards', 'transactions', 'entries', 'audit', 'sessions'].map(
    (name) => ({ name, atLeast: 1 }),
  ),
  invariants: [
    {
      name: 'entries without a transaction',
      sql: 'select count(*) from entries e where not exists (select from transactions t where t.id = e.transaction_id)',
      expect: { equals: 0 },
    },
    {
      name: 'transactions that do not balance',
      sql: 'select count(*) from (select transaction_id from entries group by 1 having sum(amount) <> 0) unbalanced',
      expect: { equals: 0 },
    },
  ],
};

export const masking: Masking = {
  columns: [
    { table: 'customers', column: 'name', as: 'name' },
    { table: 'customers', column: 'email', as: 'email' },
    { table: 'customers', column: 'phone', as: 'phone' },
    { table: 'cards', column: 'holder', as: 'name' },
    { table: 'transactions', column: 'counterparty', as: 'name' },
  ],
  empty: ['sessions'],
  keep: [],
};

/** The same in SQL, as a runbook does it after a restore. */
export const MASK_BY_UPDATE = [
  `update customers set name = 'Test Customer ' || id, email = 'test-' || id || '@example.com', phone = '+1000000' || id`,
  `update cards set holder = 'Test Customer ' || id`,
  `update transactions set counterparty = 'Test Customer ' || id`,
  'delete from sessions',
];

/** Tables and data; about `megabytes` of plain SQL. */
export function dataOf(megabytes: number): string[] {
  const customers = Math.round(CUSTOMERS_PER_MB * megabytes);
  const accounts = Math.round(780 * megabytes);
  const transactions = Math.round(2_000 * megabytes);
  const rows = (count: number) => `generate_series(1::bigint, ${Math.round(count)}) n`;
  const person = (n: string) =>
    `(array['Aurelia','Benedikt','Cosima','Dorian','Edda','Falk','Greta','Hanno'])[(1 + ${n} % 8)::int] || ' Wolkenstein'
     || (array['er','-Abel','-Brandt','in','-Dietz','-Ebert','-Funk','s'])[(1 + ${n} / 8 % 8)::int]`;
  const moment = `timestamptz '2024-01-01 00:00Z' + n * interval '7 seconds'`;
  return [
    TABLES,
    `insert into branches select n, 'Branch ' || n, 'City ' || n % 40 from ${rows(200)}`,
    `insert into customers select n, ${person('n')}, 'c' || n || '@post.kundin.example',
       '+4930' || 10000000 + n, 1 + n % 200, ${moment} from ${rows(customers)}`,
    `insert into accounts select n, 1 + n % ${customers}, 1 + n % 200, 'K' || md5('k' || n),
       'EUR', (n * 7919 % 1000000) / 100.0, date '2015-01-01' + (n % 3000)::int from ${rows(accounts)}`,
    `insert into cards select n, 1 + n % ${accounts}, 'card-' || md5(n::text), ${person('n')},
       date '2027-01-01' + (n % 900)::int from ${rows(530 * megabytes)}`,
    `insert into transactions select n, 1 + n * 31 % ${accounts}, (array['sepa','card','cash','fee'])[(1 + n % 4)::int],
       ${person('n')}, 'ref ' || left(md5(n::text), 20), (n * 7919 % 500000) / 100.0, ${moment}
       from ${rows(transactions)}`,
    `insert into entries select 2 * n - side, n, 1 + (n * 31 + side * 17) % ${accounts},
       case side when 0 then 1 else -1 end * (n * 7919 % 500000) / 100.0, 'booked ' || n % 5000, ${moment}
       from ${rows(transactions)}, generate_series(0, 1) side`,
    `insert into audit select n, 1 + n * 13 % ${customers}, (array['login','transfer','limit','card'])[(1 + n % 4)::int],
       jsonb_build_object('device', md5((n % 9000)::text), 'session', md5(n::text), 'ok', n % 50 <> 0,
         'limits', jsonb_build_array(n % 700, n % 90), 'agent', 'Bank/' || n % 30 || ' (mobile; build ' || n % 400 || ')'),
       ${moment} from ${rows(1_680 * megabytes)}`,
    `insert into sessions select md5(n::text)::uuid, 1 + n % ${customers}, md5('s' || n), ${moment} from ${rows(320 * megabytes)}`,
    ...KEYS,
    'vacuum (analyze)',
  ];
}

const TABLES = `
  create table branches (id int primary key, name text not null, city text not null);
  create table customers (id bigint primary key, name text not null, email text not null, phone text, branch_id int not null,
    created_at timestamptz not null);
  create table accounts (id bigint primary key, customer_id bigint not null, branch_id int not null, number text not null,
    currency char(3) not null, balance numeric(14,2) not null, opened_on date not null);
  create table cards (id bigint primary key, account_id bigint not null, token text not null, holder text not null,
    expires_on date not null);
  create table transactions (id bigint primary key, account_id bigint not null, kind text not null,
    counterparty text not null, reference text not null, amount numeric(14,2) not null, booked_at timestamptz not null);
  create table entries (id bigint primary key, transaction_id bigint not null, account_id bigint not null,
    amount numeric(14,2) not null, memo text not null, booked_at timestamptz not null);
  create table audit (id bigint primary key, customer_id bigint not null, action text not null, payload jsonb not null,
    at timestamptz not null);
  create table sessions (id uuid primary key, customer_id bigint not null, token text not null, seen_at timestamptz not null)`;

const KEYS = [
  'alter table customers add unique (email)',
  'alter table accounts add unique (number)',
  'create index on customers (branch_id)',
  'create index on accounts (customer_id)',
  'create index on cards (account_id)',
  'create index on transactions (account_id)',
  'create index on transactions (booked_at)',
  'create index on entries (transaction_id)',
  'create index on entries (account_id)',
  'create index on audit (customer_id)',
  'create index on audit (at)',
  `create index on audit ((payload ->> 'device'))`,
  'create index on sessions (customer_id)',
  'alter table customers add foreign key (branch_id) references branches',
  'alter table accounts add foreign key (customer_id) references customers',
  'alter table accounts add foreign key (branch_id) references branches',
  'alter table cards add foreign key (account_id) references accounts',
  'alter table transactions add foreign key (account_id) references accounts',
  'alter table entries add foreign key (transaction_id) references transactions',
  'alter table entries add foreign key (account_id) references accounts',
  'alter table audit add foreign key (customer_id) references customers',
  'alter table sessions add foreign key (customer_id) references customers',
];
