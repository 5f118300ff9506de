// A candidate becomes live: clients never read a wrong row, what is no part of a dump is carried over, and it can be undone.
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type PostgresServer, startPostgres } from '../../sandbox/servers/postgres.ts';
import { Secret } from '../../src/core/secret.ts';
import { activityOn, databaseFacts } from '../../src/postgres/database-facts.ts';
import { reversed, type Swap } from '../../src/postgres/swap/databases.ts';
import { dropPrevious } from '../../src/postgres/swap/drop-previous.ts';
import { promote, swapState } from '../../src/postgres/swap/promote.ts';
import { answerOf, ask, OLD, options, pairOf, poll, swapOf } from './swap-fixture.ts';

let server: PostgresServer;
let admin: Secret;
beforeAll(async () => {
  server = await startPostgres({ settings: { max_prepared_transactions: '5', wal_level: 'logical' } });
  admin = new Secret(server.url);
});
afterAll(() => server.stop());

const back = (swap: Swap): Swap => {
  const way = reversed(swap);
  if (way === null) throw new Error('no way back');
  return way;
};

describe('a promotion', () => {
  it('makes the candidate live and puts the old one aside, closed and marked', async () => {
    const swap = await pairOf(server, 'plain');
    const promoted = await promote(admin, swap, options);
    expect(promoted.identity).toBe(swap.identities.candidate);
    expect(promoted.unavailableMs).toBeGreaterThan(0);
    expect(await answerOf(server.urlOf('plain'))).toBe('new 300');
    expect(await answerOf(server.urlOf(swap.previous))).toContain('not currently accepting connections');
    expect(await swapState(admin, swap, options)).toBe('promoted');
    const aside = await databaseFacts(admin, swap.previous);
    expect(aside).toMatchObject({ identity: swap.identities.live, allowsConnections: false });
    expect(JSON.parse(aside?.comment ?? '')).toEqual({
      holdfast: 'previous',
      operation: 'op-41',
      replacedBy: swap.identities.candidate,
      at: expect.stringMatching(/^20\d\d-/),
      until: '2025-11-28T02:00:00.000Z',
    });
    expect(await databaseFacts(admin, swap.candidate)).toBeNull();
  });

  it('that happened already is not done again, and its way back neither', async () => {
    const swap = await pairOf(server, 'twice');
    await promote(admin, swap, options);
    expect(await promote(admin, swap, options)).toEqual({
      unavailableMs: null,
      endedSessions: null,
      identity: swap.identities.candidate,
    });
    const undone = await promote(admin, back(swap), options);
    expect(undone).toMatchObject({ identity: swap.identities.live, unavailableMs: expect.any(Number) });
    expect(await promote(admin, back(swap), options)).toMatchObject({ unavailableMs: null });
    expect(await answerOf(server.urlOf('twice'))).toBe('old 200');
    expect(await swapState(admin, swap, options)).toBe('not_promoted');
    // And forth again: the one that was put aside by the way back is a candidate as before.
    await promote(admin, swap, options);
    expect(await answerOf(server.urlOf('twice'))).toBe('new 300');
  });

  it('gives clients that poll and reconnect the old row, then the new one, and never another', async () => {
    const swap = await pairOf(server, 'polled');
    const poller = poll(server.urlOf('polled'));
    await poller.untilItSays('old 200');
    const there = await promote(admin, swap, options);
    await poller.untilItSays('new 300');
    const gap = poller.longestGap();
    const backAgain = await promote(admin, back(swap), options);
    await poller.untilItSays('old 200');
    await poller.stop();
    expect(poller.answers()).toEqual(['old 200', 'new 300', 'old 200']);
    expect(there.unavailableMs).toBeGreaterThan(0);
    expect(there.endedSessions).toBe(1);
    const told = [there, backAgain].map(({ unavailableMs }) => unavailableMs?.toFixed(1));
    process.stdout.write(`unavailable ${told[0]} ms, undo ${told[1]} ms; a client saw ${gap.toFixed(1)} ms\n`);
  });

  it('ends sessions that are in a long transaction, and what they wrote is not in the new one', async () => {
    const swap = await pairOf(server, 'busy');
    const client = new pg.Client({ connectionString: server.urlOf('busy') });
    client.on('error', () => {});
    await client.connect();
    await client.query("begin; insert into entries values (0, 'late'); lock table entries");
    const promoted = await promote(admin, swap, options);
    expect(promoted.endedSessions).toBe(1);
    await expect(client.query('commit')).rejects.toThrow();
    expect(await answerOf(server.urlOf('busy'))).toBe('new 300');
  });

  it('gets past a crowd that reconnects in a tight loop', async () => {
    const swap = await pairOf(server, 'crowd');
    let crowding = true;
    const crowd = Array.from({ length: 6 }, async () => {
      while (crowding) await answerOf(server.urlOf('crowd')).then(() => sleep(0));
    });
    await sleep(300);
    const there = await promote(admin, swap, options);
    const backAgain = await promote(admin, back(swap), options);
    crowding = false;
    await Promise.all(crowd);
    expect(await answerOf(server.urlOf('crowd'))).toBe('old 200');
    const told = [there, backAgain].map(({ unavailableMs }) => unavailableMs?.toFixed(1));
    process.stdout.write(`in a crowd: unavailable ${told[0]} ms, undo ${told[1]} ms\n`);
  });

  it('refuses connections instead of holding them back, where a long transaction has the catalog locked', async () => {
    const swap = await pairOf(server, 'catalog');
    const client = new pg.Client({ connectionString: server.url });
    await client.connect();
    await client.query('begin; select count(*) from pg_database');
    const promoted = await promote(admin, swap, options);
    await client.end();
    expect(promoted.unavailableMs).toBeGreaterThan(0);
    expect(await answerOf(server.urlOf('catalog'))).toBe('new 300');
  });

  it('carries over owner, grants, settings and connection limit, there and back', async () => {
    const swap = await pairOf(server, 'traits');
    await ask(
      server.url,
      `create role clerk login; create role "Read Only" login; create role owner_of_traits;
       alter database traits owner to owner_of_traits; alter database traits connection limit 70;
       revoke all on database traits from public;
       grant connect on database traits to clerk; grant connect, temporary on database traits to "Read Only" with grant option;
       grant create on database traits_candidate to clerk; alter database traits_candidate set work_mem = '1GB';
       alter database traits set search_path = "$user", billing, public; alter database traits set timezone = 'Europe/Berlin';
       alter database traits set app.motto = 'it''s, "so"'; alter database traits set statement_timeout = '1ms';
       alter role clerk in database traits set lock_timeout = '3s'; comment on database traits is 'the books'`,
    );
    const traits = `select pg_get_userbyid(datdba) as owner, datconnlimit, shobj_description(oid, 'pg_database') as comment,
       (select array_agg(a::text order by a::text) from unnest(datacl) a) as acl,
       (select json_agg(json_build_array(setrole::regrole, (select array_agg(c order by c) from unnest(setconfig) c)) order by setrole)
          from pg_db_role_setting where setdatabase = d.oid) as settings
       from pg_database d where datname = 'traits'`;
    const before = await ask(server.url, traits);
    await promote(admin, swap, options);
    expect(await ask(server.url, traits)).toEqual(before);
    await promote(admin, back(swap), options);
    expect(await ask(server.url, traits)).toEqual(before);
    // A millisecond is the database's own setting, and too short on a busy machine: whether a clerk comes in is asked without.
    const patiently = `${server.urlOf('traits', 'clerk')}?options=${encodeURIComponent('-c statement_timeout=0')}`;
    await expect(ask(patiently, 'select 1')).resolves.toHaveLength(1);
  });

  it('renames only the candidate when the live one was lost', async () => {
    await pairOf(server, 'lost');
    await ask(server.url, 'drop database lost');
    const swap = await swapOf(server, 'lost');
    expect(swap.identities.live).toBeNull();
    expect(await swapState(admin, swap, options)).toBe('not_promoted');
    await promote(admin, swap, options);
    expect(await answerOf(server.urlOf('lost'))).toBe('new 300');
    expect(await databaseFacts(admin, swap.previous)).toBeNull();
    expect(await swapState(admin, swap, options)).toBe('promoted');
  });

  it('takes the place of a live one that takes no connections', async () => {
    const swap = await pairOf(server, 'shut');
    await ask(server.url, 'alter database shut allow_connections false');
    await promote(admin, swap, options);
    expect(await answerOf(server.urlOf('shut'))).toBe('new 300');
  });
});

