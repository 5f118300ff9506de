// Reading databases that we protect: bounded, read-only by the server's word, exact, and honest about what failed.
import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import { inspect } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Proof } from '../../src/core/facts.ts';
import { Secret } from '../../src/core/secret.ts';
import { type DatabaseOptions, withDatabase } from '../../src/postgres/connect.ts';
import { checkData } from '../../src/postgres/integrity.ts';
import { survey } from '../../src/postgres/survey.ts';
import { recreated, tableIdentities } from '../../src/postgres/table-identities.ts';
import { type Ledger, ledger, startLedger } from './postgres-fixture.ts';

let db: Ledger;
beforeAll(async () => {
  db = await startLedger();
});
afterAll(() => db.stop());

const reading: DatabaseOptions = { readOnly: true, purpose: 'holdfast test', timeoutSeconds: 5 };
const proof: Proof = {
  system: 'grayledger',
  backup: 'a001',
  operation: 'op-12',
  at: '2025-11-21T03:00:00.000Z',
  seconds: 12,
  tables: { accounts: 50, entries: 4280, 'billing.invoices': 7 },
};

describe('a connection', () => {
  it('that only reads is refused every write by the server itself', async () => {
    const write = withDatabase(db.url, reading, (query) => query("insert into accounts values (999, 'x')"));
    await expect(write).rejects.toThrow('cannot execute INSERT in a read-only transaction');
    expect(await db.query('select 1 from accounts where id = 999')).toEqual([]);
  });

  it('that may write does', async () => {
    await withDatabase(db.url, { ...reading, readOnly: false }, (query) => query('create table made (id int)'));
    expect(await db.query("select to_regclass('made') is not null as made")).toEqual([{ made: true }]);
  });

  it('shows others who is at work', async () => {
    const asked = withDatabase(db.url, { ...reading, purpose: 'holdfast op-41 s3' }, (query) =>
      query('select application_name as name from pg_stat_activity where pid = pg_backend_pid()'),
    );
    expect(await asked).toEqual([{ name: 'holdfast op-41 s3' }]);
  });

  it('ends a statement that takes too long', async () => {
    const asked = withDatabase(db.url, { ...reading, timeoutSeconds: 0.2 }, (query) => query('select pg_sleep(30)'));
    await expect(asked).rejects.toThrow('statement timeout');
  });

  it('is given up on abort, with the reason of the abort', async () => {
    const asked = withDatabase(db.url, { ...reading, signal: AbortSignal.timeout(200) }, (query) =>
      query('select pg_sleep(30)'),
    );
    await expect(asked).rejects.toThrow('aborted due to timeout');
  });

  it('that the server cuts rejects and does not end the process', async () => {
    const asked = withDatabase(db.url, reading, async (query) => {
      const [me] = await query<{ pid: number }>('select pg_backend_pid() as pid');
      await db.query(`select pg_terminate_backend(${me?.pid})`);
      await new Promise((resolve) => setTimeout(resolve, 100));
      return await query('select 1');
    });
    await expect(asked).rejects.toThrow();
  });

  it('that cannot be made is a Fault without the password', async () => {
    const nobody = new Secret('postgres://u:hunter2@127.0.0.1:1/x');
    const thrown: unknown = await withDatabase(nobody, reading, async () => {}).catch((error: unknown) => error);
    expect(String(thrown)).toMatch(/^Fault: while connecting to the database: connect ECONNREFUSED/);
    expect(inspect(thrown, { depth: 9, showHidden: true })).not.toContain('hunter2');
  });

  it('with a string that is no URL is a Fault without that string', async () => {
    const nonsense = new Secret('postgres://u:hunter2@[/x');
    const thrown: unknown = await withDatabase(nonsense, reading, async () => {}).catch((error: unknown) => error);
    expect(String(thrown)).toBe('Fault: while reading a connection string: it is not a URL');
    expect(inspect(thrown, { depth: 9, showHidden: true })).not.toContain('hunter2');
  });

  it('asks for TLS away from this machine, and not on it, unless sslmode says otherwise', async () => {
    const TLS = 80877103;
    const first = async (host: string, suffix = '') => {
      const codes: number[] = [];
      const listener = createServer((socket) =>
        socket.once('data', (data) => {
          codes.push(data.readInt32BE(4));
          socket.destroy();
        }),
      ).listen(0, '0.0.0.0');
      await once(listener, 'listening');
      const { port } = listener.address() as AddressInfo;
      await withDatabase(new Secret(`postgres://u@${host}:${port}/x${suffix}`), reading, async () => {}).catch(
        () => {},
      );
      listener.close();
      return codes[0] === TLS ? 'tls' : 'plain';
    };
    // The system takes 0.0.0.0 for itself, while it is no loopback name.
    expect(await first('0.0.0.0')).toBe('tls');
    expect(await first('0.0.0.0', '?sslmode=disable')).toBe('plain');
    expect(await first('127.0.0.1')).toBe('plain');
    expect(await first('localhost')).toBe('plain');
    expect(await first('127.0.0.1', '?sslmode=require')).toBe('tls');
    expect(await first('127.0.0.1', '?sslmode=verify-full')).toBe('tls');
  });
});

