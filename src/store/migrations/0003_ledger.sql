-- The ledger chains all logs to one another: one line for each entry of a journal or of an incident's log, in the order of
-- their commits. Whoever takes out or replaces a whole log, chain and all, leaves a ledger that does not hold.

create table holdfast.ledger (
  seq bigint primary key check (seq > 0),
  subject text not null,
  entry integer not null,
  -- The entry's own hash.
  digest text not null,
  previous text not null,
  hash text not null,
  unique (subject, entry)
);

create trigger ledger_append_only before update or delete or truncate on holdfast.ledger
  for each statement execute function holdfast.refuse_change();

-- The hash is that of `chained` in src/core/chain.ts: of the canonical JSON of everything else in the line.
create function holdfast.write_ledger(subject text, entry integer, digest text) returns void language plpgsql as $write$
declare
  next bigint;
  previous text;
begin
  perform pg_advisory_xact_lock(46533280);
  select l.seq + 1, l.hash into next, previous from holdfast.ledger l order by l.seq desc limit 1;
  if not found then
    next := 1;
    previous := repeat('0', 64);
  end if;
  insert into holdfast.ledger values (next, subject, entry, digest, previous, encode(sha256(convert_to(format(
    '{"digest":"%s","entry":%s,"previous":"%s","seq":%s,"subject":"%s"}', digest, entry, previous, next, subject
  ), 'UTF8')), 'hex'));
end
$write$;

do $existing$
declare
  written record;
begin
  for written in
    select operation as subject, seq, hash, at from holdfast.journal
    union all select incident, seq, hash, at from holdfast.incident_log
    order by at, subject, seq
  loop
    perform holdfast.write_ledger(written.subject, written.seq, written.hash);
  end loop;
end
$existing$;

create function holdfast.journal_to_ledger() returns trigger language plpgsql as $line$
begin
  perform holdfast.write_ledger(new.operation, new.seq, new.hash);
  return null;
end
$line$;

create function holdfast.incident_log_to_ledger() returns trigger language plpgsql as $line$
begin
  perform holdfast.write_ledger(new.incident, new.seq, new.hash);
  return null;
end
$line$;

-- At the commit itself, so that nobody waits for a process which was stopped in the middle of its transaction.
create constraint trigger journal_to_ledger after insert on holdfast.journal
  deferrable initially deferred for each row execute function holdfast.journal_to_ledger();
create constraint trigger incident_log_to_ledger after insert on holdfast.incident_log
  deferrable initially deferred for each row execute function holdfast.incident_log_to_ledger();
