// Merging one table and taking it back while the world goes on: foreign keys, triggers, other writers, and a killed connection.
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Fault } from '../../src/core/errors.ts';
import { mergeState } from '../../src/postgres/table/beside.ts';
import { mergeTable } from '../../src/postgres/table/merge.ts';
import { type Live, refusedWith, startTableWorld, type TableWorld } from './table-fixture.ts';

let world: TableWorld;
beforeAll(async () => {
  world = await startTableWorld();
});
afterAll(() => world.stop());

const LEDGER = `
  create table accounts (id int primary key, name text unique);
  create table entries (id serial primary key, account_id int not null references accounts, amount numeric not null, memo text);
  create table lines (id serial primary key, entry_id int not null references entries on delete cascade);
  create index on entries (account_id);
  insert into accounts select n, 'account ' || n from generate_series(1, 20) n;
  insert into entries (account_id, amount, memo) select 1 + n % 20, n, 'memo ' || n from generate_series(1, 2000) n;`;

/** A ledger of which a tenth of the entries was deleted and a tenth changed since its backup, which lies beside it. */
async function damaged(name: string, more = ''): Promise<Live> {
  const db = await world.database(name, LEDGER + more);
  const source = await db.backup();
  await db.query(`delete from entries where id % 10 = 0; update entries set memo = 'wrong' where id % 10 = 1`);
  await db.extract(source, 'entries');
  return db;
}

const purpose = 'holdfast op-12 test';
const which = (db: Live) => ({ table: 'entries', beside: db.beside, purpose });

/** A session that holds on to what `sql` locks, until it is let go. */
async function holding(db: Live, sql: string) {
  const client = new pg.Client({ connectionString: db.live.open() });
  client.on('error', () => {});
  await client.connect();
  await client.query(`begin; ${sql}`);
  return {
    async letGo() {
      await client.query('commit');
      await client.end();
    },
  };
}

async function untilWaiting(db: Live): Promise<void> {
  const end = Date.now() + 20_000;
  const sql = `select from pg_stat_activity where application_name = '${purpose}' and wait_event_type = 'Lock'`;
  while ((await db.query(sql)).length === 0) {
    if (Date.now() > end) throw new Error('the merge never waited');
    await sleep(20);
  }
}