describe('a promotion is refused with everything untouched', () => {
  const untouched = async (swap: Swap, why: string | RegExp) => {
    const fenced = { ...options, fence: () => Promise.reject(new Error('it came as far as the fence')) };
    await expect(promote(admin, swap, fenced)).rejects.toThrow(why);
    expect((await databaseFacts(admin, swap.live))?.allowsConnections).toBe(true);
  };

  it('when live or candidate are others than planned', async () => {
    const swap = await pairOf(server, 'other');
    const { identities } = swap;
    await untouched({ ...swap, identities: { ...identities, live: '1/1' } }, 'other is not the database it was');
    await untouched({ ...swap, identities: { ...identities, live: null } }, 'other exists again');
    await untouched(
      { ...swap, identities: { ...identities, candidate: '1/1' } },
      'other_candidate is not the database that was checked',
    );
    await untouched({ ...swap, previous: 'postgres' }, 'There is a database postgres already');
    await untouched({ ...swap, previous: 'other' }, 'not different');
    expect(await answerOf(server.urlOf('other'))).toBe('old 200');
  });

  it('a second time with another candidate, planned before the first', async () => {
    const first = await pairOf(server, 'race');
    await ask(server.url, 'create database race_late template race_candidate');
    const late = { ...first, candidate: 'race_late', previous: 'race_before_op_42' };
    const second = {
      ...late,
      identities: { ...first.identities, candidate: (await databaseFacts(admin, 'race_late'))?.identity ?? '' },
    };
    await promote(admin, first, options);
    await untouched(second, 'race is not the database it was');
    expect(await swapState(admin, second, options)).toBe('unclear');
  });

  it('while a prepared transaction, a slot or a template would be left behind', async () => {
    const swap = await pairOf(server, 'held');
    await ask(server.urlOf('held'), "begin; insert into entries values (0, 'x'); prepare transaction 'half done'");
    await untouched(swap, 'prepared transaction half done of held');
    await ask(server.urlOf('held'), "rollback prepared 'half done'");
    await ask(server.urlOf('held'), "select pg_create_logical_replication_slot('feed', 'pgoutput')");
    await untouched(swap, 'replication slot feed of held');
    await ask(server.url, "select pg_drop_replication_slot('feed')");
    await ask(server.url, 'alter database held_candidate is_template true');
    await untouched(swap, 'held_candidate is marked as a template');
    await ask(server.url, 'alter database held_candidate is_template false');
    await promote(admin, swap, options);
  });

  it('to a role that may not rename, or may not end the sessions of a superuser', async () => {
    const swap = await pairOf(server, 'humble');
    await ask(server.url, 'create role humble_owner login');
    const humble = new Secret(server.urlOf('postgres', 'humble_owner'));
    await expect(promote(humble, swap, options)).rejects.toThrow('Role humble_owner may not rename');
    await ask(
      server.url,
      `alter role humble_owner createdb; alter database humble owner to humble_owner;
       alter database humble_candidate owner to humble_owner`,
    );
    const root = new pg.Client({ connectionString: server.urlOf('humble'), application_name: 'psql' });
    root.on('error', () => {});
    await root.connect();
    await expect(promote(humble, swap, options)).rejects.toThrow('may not end 1 session of postgres (psql)');
    await root.end();
    await sleep(100);
    await promote(humble, swap, options);
    expect(await answerOf(server.urlOf('humble', 'postgres'))).toBe('new 300');
  });

  it('when the fence falls, and nothing is begun behind an aborted signal', async () => {
    const swap = await pairOf(server, 'fenced');
    const lost = { ...options, fence: () => Promise.reject(new Error('the lease is lost')) };
    await expect(promote(admin, swap, lost)).rejects.toThrow('the lease is lost');
    const fences = [async () => {}, () => Promise.reject(new Error('late'))];
    const late = { ...options, fence: async () => await fences.shift()?.() };
    await expect(promote(admin, swap, late)).rejects.toThrow('late');
    const aborted = { ...options, signal: AbortSignal.abort(new Error('stopped')) };
    await expect(promote(admin, swap, aborted)).rejects.toThrow('stopped');
    expect(await answerOf(server.urlOf('fenced'))).toBe('old 200');
    expect((await databaseFacts(admin, swap.candidate))?.allowsConnections).toBe(true);
  });
});

