// The rows of provote: a voting application whose polls and votes were written over the past days.
import type pg from 'pg';

const USERS = 200;
/** Every poll has so many choices, and so many votes of different people. */
const CHOICES = 4;
const VOTES = 27;

const SCHEMA = `
create table auth_user (
  id bigserial primary key,
  username varchar(150) not null unique,
  email varchar(254) not null,
  first_name varchar(150) not null,
  last_name varchar(150) not null,
  password varchar(128) not null,
  is_active boolean not null default true,
  date_joined timestamptz not null
);
create table django_session (
  session_key varchar(40) primary key,
  session_data text not null,
  expire_date timestamptz not null
);
create index django_session_expire_date on django_session (expire_date);
create table django_migrations (
  id bigserial primary key,
  app varchar(255) not null,
  name varchar(255) not null,
  applied timestamptz not null
);
create table polls_poll (
  id bigserial primary key,
  question varchar(200) not null,
  created_by_id bigint not null references auth_user (id) deferrable initially deferred,
  created_at timestamptz not null,
  closes_at timestamptz not null
);
create table polls_choice (
  id bigserial primary key,
  poll_id bigint not null references polls_poll (id) deferrable initially deferred,
  text varchar(200) not null
);
create index polls_choice_poll_id on polls_choice (poll_id);
create table polls_vote (
  id bigserial primary key,
  poll_id bigint not null references polls_poll (id) deferrable initially deferred,
  choice_id bigint not null references polls_choice (id) deferrable initially deferred,
  user_id bigint not null references auth_user (id) deferrable initially deferred,
  cast_at timestamptz not null,
  constraint polls_vote_unique_per_user unique (poll_id, user_id)
);
create index polls_vote_choice_id on polls_vote (choice_id);
create table celery_heartbeat (worker varchar(40) primary key, beat_at timestamptz not null);
`;

/** The tables, and the people who will vote. */
export async function makeSchema(client: pg.Client, at: Date): Promise<void> {
  await client.query(SCHEMA);
  await client.query(
    `insert into django_migrations (app, name, applied)
     select split_part(m, '.', 1), split_part(m, '.', 2), $1 from unnest($2::text[]) m`,
    [at, ['auth.0001_initial', 'sessions.0001_initial', 'polls.0001_initial', 'polls.0002_vote_unique_per_user']],
  );
  await client.query(
    `insert into auth_user (username, email, first_name, last_name, password, date_joined)
     select 'voter' || n, 'voter' || n || '@provote.example', 'Voter', 'Number ' || n,
            'pbkdf2_sha256$600000$' || md5(n::text), $2
     from generate_series(1, $1::int) n`,
    [USERS, at],
  );
  await client.query(
    `insert into django_session select md5('session' || n), md5(n::text) || ':' || n, $2::timestamptz + interval '14 days'
     from generate_series(1, $1::int) n`,
    [USERS / 4, at],
  );
}

/** Adds polls evenly spread from `from` to `to`, each with its choices and votes. */
export async function addPolls(client: pg.Client, polls: number, from: Date, to: Date): Promise<void> {
  await client.query(
    `with first as (select coalesce(max(id), 0) as id from polls_poll),
     made as (
       insert into polls_poll (question, created_by_id, created_at, closes_at)
       select 'Question ' || (first.id + n) || ': ' || substr(md5(n::text), 1, 8) || '?', 1 + n % ${USERS},
              $2::timestamptz + ($3::timestamptz - $2::timestamptz) * ((n - 0.5) / $1::int), $3::timestamptz + interval '30 days'
       from first, generate_series(1, $1::int) n order by n
       returning id, created_at
     ),
     chosen as (
       insert into polls_choice (poll_id, text)
       select id, 'Choice ' || n from made, generate_series(1, ${CHOICES}) n order by id, n
       returning id, poll_id
     ),
     numbered as (select id, poll_id, row_number() over (partition by poll_id order by id) - 1 as at from chosen)
     insert into polls_vote (poll_id, choice_id, user_id, cast_at)
     select p.id, c.id, 1 + (p.id * 7 + v) % ${USERS}, p.created_at + v * interval '1 second'
     from made p, generate_series(1, ${VOTES}) v, numbered c
     where c.poll_id = p.id and c.at = (p.id + v) % ${CHOICES}
     order by p.created_at, v`,
    [polls, from, to],
  );
}
