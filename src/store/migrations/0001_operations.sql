-- Commands, operations with their journal, proofs and durations, and the outbox.
-- Texts that came from outside are kept as json, not jsonb: jsonb refuses NUL and lone surrogates, and the journal must
-- take whatever a log line or a person contained, unchanged.

create table holdfast.commands (
  id uuid primary key,
  key text not null unique,
  intake json not null,
  received_at timestamptz not null default clock_timestamp(),
  claimed_until timestamptz,
  answer json,
  answered_at timestamptz
);

create index commands_unanswered on holdfast.commands (received_at) where answer is null;

create sequence holdfast.operation_number as bigint;

create table holdfast.operations (
  id text primary key check (id ~ '^op-[1-9][0-9]*$'),
  number bigint not null generated always as (substring(id from 4)::bigint) stored,
  -- The command that it answers: one leads to one operation.
  command text not null unique,
  system text not null,
  environment text not null,
  verb text not null,
  headline text not null,
  plan json not null,
  digest text not null,
  requested_by text not null,
  undoes text references holdfast.operations (id),
  target_identity text not null,
  proposed_at timestamptz not null,
  -- What follows is a projection of the journal.
  state text not null,
  last_seq integer not null,
  expires_at timestamptz,
  ended_at timestamptz,
  -- Set while the operation may still change an environment; null when it has ended or only looks.
  active_target text,
  active_environment text,
  -- The lease.
  holder text,
  token bigint not null default 0,
  lease_until timestamptz
);

-- One at a time: per database, whatever it is called, and per environment, since promoting gives it another database.
create unique index operations_one_per_target on holdfast.operations (active_target) where active_target is not null;
create unique index operations_one_per_environment on holdfast.operations (active_environment)
  where active_environment is not null;
create index operations_open on holdfast.operations (number) where ended_at is null;
create index operations_ended on holdfast.operations (ended_at desc) where ended_at is not null;

create table holdfast.journal (
  operation text not null references holdfast.operations (id),
  seq integer not null check (seq > 0),
  at timestamptz not null,
  type text not null,
  event json not null,
  previous text not null,
  hash text not null unique,
  primary key (operation, seq)
);

create function holdfast.refuse_change() returns trigger language plpgsql as $refuse$
begin
  raise exception 'the journal is only ever appended to' using errcode = 'insufficient_privilege';
end
$refuse$;

create trigger journal_append_only before update or delete or truncate on holdfast.journal
  for each statement execute function holdfast.refuse_change();

create table holdfast.proofs (
  operation text not null,
  seq integer not null,
  system text not null,
  backup text not null,
  at timestamptz not null,
  proof json not null,
  primary key (operation, seq),
  foreign key (operation, seq) references holdfast.journal (operation, seq)
);

create index proofs_newest on holdfast.proofs (system, at desc);

create table holdfast.durations (
  operation text not null,
  seq integer not null,
  system text not null,
  action text not null,
  seconds double precision not null,
  primary key (operation, seq),
  foreign key (operation, seq) references holdfast.journal (operation, seq)
);

create index durations_of_action on holdfast.durations (system, action);

create table holdfast.outbox (
  id bigint primary key generated always as identity,
  operation text not null references holdfast.operations (id),
  -- `card`, `note:3`, `update:2`, `update:last`: one row each, so that nothing is told twice.
  key text not null,
  kind text not null check (kind in ('card', 'note', 'update')),
  telling json not null,
  state text not null default 'due' check (state in ('due', 'begun', 'sent', 'dropped')),
  due_at timestamptz not null default clock_timestamp(),
  begun_at timestamptz,
  attempts integer not null default 0,
  uncertain boolean not null default false,
  -- A card is wanted again while it is being sent: then `wanted` is ahead of `taken`.
  wanted integer not null default 1,
  taken integer not null default 0,
  -- Where the message stands and which entry it shows.
  channel text,
  ts text,
  seq integer,
  sent_at timestamptz,
  why text,
  unique (operation, key)
);

create index outbox_open on holdfast.outbox (id) where state in ('due', 'begun');