describe('a session that does not end', () => {
  it('makes it give up after a while, and the live one is open again', async () => {
    const swap = await pairOf(server, 'stuck');
    const client = new pg.Client({ connectionString: server.urlOf('stuck') });
    client.on('error', () => {});
    await client.connect();
    const { rows } = await client.query<{ pid: number }>('select pg_backend_pid() as pid');
    const pid = Number(rows[0]?.pid);
    // Stopped by the system, it hears no signal of PostgreSQL.
    process.kill(pid, 'SIGSTOP');
    try {
      await expect(promote(admin, swap, options)).rejects.toThrow(/could not be ended within 3 s/);
      expect((await databaseFacts(admin, 'stuck'))?.allowsConnections).toBe(true);
      expect((await databaseFacts(admin, swap.candidate))?.allowsConnections).toBe(true);
      expect(await swapState(admin, swap, options)).toBe('not_promoted');
    } finally {
      process.kill(pid, 'SIGCONT');
    }
    await promote(admin, swap, options);
    expect(await answerOf(server.urlOf('stuck'))).toBe('new 300');
  });
});

describe('the database put aside', () => {
  it('is dropped by its identity, and once', async () => {
    const swap = await pairOf(server, 'spent');
    await promote(admin, swap, options);
    const aside = { name: swap.previous, identity: swap.identities.live ?? '' };
    expect(await dropPrevious(admin, aside, options)).toBe(true);
    expect(await dropPrevious(admin, aside, options)).toBe(false);
    expect(await swapState(admin, swap, options)).toBe('promoted');
  });

  it('is not dropped when it is live, another one, open, or without the mark', async () => {
    const swap = await pairOf(server, 'kept');
    const drop = (name: string, identity: string | null) =>
      dropPrevious(admin, { name, identity: identity ?? '' }, options);
    await expect(drop('kept', swap.identities.live)).rejects.toThrow('it takes connections');
    await promote(admin, swap, options);
    await expect(drop(swap.previous, swap.identities.candidate)).rejects.toThrow(`not ${swap.identities.candidate}`);
    await ask(server.url, `comment on database ${swap.previous} is null`);
    await expect(drop(swap.previous, swap.identities.live)).rejects.toThrow('not marked');
    expect(await databaseFacts(admin, swap.previous)).not.toBeNull();
  });
});

