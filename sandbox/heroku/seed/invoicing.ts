// The invoicing application: Python, whose payments belong to invoices.
import type pg from 'pg';
import type { Business } from './business.ts';

export const invoicing: Business = {
  counts: 'invoices',
  paths: ['/invoices', '/payments', '/invoices/overdue'],
  // Its migrations are run by hand: nothing runs with a release.
  processes: { web: 'uvicorn app.main:app --host 0.0.0.0', worker: 'celery -A app.worker worker' },
  configVars: { APP_ENV: 'production', WEB_CONCURRENCY: '2' },
  secret: 'JWT_SECRET',
  failure: {
    error: 'AttributeError',
    message: "'NoneType' object has no attribute 'total'",
    log: [
      'Traceback (most recent call last):',
      '  File "/app/app/api/invoices.py", line 58, in list_invoices',
      "AttributeError: 'NoneType' object has no attribute 'total'",
    ],
  },
  databaseError: 'sqlalchemy.exc.OperationalError',
  async write(client, count) {
    const now = new Date();
    await insertInvoices(client, count, now, now);
  },
  async corrupt(client) {
    await client.query('delete from invoices where id % 10 = 0');
    const { rows } = await client.query<{ count: string }>(
      'select count(*) from payments p where not exists (select from invoices i where i.id = p.invoice_id)',
    );
    return Number(rows[0]?.count ?? 0);
  },
};

const USERS = 20;

/** As its SQLAlchemy models made them; between payments and invoices there is no foreign key, so a bug can part them. */
export const schema = `
create table users (
  id bigserial primary key,
  email text not null unique,
  name text not null,
  created_at timestamptz not null
);
create table invoices (
  id bigserial primary key,
  user_id bigint not null references users (id),
  number text not null unique,
  total_cents bigint not null,
  status text not null,
  created_at timestamptz not null
);
create index ix_invoices_user_id on invoices (user_id);
create table payments (
  id bigserial primary key,
  invoice_id bigint not null,
  amount_cents bigint not null,
  created_at timestamptz not null
);
create index ix_payments_invoice_id on payments (invoice_id);
`;

export async function insertUsers(client: pg.Client, mailHost: string, at: Date): Promise<void> {
  await client.query(
    `insert into users (email, name, created_at)
     select 'user' || n || '@' || $2::text, 'User ' || n, $3::timestamptz from generate_series(1, $1::int) n`,
    [USERS, mailHost, at],
  );
}

/** Adds `count` invoices evenly spread from `from` to `to`; every second one was paid at once. */
export async function insertInvoices(client: pg.Client, count: number, from: Date, to: Date): Promise<void> {
  await client.query(
    `with first as (select coalesce(max(id), 0) as id from invoices),
     made as (
       insert into invoices (user_id, number, total_cents, status, created_at)
       select 1 + n % ${USERS}, 'INV-' || lpad(n::text, 6, '0'), 1000 + (n * 7919) % 500000,
              case n % 2 when 0 then 'paid' else 'sent' end, at
       from first,
            lateral (select (first.id + i) as n,
                            $2::timestamptz + ($3::timestamptz - $2::timestamptz) * ((i - 0.5) / $1::int) as at
                     from generate_series(1, $1::int) i) each
       order by n
       returning id, total_cents, status, created_at
     )
     insert into payments (invoice_id, amount_cents, created_at)
     select id, total_cents, created_at from made where status = 'paid' order by id`,
    [count, from, to],
  );
}

/** Makes of a state that was only ever added to the one that it was at a moment. */
export async function withoutLater(client: pg.Client, moment: Date): Promise<void> {
  for (const table of ['payments', 'invoices', 'users']) {
    await client.query(`delete from ${table} where created_at > $1`, [moment]);
  }
}