describe('a merge', () => {
  it('is done and taken back where all tables are published', async () => {
    const db = await damaged('published', 'create publication everything for all tables;');
    const shown = await db.compare('entries');
    const before = await db.query('select * from entries order by id');
    const merged = await mergeTable(db.live, { ...which(db), mode: 'replace', shown });
    expect(merged).toMatchObject({ inserted: 200, updated: 200 });
    expect(await db.unmerge('entries')).toMatchObject({ deleted: 200, restored: 200 });
    expect(await db.query('select * from entries order by id')).toEqual(before);
  });

  it('writes what was shown although the application goes on inserting rows meanwhile', async () => {
    const db = await damaged('going_on');
    const before = await db.compare('entries');
    expect(before).toMatchObject({ live: 1800, backup: 2000, missing: 200, changed: 200, extra: 0 });
    let stop = false;
    let written = 0;
    const writer = (async () => {
      while (!stop) {
        await db.query(`insert into entries (account_id, amount, memo) values (1, 1, 'new')`);
        written += 1;
      }
    })();
    while (written < 3) await sleep(5);
    const merged = await mergeTable(db.live, { ...which(db), mode: 'replace', shown: before });
    stop = true;
    await writer;
    expect(merged).toMatchObject({ inserted: 200, updated: 200 });
    const [row] = await db.query(
      `select count(*)::int as all, count(*) filter (where memo = 'wrong')::int as wrong from entries`,
    );
    expect(row).toEqual({ all: 2000 + written, wrong: 0 });
  });

  it('refuses what is no longer what was shown, and changes nothing', async () => {
    const db = await damaged('drifted');
    const shown = await db.compare('entries');
    await db.query('delete from entries where id = 7');
    const said = await refusedWith(mergeTable(db.live, { ...which(db), mode: 'missing', shown }));
    expect(said).toBe(
      'table-drifted: public.entries is no longer what was shown: 201 rows missing, not 200. Nothing was changed. Ask again for a new comparison.',
    );
    await db.query(`insert into entries select 7, 8, 7, 'memo 7'; update entries set memo = 'theirs' where id = 8`);
    expect(await refusedWith(mergeTable(db.live, { ...which(db), mode: 'replace', shown }))).toMatch(
      /^table-drifted: .* 201 rows changed, not 200\./,
    );
    expect(await db.compare('entries')).toMatchObject({ missing: 200, changed: 201 });
    // What --missing does not touch may have changed.
    expect(await mergeTable(db.live, { ...which(db), mode: 'missing', shown })).toMatchObject({
      inserted: 200,
      updated: 0,
    });
  });

  it('asked for twice is done once', async () => {
    const db = await damaged('twice');
    const shown = await db.compare('entries');
    const once = await mergeTable(db.live, { ...which(db), mode: 'missing', shown });
    expect(await mergeTable(db.live, { ...which(db), mode: 'missing', shown })).toEqual(once);
    expect(await refusedWith(mergeTable(db.live, { ...which(db), mode: 'replace', shown }))).toMatch(/^already-merged/);
    expect(await mergeState(db.live, which(db))).toBe('merged');
  });

  it('gives up on a table that somebody else has locked, and says so', async () => {
    const db = await damaged('busy');
    const other = await holding(db, 'lock table entries in share row exclusive mode');
    expect(await refusedWith(db.merge('entries'))).toMatch(/^table-busy: entries is locked: .* Nothing was changed\.$/);
    await other.letGo();
    expect(await db.merge('entries')).toMatchObject({ inserted: 200 });
  });

  it('whose connection is killed in the middle leaves nothing, and can be done again', async () => {
    const db = await damaged('killed');
    const before = await db.rows('entries');
    const parent = await holding(db, 'select from accounts for update');
    const merge = db.merge('entries', 'replace').catch((error: unknown) => error);
    await untilWaiting(db);
    expect(await mergeState(db.live, which(db))).toBe('unclear');
    await db.query(`select pg_terminate_backend(pid) from pg_stat_activity where application_name = '${purpose}'`);
    expect(await merge).toBeInstanceOf(Fault);
    await parent.letGo();
    expect(await mergeState(db.live, which(db))).toBe('not_merged');
    expect(await db.rows('entries')).toEqual(before);
    expect(await db.query(`select from pg_class where relname in ('entries_before', 'entries_after')`)).toEqual([]);
    expect(await db.merge('entries', 'replace')).toMatchObject({ inserted: 200, updated: 200 });
  });

  it('of rows that a crash of the server has emptied is refused', async () => {
    const db = await damaged('emptied');
    await db.query('truncate holdfast_op_12.entries');
    expect(await refusedWith(db.compare('entries'))).toMatch(
      /^beside-lost: holdfast_op_12\.entries does not hold the 2,000 rows any more/,
    );
  });
});

