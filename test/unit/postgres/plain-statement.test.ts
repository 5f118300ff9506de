// What a statement of a dump means for loading it, told from its skeleton alone.
import { describe, expect, it } from 'vitest';
import { sortEntries } from '../../../src/postgres/candidate/archive-entries.ts';
import { withoutRows } from '../../../src/postgres/candidate/lane.ts';
import { kindOf, nameOf, rolesIn } from '../../../src/postgres/candidate/plain-statement.ts';

const kinds: readonly [sql: string, kind: object][] = [
  ['ALTER TABLE public.t OWNER TO app;', { is: 'skipped' }],
  ['ALTER FUNCTION public.f(a integer) OWNER TO "my app";', { is: 'skipped' }],
  ['GRANT SELECT ON TABLE public.t TO reader;', { is: 'skipped' }],
  ['ALTER DEFAULT PRIVILEGES FOR ROLE a GRANT ALL ON TABLES TO b;', { is: 'skipped' }],
  ["SET SESSION AUTHORIZATION 'postgres';", { is: 'skipped' }],
  ['SET transaction_timeout = 0;', { is: 'skipped' }],
  ["CREATE DATABASE x WITH TEMPLATE = template0 ENCODING = '';", { is: 'skipped' }],
  ['CREATE SCHEMA public;', { is: 'skipped' }],
  ['CREATE SCHEMA publicity;', { is: 'ordered', couples: false, data: false }],
  ["COMMENT ON EXTENSION pg_trgm IS '';", { is: 'skipped' }],
  ['SET statement_timeout = 0;', { is: 'setting' }],
  ["SELECT pg_catalog.set_config('', '', false);", { is: 'setting' }],
  ["SET client_encoding = 'LATIN1';", { is: 'encoding', name: 'LATIN1' }],
  ["SET NAMES 'win1252';", { is: 'encoding', name: 'WIN1252' }],
  [
    'CREATE EXTENSION IF NOT EXISTS "uuid-ossp" WITH SCHEMA ext;',
    { is: 'extension', name: 'uuid-ossp', schema: 'ext' },
  ],
  ['CREATE EXTENSION hstore;', { is: 'extension', name: 'hstore', schema: null }],
  [
    'CREATE EVENT TRIGGER audit ON ddl_command_end EXECUTE FUNCTION f();',
    { is: 'left-out', what: 'event trigger audit' },
  ],
  ['CREATE PUBLICATION p FOR ALL TABLES;', { is: 'left-out', what: 'publication p' }],
  ["COPY t TO PROGRAM '';", { is: 'refused' }],
  ["COPY t FROM '';", { is: 'refused' }],
  ['ALTER SYSTEM SET fsync = off;', { is: 'refused' }],
  ['CREATE ROLE evil SUPERUSER;', { is: 'refused' }],
  ['ALTER USER postgres WITH SUPERUSER;', { is: 'refused' }],
  ['CREATE USER MAPPING FOR app SERVER s;', { is: 'ordered' }],
  ['ROLLBACK;', { is: 'refused' }],
  ['BEGIN;', { is: 'begin' }],
  ['COMMIT;', { is: 'end' }],
  ['INSERT INTO public."t x" VALUES (1, \'\');', { is: 'insert', table: 'public."t x"' }],
  ['INSERT INTO t (a, b) OVERRIDING SYSTEM VALUE VALUES (1);', { is: 'insert', table: 't' }],
  ['INSERT INTO t VALUES ((SELECT 1));', { is: 'ordered' }],
  ["INSERT INTO t VALUES (nextval(''));", { is: 'ordered' }],
  ['CREATE UNIQUE INDEX i ON t USING btree (a);', { is: 'index' }],
  ['ALTER TABLE ONLY s.t ADD CONSTRAINT t_pkey PRIMARY KEY (id);', { is: 'index' }],
  ['ALTER TABLE t ADD CONSTRAINT c UNIQUE USING INDEX i;', { is: 'ordered' }],
  [
    'ALTER TABLE t ADD CONSTRAINT u UNIQUE (a), ADD CONSTRAINT f FOREIGN KEY (a) REFERENCES b(a);',
    { is: 'ordered', couples: true },
  ],
  [
    'ALTER TABLE ONLY "a.b"."FOREIGN KEY" ADD CONSTRAINT "x y" FOREIGN KEY (a) REFERENCES b(a) DEFERRABLE;',
    { is: 'foreign-key', table: '"a.b"."FOREIGN KEY"', constraint: '"x y"', isValid: true },
  ],
  ['ALTER TABLE t ADD CONSTRAINT f FOREIGN KEY (a) REFERENCES b(a) NOT VALID;', { is: 'foreign-key', isValid: false }],
  ['CREATE TABLE t (a int REFERENCES b);', { is: 'ordered', couples: true }],
  ['CREATE UNLOGGED TABLE t (a int);', { is: 'ordered', couples: false }],
  ['CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS $$;', { is: 'ordered', couples: false }],
  ['CREATE CONSTRAINT TRIGGER x AFTER INSERT ON t EXECUTE FUNCTION f();', { is: 'ordered', couples: true }],
  ["SELECT pg_catalog.setval('', 7, true);", { is: 'ordered', data: true }],
];