describe('a survey', () => {
  it('counts every table exactly, and the rows written since a moment in UTC', async () => {
    const counted = await survey(db.url, { ...ledger, since: '2025-11-20T10:00:00.000Z' });
    expect(counted).toEqual({
      tables: {
        accounts: { rows: 50, writtenSince: null },
        entries: { rows: 4280, writtenSince: 3681 },
        'billing.invoices': { rows: 7, writtenSince: null },
      },
      migrations: ['20241201120000', '20250102000000'],
    });
  });

  it('fails naming a table that is not there', async () => {
    const tables = [...ledger.tables, { name: 'missing', atLeast: 1 }];
    await expect(survey(db.url, { tables, since: null })).rejects.toThrow(
      'while counting the rows of table missing: relation "missing" does not exist',
    );
  });

  it('fails naming a migrations table that is not there', async () => {
    const migrations = { table: 'nowhere', column: 'version' };
    await expect(survey(db.url, { ...ledger, migrations, since: null })).rejects.toThrow('table nowhere');
  });
});

describe('the checks of data', () => {
  it('pass on good data, with figures', async () => {
    expect(await checkData(db.url, ledger, null)).toEqual({
      checks: [
        { name: 'accounts', status: 'pass', figure: '50 rows' },
        { name: 'entries', status: 'pass', figure: '4,280 rows' },
        { name: 'billing.invoices', status: 'pass', figure: '7 rows' },
        { name: 'orphaned entries', status: 'pass', figure: '0 (must be 0)' },
        { name: 'sum of all amounts', status: 'pass', figure: '9,161,340 (must be at least 1)' },
      ],
      tables: { accounts: 50, entries: 4280, 'billing.invoices': 7 },
    });
  });

  it('fail where rows are too few, an invariant is broken, or the database does not answer, and go on', async () => {
    const equals = (sql: string) => ({ name: sql, sql, expect: { equals: 0 } });
    const { checks, tables } = await checkData(
      db.url,
      {
        tables: [
          { name: 'entries', atLeast: 5000 },
          { name: 'missing', atLeast: 1 },
          { name: 'accounts', atLeast: 1 },
        ],
        invariants: [
          equals('select 3'),
          equals('select 1/0'),
          equals('select null::int'),
          equals('select 1 where false'),
          equals("select 'x'"),
          equals('select 0, 1'),
          equals('select n from generate_series(0, 1) n'),
          equals('select 0'),
        ],
      },
      null,
    );
    expect(checks.map(({ status, figure }) => `${status} ${figure}`)).toEqual([
      'fail 4,280 rows, at least 5,000 expected',
      'fail not counted: relation "missing" does not exist',
      'pass 50 rows',
      'fail 3 (must be 0)',
      'fail no answer: division by zero (must be 0)',
      'fail no answer: it did not answer with a number (must be 0)',
      'fail no answer: it did not answer with a number (must be 0)',
      'fail no answer: it did not answer with a number (must be 0)',
      'fail no answer: subquery must return only one column (must be 0)',
      'fail no answer: more than one row returned by a subquery used as an expression (must be 0)',
      'pass 0 (must be 0)',
    ]);
    expect(tables).toEqual({ entries: 4280, accounts: 50 });
  });

  it('let no invariant write, not even through a function', async () => {
    await db.query(
      "create function sneak() returns int language sql as 'insert into accounts values (998) returning 1'",
    );
    const invariants = [{ name: 'sneak', sql: 'select sneak()', expect: { equals: 1 } }];
    const { checks } = await checkData(db.url, { tables: [], invariants }, null);
    expect(checks[0]?.figure).toContain('read-only transaction');
    expect(await db.query('select 1 from accounts where id = 998')).toEqual([]);
  });

  it('compare the counts with a proof exactly', async () => {
    const same = await checkData(db.url, ledger, proof);
    expect(same.checks[1]).toEqual({ name: 'entries', status: 'pass', figure: '4,280 rows, as proven in op-12' });
    const more = await checkData(db.url, ledger, { ...proof, tables: { ...proof.tables, entries: 4290 } });
    expect(more.checks[1]).toEqual({
      name: 'entries',
      status: 'fail',
      figure: '4,280 rows, but 4,290 when a001 was proven in op-12 (10 fewer)',
    });
  });

  it('are a Fault when there is no database to check', async () => {
    await expect(checkData(new Secret(db.server.urlOf('nowhere')), ledger, null)).rejects.toThrow(
      'while connecting to the database: database "nowhere" does not exist',
    );
  });

  it('are a Fault when the connection breaks in between', async () => {
    const invariants = [
      { name: 'suicide', sql: 'select pg_terminate_backend(pg_backend_pid())::int', expect: { min: 0 } },
    ];
    await expect(checkData(db.url, { tables: [], invariants }, null)).rejects.toThrow();
  });
});

describe('the identity of tables', () => {
  const names = ['accounts', 'billing.invoices', 'missing'];

  it('stays while rows change, and a table that is not there has none', async () => {
    const before = await tableIdentities(db.url, names);
    await db.query('delete from billing.invoices; insert into billing.invoices values (1, 1)');
    const after = await tableIdentities(db.url, names);
    expect(Object.keys(before)).toEqual(['accounts', 'billing.invoices']);
    expect(recreated(before, after)).toBe(false);
  });

  it('changes with a restore that recreates them', async () => {
    const before = await tableIdentities(db.url, ['billing.invoices']);
    await db.query('drop table billing.invoices; create table billing.invoices (id int primary key, total int)');
    expect(recreated(before, await tableIdentities(db.url, ['billing.invoices']))).toBe(true);
  });
});