describe('rows that need others', () => {
  it('are found before anybody is asked, and refused until the others are back', async () => {
    const db = await world.database('orphans', LEDGER);
    const source = await db.backup();
    await db.query('delete from entries where account_id in (3, 4); delete from accounts where id in (3, 4)');
    await db.extract(source, 'entries');
    const shown = await db.compare('entries');
    expect(shown.orphaned).toEqual([
      { parent: 'public.accounts', constraint: 'entries_account_id_fkey', missing: 200, changed: 0 },
    ]);
    expect(shown.says).toContain('The parents of 200 missing rows are gone from public.accounts.');
    expect(await refusedWith(db.merge('entries'))).toBe(
      'parents-gone: Rows that public.entries needs are gone: the parents of 200 rows of public.accounts. Restore public.accounts first, then ask again.',
    );
    await db.query(`insert into accounts values (3, 'account 3'), (4, 'account 4')`);
    expect(await db.merge('entries')).toMatchObject({ inserted: 200 });
  });

  it('of the same table come back together, the children with their parents', async () => {
    const db = await world.database(
      'tree',
      `create table t (id int primary key, parent int references t deferrable initially deferred);
       create function noted() returns trigger language plpgsql as $$ begin return new; end $$;
       create trigger notes after insert or update on t for each row execute function noted();
       insert into t select n, nullif(n / 2, 0) from generate_series(1, 100) n`,
    );
    const source = await db.backup();
    await db.query('delete from t where id > 10');
    await db.extract(source, 't');
    expect(await db.compare('t')).toMatchObject({ missing: 90, orphaned: [] });
    expect(await db.merge('t')).toMatchObject({ inserted: 90 });
    // 63 needs 31, which needs 15, which was inserted too.
    await db.query('insert into t values (1000, 63)');
    expect(await db.unmerge('t')).toMatchObject({ deleted: 87, left: { changed: 0, referenced: 3, gone: 0 } });
    expect((await db.query('select id from t where id > 10 order by id')).map(({ id }) => id)).toEqual([
      15, 31, 63, 1000,
    ]);
  });

  it('or whose unique value another row has by now, are found before, and refused', async () => {
    const db = await world.database('taken', LEDGER);
    const source = await db.backup();
    await db.query(
      `delete from entries where account_id = 5; delete from accounts where id = 5; insert into accounts values (99, 'account 5')`,
    );
    await db.extract(source, 'accounts');
    const shown = await db.compare('accounts');
    expect(shown.taken).toEqual([{ name: 'accounts_name_key', rows: 1 }]);
    expect(await refusedWith(db.merge('accounts'))).toMatch(
      /^unique-conflict: 1 row cannot be put back because of accounts_name_key/,
    );
  });

  it('that would change along with a changed one are found before, and refuse --replace', async () => {
    const db = await world.database(
      'cascading',
      `create table t (id int primary key, code text unique); create table child (code text references t (code) on update cascade);
       insert into t values (1, 'a'); insert into child values ('a')`,
    );
    const source = await db.backup();
    await db.query(`update t set code = 'b'`);
    await db.extract(source, 't');
    expect((await db.compare('t')).says).toContain(
      '1 changed row would change rows elsewhere too: child_code_fkey of public.child.',
    );
    expect(await refusedWith(db.merge('t', 'replace'))).toMatch(
      /^unique-conflict: .* child_code_fkey of public\.child/,
    );
  });

  it('by a rule that is new since the backup are refused, and nothing is changed', async () => {
    const db = await damaged('new_rule');
    await db.query('alter table entries add constraint not_ten check (amount <> 10)');
    expect(await refusedWith(db.merge('entries'))).toMatch(
      /^rows-do-not-fit: not_ten of entries refuses rows of the backup\. Nothing was changed\./,
    );
    expect(await mergeState(db.live, which(db))).toBe('not_merged');
  });
});