describe('a statement', () => {
  it.each(kinds)('%s', (sql, kind) => {
    expect(kindOf(sql, sql)).toMatchObject(kind);
  });

  it('of 30 MB, made to keep the rules busy, is judged all the same', () => {
    expect(kindOf(`ALTER ${'OWNER TO x '.repeat(3_000)}`, '')).toMatchObject({ is: 'ordered' });
    expect(kindOf(`INSERT INTO t VALUES (${'1, '.repeat(10_000_000)}1);`, '')).toMatchObject({ is: 'insert' });
  });

  it('tells the roles that a policy or a user mapping names', () => {
    expect(
      rolesIn('CREATE POLICY "to x" ON s.t FOR SELECT TO authenticated, "My Role", PUBLIC USING ((a = 1));'),
    ).toEqual(['authenticated', 'My Role']);
    expect(rolesIn('CREATE POLICY p ON t WITH CHECK (true);')).toEqual([]);
    expect(rolesIn('CREATE USER MAPPING FOR shop_app SERVER s OPTIONS ("user" \'us\');')).toEqual(['shop_app']);
    expect(rolesIn('CREATE USER MAPPING IF NOT EXISTS FOR "My Role" SERVER s;')).toEqual(['My Role']);
    expect(rolesIn('CREATE USER MAPPING FOR PUBLIC SERVER s;')).toEqual([]);
    expect(rolesIn('CREATE TABLE t (a int);')).toEqual([]);
  });

  it('is told without its values', () => {
    expect(nameOf("INSERT INTO people VALUES ('', 1);")).toBe('INSERT INTO people');
    expect(nameOf('COPY public.people (name) FROM stdin;')).toBe('COPY public.people');
    expect(nameOf(`CREATE TABLE t (${'a, '.repeat(100)});`)).toHaveLength(120);
  });
});

describe('what a server said', () => {
  it.each([
    ['invalid input syntax for type integer: "Ada Hunter"', 'invalid input syntax for type integer'],
    ['syntax error at or near "Ada"', 'syntax error'],
    [
      'duplicate key value violates unique constraint "people_pkey"',
      'duplicate key value violates unique constraint "people_pkey"',
    ],
    ['relation "people" does not exist', 'relation "people" does not exist'],
  ])('is told without rows: %s', (message, told) => {
    expect(withoutRows(message)).toBe(told);
  });
});

describe('the table of contents of an archive', () => {
  it('is sorted into what is loaded when, and what is not', () => {
    const list = [
      '; Archive created at 2025-11-21 02:00:00 UTC',
      '2; 3079 16385 EXTENSION - pg_trgm ',
      '3490; 0 0 COMMENT - EXTENSION pg_trgm ',
      '5; 2615 2200 SCHEMA - public pg_database_owner',
      '6; 2615 16999 SCHEMA - billing app',
      '215; 1259 16386 TABLE public accounts app',
      '3500; 0 16386 TABLE DATA public accounts app',
      '3301; 2606 16400 FK CONSTRAINT public entries entries_account_id_fkey app',
      '3501; 0 0 COMMENT public CONSTRAINT entries_account_id_fkey ON entries app',
      '3466; 3466 16500 EVENT TRIGGER - audit postgres',
      '3467; 6104 16501 PUBLICATION - all of it postgres',
      '3468; 6106 16502 PUBLICATION TABLE public all of it accounts postgres',
    ].join('\n');
    expect(sortEntries(list)).toEqual({
      wanted: [
        '6; 2615 16999 SCHEMA - billing app',
        '215; 1259 16386 TABLE public accounts app',
        '3500; 0 16386 TABLE DATA public accounts app',
      ],
      extensions: ['2; 3079 16385 EXTENSION - pg_trgm '],
      foreignKeys: [
        '3301; 2606 16400 FK CONSTRAINT public entries entries_account_id_fkey app',
        '3501; 0 0 COMMENT public CONSTRAINT entries_account_id_fkey ON entries app',
      ],
      leftOut: ['event trigger audit', 'publication all of it'],
    });
  });
});
