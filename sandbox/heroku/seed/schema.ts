// The accounting app's tables, as its Rails migrations made them.

export const schema = `
create table schema_migrations (version character varying not null primary key);
create table ar_internal_metadata (
  key character varying not null primary key,
  value character varying,
  created_at timestamp(6) without time zone not null,
  updated_at timestamp(6) without time zone not null
);
create table users (
  id bigserial primary key,
  email character varying not null,
  name character varying not null,
  created_at timestamptz not null,
  updated_at timestamptz not null
);
create unique index index_users_on_email on users (email);
create table accounts (
  id bigserial primary key,
  code character varying not null,
  name character varying not null,
  kind character varying not null,
  created_at timestamptz not null,
  updated_at timestamptz not null
);
create unique index index_accounts_on_code on accounts (code);
create table entries (
  id bigserial primary key,
  description character varying not null,
  reference character varying not null,
  user_id bigint not null constraint fk_rails_entries_users references users (id),
  posted_at timestamptz not null,
  created_at timestamptz not null,
  updated_at timestamptz not null
);
create index index_entries_on_posted_at on entries (posted_at);
create index index_entries_on_user_id on entries (user_id);
create unique index index_entries_on_reference on entries (reference);
create table line_items (
  id bigserial primary key,
  entry_id bigint not null constraint fk_rails_line_items_entries references entries (id),
  account_id bigint not null constraint fk_rails_line_items_accounts references accounts (id),
  amount_cents bigint not null,
  memo character varying,
  created_at timestamptz not null,
  updated_at timestamptz not null
);
create index index_line_items_on_entry_id on line_items (entry_id);
create index index_line_items_on_account_id on line_items (account_id);
insert into schema_migrations (version) values
  ('20240108093012'), ('20240108093144'), ('20240108101530'), ('20240311142207'), ('20241002081955'), ('20250617120341');
insert into ar_internal_metadata values ('environment', 'production', now(), now());
`;

/** What the migration of the broken deploy did: a nullable column, which older code does not mind. */
export const brokenDeployMigration = `
alter table entries add column approved_by_id bigint;
create index index_entries_on_approved_by_id on entries (approved_by_id);
`;