describe('a trigger', () => {
  const TRIGGERS = `
    create table outbox (mail text);
    create function send_mail() returns trigger language plpgsql as
      $$ begin insert into outbox values (tg_name || ' ' || tg_op); return coalesce(new, old); end $$;
    create function refuse() returns trigger language plpgsql as $$ begin return null; end $$;
    create trigger mails after insert or update or delete on entries for each row execute function send_mail();
    create trigger always_mails after insert or update on entries for each statement execute function send_mail();
    create trigger swallows before insert on entries for each row execute function refuse();
    create trigger was_off before insert on entries for each row execute function refuse();
    alter table entries disable trigger swallows; alter table entries enable always trigger always_mails;
    alter table entries disable trigger was_off;`;

  it('that would send mail does not fire, and all of them are afterwards as they were', async () => {
    const db = await damaged('mail', TRIGGERS);
    await db.query('alter table entries enable trigger swallows; truncate outbox');
    const states = () =>
      db.query(
        `select tgname, tgenabled from pg_trigger where tgrelid = 'entries'::regclass and not tgisinternal order by 1`,
      );
    const before = await states();
    expect(before.map(({ tgenabled }) => tgenabled)).toEqual(['A', 'O', 'O', 'D']);
    const shown = await db.compare('entries');
    expect(shown.says).toContain('Will not fire: 3 triggers (mails, always_mails and swallows).');
    expect(await db.merge('entries', 'replace')).toMatchObject({ inserted: 200, updated: 200 });
    expect(await db.unmerge('entries')).toMatchObject({ deleted: 200, restored: 200 });
    expect(await states()).toEqual(before);
    expect(await db.query('select * from outbox')).toEqual([]);
  });
});

describe('an undo', () => {
  it('takes back exactly what was merged, as often as it is asked', async () => {
    const db = await damaged('undone');
    const before = await db.rows('entries');
    await db.merge('entries', 'replace');
    const undone = await db.unmerge('entries');
    expect(undone).toEqual({
      deleted: 200,
      restored: 200,
      left: { changed: 0, referenced: 0, gone: 0 },
      says: '200 inserted rows of public.entries deleted, 200 changed rows put back.',
    });
    expect(await db.rows('entries')).toEqual(before);
    expect(await db.unmerge('entries')).toEqual(undone);
    expect(await mergeState(db.live, which(db))).toBe('undone');
    expect(await refusedWith(db.merge('entries', 'replace'))).toMatch(/^already-merged: .* and that was undone/);
  });

  it('leaves what others have changed, need or deleted since, and says so', async () => {
    const db = await damaged('undone_partly');
    await db.merge('entries', 'replace');
    await db.query(`
      update entries set memo = 'edited after the merge' where id in (10, 20, 1);
      insert into lines (entry_id) values (30), (30), (1999);
      delete from entries where id in (40, 11);
      insert into entries (account_id, amount) values (1, 5)`);
    const undone = await db.unmerge('entries');
    expect(undone).toMatchObject({ deleted: 196, restored: 198, left: { changed: 3, referenced: 1, gone: 2 } });
    expect(undone.says).toBe(
      '196 inserted rows of public.entries deleted, 198 changed rows put back. Left as they are: 3 rows changed by others since; 1 row that other rows need by now; 2 rows deleted since.',
    );
    expect(await db.query('select id, memo from entries where id % 10 = 0 or id in (1, 11) order by id')).toEqual([
      { id: 1, memo: 'edited after the merge' },
      { id: 10, memo: 'edited after the merge' },
      { id: 20, memo: 'edited after the merge' },
      { id: 30, memo: 'memo 30' },
    ]);
    expect(await db.query('select count(*)::int as lines from lines')).toEqual([{ lines: 3 }]);
    expect(await db.query('select count(*)::int as new from entries where id > 2000')).toEqual([{ new: 1 }]);
  });

  it('works after a migration has added and dropped a column', async () => {
    const db = await damaged('undone_migrated');
    await db.merge('entries', 'replace');
    await db.query(`alter table entries drop column amount; alter table entries add added int default 3`);
    expect(await db.unmerge('entries')).toMatchObject({ deleted: 200, restored: 200 });
    expect(
      await db.query(`select count(*)::int as rows, count(*) filter (where memo = 'wrong')::int as wrong from entries`),
    ).toEqual([{ rows: 1800, wrong: 200 }]);
  });

  it('of nothing does nothing', async () => {
    const db = await damaged('undone_nothing');
    expect(await db.unmerge('entries')).toMatchObject({
      deleted: 0,
      restored: 0,
      says: 'Nothing was merged into public.entries.',
    });
    expect(await mergeState(db.live, which(db))).toBe('not_merged');
  });
});
