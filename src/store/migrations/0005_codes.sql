-- One-time codes: which step of time of a person has counted last, and how often a code was tried in their name.

create table holdfast.codes (
  person text primary key,
  step bigint not null default 0,
  tries integer not null default 0,
  tried_since timestamptz not null default '-infinity'
);
