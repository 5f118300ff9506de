// The tables of fieldservice, as its migrations made them: owned by postgres, like all that Supabase's users make.

export const schema = `
create schema supabase_migrations;
create table supabase_migrations.schema_migrations (version text primary key, statements text[], name text);
create table customers (
  id uuid primary key default gen_random_uuid(), user_id uuid references auth.users (id) on delete set null,
  name text not null, email text not null unique, phone text not null, created_at timestamptz not null default now()
);
create table jobs (
  id bigint generated always as identity primary key, customer_id uuid not null references customers (id),
  title text not null, status text not null default 'open', scheduled_at timestamptz, created_at timestamptz not null default now()
);
create table invoices (
  id bigint generated always as identity primary key, job_id bigint not null references jobs (id),
  total_cents integer not null, pdf_key text not null, created_at timestamptz not null default now()
);
create table reminders (
  id bigint generated always as identity primary key, customer_id uuid not null references customers (id),
  channel text not null, due_at timestamptz not null, sent_at timestamptz
);
create table communications (
  id bigint generated always as identity primary key, customer_id uuid not null references customers (id),
  to_address text not null, body text not null, created_at timestamptz not null default now()
);
create table audit_log (
  id bigint generated always as identity primary key, actor uuid, action text not null, content jsonb not null,
  created_at timestamptz not null default now()
);
create table api_keys (
  id uuid primary key default gen_random_uuid(), name text not null, token text not null unique,
  created_at timestamptz not null default now()
);
create table feature_flags (name text primary key, enabled boolean not null, settings jsonb not null default '{}');
create index on jobs (customer_id);
create index on invoices (job_id);
create index on reminders (due_at) where sent_at is null;
create view open_jobs as select j.id, c.name as customer, j.title from jobs j join customers c on c.id = j.customer_id
  where j.status = 'open';
create function next_reminder(who uuid) returns timestamptz language sql stable set search_path to 'public'
  as $$ select min(due_at) from public.reminders where customer_id = who and sent_at is null $$;
create function note_sign_up() returns trigger language plpgsql security definer set search_path to 'public' as $$
  begin insert into audit_log (actor, action, content) values (new.id, 'user.created', '{}'); return new; end $$;
create trigger on_auth_user_created after insert on auth.users for each row execute function public.note_sign_up();
alter table customers enable row level security;
create policy "own record" on customers for select to authenticated using (user_id = auth.uid());
alter table jobs enable row level security;
create policy "own jobs" on jobs for select to authenticated
  using (exists (select from customers c where c.id = customer_id and c.user_id = auth.uid()));
insert into supabase_migrations.schema_migrations (version, name) values
  ('20250311142207', 'initial'), ('20250617120341', 'reminders'), ('20251002081955', 'api_keys');`;
