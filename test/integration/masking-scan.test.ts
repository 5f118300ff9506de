// The scan for what is left (B16): it finds whatever was planted, by its shape and by the source values, and tells no value.
import { createReadStream } from 'node:fs';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Check } from '../../src/core/check.ts';
import { Masking } from '../../src/core/system.ts';
import { archiveSources } from '../../src/postgres/masking/sources.ts';
import { type Staging, startStaging } from './masking-fixture.ts';

let here: Staging;
let template: string;
let candidate: string;
let serial = 0;
beforeAll(async () => {
  here = await startStaging();
  template = await here.load();
  await here.ask(
    'create table plain (id int, body text); alter table plain owner to loader; insert into plain select n, md5(n::text) from generate_series(1, 3000) n',
    template,
  );
});
afterAll(() => here.stop());
beforeEach(async () => {
  serial += 1;
  candidate = `scanned_${serial}`;
  await here.ask(`create database ${candidate} template ${template} owner loader`, 'postgres');
});
afterEach(() => here.ask(`drop database ${candidate}`, 'postgres'));

const failed = (checks: readonly Check[]) =>
  Object.fromEntries(checks.flatMap(({ name, status, figure }) => (status === 'pass' ? [] : [[name, figure]])));

describe('the scan', () => {
  it('finds nothing in a masked candidate, says what it has looked at, and leaves nothing behind', async () => {
    const { checks, leaks } = await here.scan(candidate);
    expect(failed(checks)).toEqual({});
    expect(leaks).toBe(0);
    expect(checks.map(({ name, figure }) => `${name}: ${figure}`)).toEqual([
      expect.stringMatching(/^masked columns: 18 columns of 7 tables hold only what their rules write \(2,214 rows\)$/),
      'emptied tables: 1 table without a row',
      'completeness of the scan: all rows of the masked tables were compared',
      'e-mail addresses: none in 11 text columns of 6 tables; left out by the system file: settings.sender',
      ...['phone numbers', 'card numbers', 'IBANs', 'signed tokens (JWT)', 'keys of known services'].map((name) =>
        expect.stringContaining(`${name}: none in`),
      ),
      expect.stringMatching(
        /^values of masked columns: none of \d,\d{3} values from the backup \(left out: shorter than 4 characters; crm.members.photo and api_keys.expires, which are no text\)/,
      ),
    ]);
    expect(await here.ask("select from pg_namespace where nspname like 'holdfast%'", candidate)).toEqual([]);
  });

  it.each([
    ['in another table', "update plain set body = 'Annabel7 Kellerhals7' where id = 5", 'plain.body'],
    ['in other letters', "update plain set body = 'ANNABEL.kellerhals7@FIRMA.ch' where id = 5", 'plain.body'],
    [
      'within a longer text',
      "update plain set body = 'write to <annabel.kellerhals8@firma.ch> soon' where id = 5",
      'plain.body',
    ],
    [
      'among the words of a letter',
      "update plain set body = 'Dear Mrs Annabel7 Kellerhals7, welcome' where id = 5",
      'plain.body',
    ],
    [
      'as a number written otherwise',
      "update plain set body = 'call 0041795550011 or 41 79 555 00 09 now' where id = 5",
      'plain.body',
    ],
    ['in json', `update settings set doc = '{"a": [{"b": "Quirin9 Zumthor9"}]}'`, 'settings.doc'],
    [
      'in an array',
      "alter table plain add more text[]; update plain set more = '{x,Zumthor,Quirin9 Zumthor9}' where id = 5",
      'plain.more',
    ],
    [
      'in bytes',
      "alter table plain add raw bytea; update plain set raw = 'Annabel7 Kellerhals7' where id = 5",
      'plain.raw',
    ],
    [
      'in a composite type',
      "create type pair as (a text, b text); alter table plain add pair pair; update plain set pair = row('x', 'quirin.zumthor9@mail.ch') where id = 5",
      'plain.pair',
    ],
    [
      'in another schema',
      "create schema x; grant usage on schema x to loader; create table x.copy as select 'session' as a, md5('token5')::uuid as b; grant select on x.copy to loader",
      'x.copy.b',
    ],
    [
      'in a materialised view',
      "create materialized view seen as select 'remark 8 on Annabel8' as a; grant select on seen to loader",
      'seen.a',
    ],
    ['out of masked json', "update plain set body = 'one77' where id = 5", 'plain.body'],
    [
      'in a large object',
      "select lo_from_bytea(0, 'Annabel7 Kellerhals7'); grant select on large object LOID to loader",
      'large objects',
    ],
  ])('finds a source value %s', async (_where, plant, place) => {
    await plantIn(candidate, plant);
    const { checks, leaks } = await here.scan(candidate);
    expect(failed(checks)['values of masked columns']).toContain(`${place}: 1 value`);
    expect(leaks).toBeGreaterThan(0);
  });

  it.each([
    ['e-mail addresses', 'mail zoe.new@elsewhere.org today'],
    ['phone numbers', 'her number is +44 20 7946 0958'],
    ['phone numbers', 'call (415) 555-0132'],
    ['card numbers', 'paid with 4111 1111 1111 1111'],
    ['IBANs', 'to CH93 0076 2011 6238 5295 7 please'],
    ['signed tokens (JWT)', 'Bearer eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0NTY3ODkwIn0.dozjgNryP4J3jVmNHl0w5N_XgL0n3I9P'],
    ['keys of known services', 'AKIAIOSFODNN7EXAMPLE'],
  ])('finds %s that the backup never had in a masked column', async (name, text) => {
    await here.ask(`update plain set body = '${text}' where id in (3, 4)`, candidate);
    await here.ask(`update settings set doc = '{"deep": ["${text}"]}'`, candidate);
    const { checks, leaks } = await here.scan(candidate);
    expect(failed(checks)).toEqual({ [name]: 'plain.body: 2 values, settings.doc: 1 value' });
    expect(leaks).toBe(3);
  });

  it.each([
    'test-12@example.com',
    '+10000004711',
    'Test Customer 4111111111111111',
    'support@example.com',
    'order 4111 1111 1111 1112',
    'CH93 0076 2011 6238 5295 8',
    '2025-11-20 10:00:00+0000',
    '550e8400-e29b-41d4-a716-446655440000',
  ])('takes "%s" for nobody’s data', async (text) => {
    await here.ask(`update plain set body = '${text}' where id = 3`, candidate);
    expect(failed((await here.scan(candidate)).checks)).toEqual({});
  });

  it('tells counts and columns, never a value', async () => {
    await here.ask(
      "update plain set body = 'Annabel7 Kellerhals7 annabel.kellerhals7@firma.ch +41795550007'",
      candidate,
    );
    // With statistics, a value that many rows share is looked at once; it counts as often as it stands there.
    await here.ask('analyze plain', candidate);
    const report = JSON.stringify(await here.scan(candidate));
    expect(report).toContain('plain.body: 3,000 values');
    expect(report).not.toMatch(/annabel|kellerhals|firma|4179|5550007/i);
  });

  it('finds a value that a masked column has kept, and rows that an emptied table has', async () => {
    await here.ask("update customers set phone = '+4179' || id where id < 4", candidate);
    await here.ask("insert into sessions values ('session-of-9', null)", candidate);
    const { checks, leaks } = await here.scan(candidate);
    expect(failed(checks)).toMatchObject({
      'masked columns': 'customers.phone: 3 values not as the rule writes them',
      'emptied tables': 'sessions still has 1 row',
    });
    expect(leaks).toBeGreaterThanOrEqual(4);
  });

  it('does not believe itself when rows of a masked table were not compared', async () => {
    await here.ask('delete from letters where id = 1', candidate);
    const { checks, leaks } = await here.scan(candidate);
    expect(failed(checks)).toEqual({
      'completeness of the scan': 'letters: 601 rows in the backup, 600 rows in the candidate',
    });
    expect(leaks).toBe(1);
  });

  it('fails on a table that it may not read', async () => {
    await here.ask("create table secret (a text); insert into secret values ('x')", candidate);
    expect(failed((await here.scan(candidate)).checks)).toEqual({
      'completeness of the scan': 'secret cannot be read',
    });
  });

  it('sees rows that row-level security hides from their owner', async () => {
    await here.ask(
      `alter table plain enable row level security; alter table plain force row level security;
       update plain set body = 'Annabel7 Kellerhals7' where id = 5`,
      candidate,
    );
    const { checks } = await here.scan(candidate);
    expect(failed(checks)).toEqual({ 'values of masked columns': 'plain.body: 1 value' });
    expect(await here.ask("select relforcerowsecurity from pg_class where relname = 'plain'", candidate)).toEqual([
      { relforcerowsecurity: true },
    ]);
  });

  it('leaves common words of free text out, and says so', async () => {
    const masking = Masking.parse({ columns: [{ table: 'plain', column: 'body', as: 'text' }] });
    const { production } = here;
    await here.ask('create database words', 'postgres', production);
    await here.ask(
      `create table plain (id int, body text);
       insert into plain select n, case when n % 2 = 0 then 'sent to customer' else 'remark ' || n end from generate_series(1, 60) n;`,
      'words',
      production,
    );
    const file = await here.dump('words.dump', ['-Fc'], 'words');
    const name = await here.load({ file, masking });
    await here.ask(
      "create table states (state text); insert into states values ('sent to customer'), ('remark 7')",
      name,
    );
    await here.ask('grant select on states to loader', name);
    const { checks } = await here.scan(name, { masking, sources: here.sources(file) });
    expect(failed(checks)).toEqual({ 'values of masked columns': 'states.state: 1 value' });
    await here.ask("delete from states where state = 'remark 7'", name);
    const { checks: then } = await here.scan(name, { masking, sources: here.sources(file) });
    expect(then.at(-1)?.figure).toContain('1 text that many rows have');
  });

  it('reads the source values of a plain dump too', async () => {
    const file = await here.dump('shop.sql', []);
    const { signal } = new AbortController();
    const sources = archiveSources(
      { is: 'sql', sql: async () => createReadStream(file, { highWaterMark: 777 }), close: async () => {} },
      { path: '/usr/bin:/bin', workDir: here.dir, signal },
    );
    await here.ask("update plain set body = 'Visitor Rosalind8' where id = 5", candidate);
    expect(failed((await here.scan(candidate, { sources })).checks)).toEqual({
      'values of masked columns': 'plain.body: 1 value',
    });
  });

  it('is not led astray by functions of the archive', async () => {
    await here.ask(
      `create function public.lower(text) returns text language sql as $$ select 'nothing' $$;
       create function public.hashtextextended(text, bigint) returns bigint language sql as $$ select 0::bigint $$;
       update plain set body = 'Annabel7 Kellerhals7' where id = 5;
       alter role loader set search_path = public, pg_catalog`,
      candidate,
    );
    try {
      expect(failed((await here.scan(candidate)).checks)).toEqual({
        'values of masked columns': 'plain.body: 1 value',
      });
    } finally {
      await here.ask('alter role loader reset search_path', 'postgres');
    }
  });
});

async function plantIn(database: string, sql: string): Promise<void> {
  const [first = '', ...rest] = sql.split('; ');
  const [row] = await here.ask(first, database);
  const oid = String(row?.['lo_from_bytea'] ?? '');
  for (const each of rest) await here.ask(each.replace('LOID', oid), database);
}
