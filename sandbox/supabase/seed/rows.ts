// Fills the tables: the same rows on every run, apart from their dates.
import pg from 'pg';

export type Amount = {
  readonly customers: number;
  /** Numbers of customers begin here. */
  readonly from: number;
  readonly at: Date;
};

/** People with accounts, sessions and keys. Real-looking personal data: it must never reach staging. */
export const people = `
insert into auth.users (instance_id, id, aud, role, email, encrypted_password, email_confirmed_at, raw_app_meta_data,
                        raw_user_meta_data, phone, created_at, updated_at)
select '00000000-0000-0000-0000-000000000000', md5('user' || n)::uuid, 'authenticated', 'authenticated',
       'dispatcher' || n || '@fieldservice.example', extensions.crypt('pass' || n, '$2a$04$abcdefghijklmnopqrstuv'), now(),
       '{"provider": "email"}', jsonb_build_object('full_name', 'Dana Dispatcher ' || n),
       '1555' || lpad(n::text, 7, '0'), now(), now()
from generate_series(1, 20) n;
insert into auth.identities (provider_id, user_id, identity_data, provider, created_at, updated_at)
select id::text, id, jsonb_build_object('sub', id, 'email', email), 'email', now(), now() from auth.users;
insert into auth.sessions (id, user_id, created_at, user_agent, ip)
select md5('session' || id)::uuid, id, now(), 'Mozilla/5.0', '203.0.113.7' from auth.users;
insert into auth.refresh_tokens (token, user_id, revoked, created_at, session_id)
select md5('refresh' || id), user_id, false, now(), id from auth.sessions;
insert into api_keys (name, token) values ('twilio', 'SK' || md5('twilio')), ('maps', 'AIza' || md5('maps')),
  ('webhook', 'whsec_' || md5('webhook'));
insert into feature_flags (name, enabled, settings) values ('sms_reminders', true, '{"hours_before": 24}'),
  ('route_planning', false, '{}'), ('photo_upload', true, '{"max_mb": 20}');`;

const CUSTOMERS = `
with made as (
  insert into customers (id, user_id, name, email, phone, created_at)
  select md5('customer' || n)::uuid, case when n <= 20 then md5('user' || n)::uuid end,
         (array['Ada', 'Ben', 'Chloe', 'Dev', 'Ezra'])[1 + n % 5] || ' ' || (array['Stone', 'Rivera', 'Okafor', 'Lindt'])[1 + n % 4],
         'customer' || n || '@mail.example', '+1415' || lpad(n::text, 7, '0'), $3::timestamptz
  from generate_series($1::int, $1::int + $2::int - 1) n returning id, name, email),
jobs_made as (
  insert into jobs (customer_id, title, status, scheduled_at, created_at)
  select id, 'Boiler service ' || i, case i when 1 then 'open' else 'done' end, $3::timestamptz + i * interval '1 day',
         $3::timestamptz from made, generate_series(1, 3) i returning id, customer_id),
invoices_made as (
  insert into invoices (job_id, total_cents, pdf_key, created_at)
  select id, 9000 + (id % 50) * 100, 'invoices/' || id || '.pdf', $3::timestamptz from jobs_made),
reminders_made as (
  insert into reminders (customer_id, channel, due_at, sent_at)
  select id, 'sms', $3::timestamptz + i * interval '7 days', case i when 0 then $3::timestamptz end
  from made, generate_series(0, 1) i),
mails as (
  insert into communications (customer_id, to_address, body, created_at)
  select id, email, 'Dear ' || name || ', your technician arrives on Monday.', $3::timestamptz from made)
insert into audit_log (actor, action, content, created_at)
select id, 'customer.created', jsonb_build_object('name', name, 'contact', jsonb_build_object('email', email, 'tags', '["new"]'::jsonb)),
       $3::timestamptz from made`;

/** Customers with their jobs, invoices, reminders, letters and traces. */
export async function insertCustomers(url: string, { customers, from, at }: Amount): Promise<void> {
  const client = new pg.Client({ connectionString: url, application_name: 'fieldservice' });
  await client.connect();
  try {
    await client.query(CUSTOMERS, [from, customers, at]);
  } finally {
    await client.end();
  }
}
