// The database of the financial planning system: a plausible schema, and what is written into it on one day.

export const DATABASE = 'financial_planning';
/** The role that owns it and as which the application connects. */
export const OWNER = 'financial_planning';

/** Every change of a row is logged with the row as it was, which is what the runbook looks deletions up in (F11). */
export const SCHEMA = `
  create table accounts (
    id int primary key generated always as identity,
    email text not null unique,
    full_name text not null,
    created_at timestamptz not null);
  create table portfolios (
    id int primary key generated always as identity,
    account_id int not null references accounts on delete cascade,
    name text not null,
    currency char(3) not null default 'EUR',
    created_at timestamptz not null);
  create table transactions (
    id int primary key generated always as identity,
    portfolio_id int not null references portfolios on delete cascade,
    kind text not null check (kind in ('deposit', 'withdrawal', 'buy', 'sell', 'fee')),
    amount numeric(14, 2) not null,
    memo text,
    booked_at timestamptz not null);
  create table audit_log (
    id bigint primary key generated always as identity,
    action text not null,
    table_name text not null,
    row_id int not null,
    row_before jsonb,
    account_id int references accounts on delete set null,
    created_at timestamptz not null default clock_timestamp());
  create index on portfolios (account_id);
  create index on transactions (portfolio_id);
  create index on transactions (booked_at);
  create index on audit_log (table_name, row_id);
  create table alembic_version (version_num text primary key);
  insert into alembic_version values ('a41c0f2d9e77');
  create function audit() returns trigger language plpgsql as $$
  begin
    insert into audit_log (action, table_name, row_id, row_before, created_at)
    values (tg_op, tg_table_name, coalesce(old.id, new.id), to_jsonb(old),
            coalesce(nullif(current_setting('sandbox.at', true), '')::timestamptz, clock_timestamp()));
    return null;
  end $$;
  create trigger audit after insert or update or delete on portfolios for each row execute function audit();
  create trigger audit after insert or update or delete on transactions for each row execute function audit();`;

/** What is written on the day that ends at $1: 25 accounts with 2 portfolios each and 800 transactions over all of them. */
export const ONE_DAY = `
  select set_config('sandbox.at', $1, false);
  with made as (
    insert into accounts (email, full_name, created_at)
    select format('client%s@example.com', n), format('Client %s', n), $1::timestamptz - n % 600 * interval '1 minute'
    from generate_series((select count(*) from accounts) + 1, (select count(*) from accounts) + 25) n
    returning id, created_at)
  insert into portfolios (account_id, name, created_at)
  select id, name, created_at from made, (values ('Retirement'), ('Savings')) as portfolio (name);
  insert into transactions (portfolio_id, kind, amount, memo, booked_at)
  select 1 + n * 7 % (select max(id) from portfolios), (array['deposit', 'withdrawal', 'buy', 'sell', 'fee'])[1 + n % 5],
    (n * 37 % 100000) / 100.0 + 1, 'order ' || md5($1 || n), $1::timestamptz - n * interval '100 seconds'
  from generate_series(1, 800) n;
  select set_config('sandbox.at', '', false);`;
