// Makes a PostgreSQL server what a Supabase project is: its roles, of which `postgres` is no superuser, and its own schemas.
import pg from 'pg';

/** The one superuser. Nobody outside the platform has its password. */
export const ADMIN = 'supabase_admin';

/**
 * Roles and rights as supabase/postgres makes them (migrations/db). The first superuser of the cluster, which sandbox/servers
 * calls postgres, becomes supabase_admin as it is there. `grant set on parameter` stands for supautils' allowed settings.
 */
const ROLES = `
alter role postgres rename to ${ADMIN};
create role postgres login nosuperuser createdb createrole replication bypassrls;
create role anon nologin noinherit;
create role authenticated nologin noinherit;
create role service_role nologin noinherit bypassrls;
create role authenticator login noinherit;
create role supabase_auth_admin login noinherit createrole;
create role supabase_storage_admin login noinherit;
grant anon, authenticated, service_role to authenticator, postgres;
grant pg_monitor, pg_read_all_data, pg_signal_backend to postgres;
grant set on parameter session_replication_role to postgres;
alter database postgres owner to postgres;
alter role postgres set search_path to "$user", public, extensions;`;

const SCHEMAS = `
grant usage on schema public to postgres, anon, authenticated, service_role;
alter default privileges for role postgres in schema public grant all on tables to anon, authenticated, service_role;
alter default privileges for role ${ADMIN} in schema public grant all on tables to postgres, anon, authenticated, service_role;
create schema extensions;
grant all on schema extensions to postgres;
grant usage on schema extensions to anon, authenticated, service_role;
create extension pgcrypto with schema extensions;

create schema auth;
grant usage on schema auth to postgres, anon, authenticated, service_role;
grant all on schema auth to supabase_auth_admin;
set role supabase_auth_admin;
create table auth.schema_migrations (version varchar(255) primary key);
create table auth.users (
  instance_id uuid, id uuid primary key, aud varchar(255), role varchar(255), email varchar(255),
  encrypted_password varchar(255), email_confirmed_at timestamptz, confirmation_token varchar(255) default '',
  recovery_token varchar(255) default '', raw_app_meta_data jsonb, raw_user_meta_data jsonb,
  phone text unique, created_at timestamptz, updated_at timestamptz,
  email_change varchar(255) default '', email_change_token_new varchar(255) default '',
  email_change_token_current varchar(255) default '', phone_change text default '', phone_change_token varchar(255) default '',
  reauthentication_token varchar(255) default ''
);
create unique index users_email_partial_key on auth.users (email);
create table auth.identities (
  provider_id text not null, user_id uuid not null references auth.users on delete cascade, identity_data jsonb not null,
  provider text not null, created_at timestamptz, updated_at timestamptz,
  email text generated always as (lower(identity_data ->> 'email')) stored,
  id uuid primary key default gen_random_uuid(), unique (provider_id, provider)
);
create table auth.sessions (
  id uuid primary key, user_id uuid not null references auth.users on delete cascade, created_at timestamptz,
  user_agent text, ip inet
);
create table auth.refresh_tokens (
  instance_id uuid, id bigserial primary key, token varchar(255) unique, user_id varchar(255), revoked boolean,
  created_at timestamptz, session_id uuid references auth.sessions on delete cascade
);
create function auth.uid() returns uuid language sql stable
  as $$ select nullif(current_setting('request.jwt.claim.sub', true), '')::uuid $$;
grant all on auth.users, auth.identities, auth.sessions, auth.refresh_tokens to postgres;
grant all on sequence auth.refresh_tokens_id_seq to postgres;
grant select on auth.schema_migrations to postgres;
insert into auth.schema_migrations values ('20240612123726'), ('20250804100000');
reset role;

create schema storage;
grant usage on schema storage to postgres, anon, authenticated, service_role;
grant all on schema storage to supabase_storage_admin;
set role supabase_storage_admin;
create table storage.buckets (
  id text primary key, name text not null unique, owner uuid, public boolean default false, file_size_limit bigint,
  allowed_mime_types text[], created_at timestamptz default now(), updated_at timestamptz default now()
);
create table storage.objects (
  id uuid primary key default gen_random_uuid(), bucket_id text references storage.buckets, name text, owner uuid,
  created_at timestamptz default now(), updated_at timestamptz default now(), last_accessed_at timestamptz default now(),
  metadata jsonb, version text
);
create unique index bucketid_objname on storage.objects (bucket_id, name);
alter table storage.objects enable row level security;
alter table storage.buckets enable row level security;
grant all on storage.buckets, storage.objects to postgres with grant option;
reset role;`;

/** Once for each server; `superuserUrl` is the first superuser's, who loses that name by it. */
export async function preparePlatform(superuserUrl: string): Promise<void> {
  // A session cannot rename its own user.
  await query(superuserUrl, 'create role sandbox_setup login superuser');
  await query(as(superuserUrl, 'sandbox_setup'), ROLES);
  await query(as(superuserUrl, ADMIN), `drop role sandbox_setup; ${SCHEMAS}`);
}

/** The same server and database as another role. */
export function as(url: string, role: string): string {
  const other = new URL(url);
  other.username = role;
  return other.href;
}

/** Runs statements on a connection of their own. */
export async function query(url: string, sql: string): Promise<Record<string, unknown>[]> {
  const client = new pg.Client({ connectionString: url, application_name: 'simulated-supabase' });
  client.on('error', () => {});
  await client.connect();
  try {
    return (await client.query(sql)).rows ?? [];
  } finally {
    await client.end();
  }
}
