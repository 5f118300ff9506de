-- What is asked at every plan costs the same however much has happened: the newest durations of a step, the newest proof of
-- a backup, what a system has ended lately.

alter table holdfast.durations add column number bigint not null generated always as identity;
drop index holdfast.durations_of_action;
create index durations_newest on holdfast.durations (system, action, number desc);

create index proofs_of_backup on holdfast.proofs (system, backup, at desc);

create index operations_ended_of_system on holdfast.operations (system, ended_at desc, number desc) where ended_at is not null;
