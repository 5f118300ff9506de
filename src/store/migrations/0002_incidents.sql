-- Incidents with their logs, alerts, schedules, reports, notices outside of Slack; the outbox tells of all of them.

alter table holdfast.outbox drop constraint outbox_operation_fkey;
alter table holdfast.outbox rename column operation to subject;
alter table holdfast.outbox drop constraint outbox_kind_check;
alter table holdfast.outbox add check (kind in ('card', 'note', 'update', 'files'));

create sequence holdfast.incident_number as bigint;

create table holdfast.incidents (
  id text primary key check (id ~ '^inc-[1-9][0-9]*$'),
  number bigint not null generated always as (substring(id from 5)::bigint) stored,
  -- The command or click that declared it: one leads to one incident.
  command text not null unique,
  system text not null,
  declared_at timestamptz not null,
  -- What follows is a projection of the log.
  level integer not null,
  last_seq integer not null,
  resolved_at timestamptz
);

create index incidents_open on holdfast.incidents (number) where resolved_at is null;
create index incidents_resolved on holdfast.incidents (resolved_at desc) where resolved_at is not null;

create table holdfast.incident_log (
  incident text not null references holdfast.incidents (id),
  seq integer not null check (seq > 0),
  at timestamptz not null,
  type text not null,
  event json not null,
  previous text not null,
  hash text not null unique,
  primary key (incident, seq)
);

create trigger incident_log_append_only before update or delete or truncate on holdfast.incident_log
  for each statement execute function holdfast.refuse_change();

-- What is told outside of Slack: one row per notice and notifier, so that nothing is told twice.
create table holdfast.notices (
  id bigint primary key generated always as identity,
  incident text not null references holdfast.incidents (id),
  notifier text not null,
  what text not null,
  -- The entry that it follows from; of what is said once in every period, the number of the period.
  seq integer not null,
  state text not null default 'due' check (state in ('due', 'begun', 'sent', 'dropped')),
  due_at timestamptz not null default clock_timestamp(),
  begun_at timestamptz,
  attempts integer not null default 0,
  uncertain boolean not null default false,
  -- What the notifier answered: the id that a status page gave to the incident.
  receipt text,
  settled_at timestamptz,
  why text,
  unique (incident, notifier, what, seq)
);

create index notices_open on holdfast.notices (id) where state in ('due', 'begun');

create sequence holdfast.alert_number as bigint;

create table holdfast.alerts (
  id text primary key check (id ~ '^al-[1-9][0-9]*$'),
  number bigint not null generated always as (substring(id from 4)::bigint) stored,
  system text not null,
  environment text not null,
  kind text not null,
  about text not null,
  severity text not null,
  text json not null,
  remedy json,
  raised_at timestamptz not null,
  seen_at timestamptz not null,
  over_at timestamptz
);

-- The same thing is said once for as long as it lasts.
create unique index alerts_one_at_a_time on holdfast.alerts (system, environment, kind, about) where over_at is null;

create table holdfast.schedules (
  key text primary key,
  definition text not null,
  since timestamptz not null
);

create table holdfast.schedule_runs (
  key text not null,
  due timestamptz not null,
  taken_at timestamptz not null,
  settled_at timestamptz,
  operation text,
  note json,
  primary key (key, due)
);

create sequence holdfast.report_number as bigint;

create table holdfast.reports (
  id text primary key check (id ~ '^rep-[1-9][0-9]*$'),
  number bigint not null generated always as (substring(id from 5)::bigint) stored,
  system text not null,
  kind text not null,
  of text not null unique,
  at timestamptz not null,
  title json not null,
  result text not null,
  figures json,
  markdown json not null
);

create index reports_newest on holdfast.reports (system, kind, at desc);