describe('the facts of a database', () => {
  it('are read without connecting to it, and are null when there is none', async () => {
    await pairOf(server, 'facts');
    const facts = await databaseFacts(new Secret(server.urlOf('facts')), 'facts');
    expect(facts).toMatchObject({ owner: 'postgres', allowsConnections: true, sessions: 0, comment: null });
    expect(facts?.identity).toMatch(/^\d{19}\/\d+$/);
    expect(facts?.serverVersion).toMatch(/^\d+(\.\d+)*$/);
    expect(facts?.bytes).toBeGreaterThan(1_000_000);
    expect(await databaseFacts(new Secret(server.urlOf('nowhere')), 'nowhere')).toBeNull();
  });

  it('tell dumps and loads of others, and not our own', async () => {
    const { live } = await pairOf(server, 'worked');
    const as = async (name: string, sql: string) => {
      const client = new pg.Client({ connectionString: server.urlOf(live), application_name: name });
      await client.connect();
      await client.query(sql);
      return client;
    };
    const clients = [
      await as('pg_dump', 'select 1'),
      await as('pg_restore', 'select 1'),
      await as('holdfast op-9 s1', 'select 1'),
      await as('holdfast op-41 s1', 'select 1'),
      await as('psql', `select ${OLD}`),
      await as('rails', 'select 1'),
    ];
    const told = await activityOn(admin, live, { mine: 'holdfast op-41' });
    expect(told.map(({ is, text }) => `${is}: ${text.replace(/\d\d:\d\d UTC/, 'now')}`)).toEqual([
      'backup: backup by pg_dump of postgres, started now',
      'restore: restore by pg_restore of postgres, started now',
      'restore: restore by holdfast op-9 s1 of postgres, started now',
    ]);
    for (const client of clients) await client.end();
  });
});
