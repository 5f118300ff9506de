// Is the data of a database whole? Rows per table, the system's invariants, and equality with a proven restore.
import type { Check } from '../core/check.ts';
import { reasonOf } from '../core/errors.ts';
import type { Proof } from '../core/facts.ts';
import type { Secret } from '../core/secret.ts';
import type { Invariant, System, Table } from '../core/system.ts';
import { count } from '../core/wording.ts';
import { type Query, withDatabase } from './connect.ts';
import { quoted } from './identifier.ts';

export type DataReport = {
  readonly checks: Check[];
  /** Rows per table; a table that could not be counted is left out. */
  readonly tables: Record<string, number>;
};

type CheckOptions = {
  readonly purpose?: string;
  readonly timeoutSeconds?: number;
  readonly signal?: AbortSignal;
  /** For the time of the check: `row_security = off`. */
  readonly settings?: readonly string[];
};

/**
 * One check per table and per invariant. What the database refuses to answer is a failed check with the reason;
 * Fault is thrown only when it cannot be reached. With `expect`, the counts must be those of that proof exactly.
 */
export async function checkData(
  secret: Secret,
  system: Pick<System, 'tables' | 'invariants'>,
  expect: Proof | null,
  options: CheckOptions = {},
): Promise<DataReport> {
  const { settings = [], ...rest } = options;
  const connection = { purpose: 'holdfast check', timeoutSeconds: 300, ...rest, readOnly: true };
  return await withDatabase(secret, connection, async (query) => {
    const checks: Check[] = [];
    const tables: Record<string, number> = {};
    await query('begin isolation level repeatable read read only');
    for (const setting of settings) await query(`set local ${setting}`);
    for (const table of system.tables) {
      const answer = await rowsOf(query, table.name);
      if (typeof answer === 'number') tables[table.name] = answer;
      checks.push({ name: table.name, ...judgeRows(answer, table, expect) });
    }
    for (const invariant of system.invariants) {
      checks.push({ name: invariant.name, ...judgeInvariant(await ask(query, invariant.sql), invariant) });
    }
    return { checks, tables };
  });
}

/** Only of a table: to count the rows of a view is to run whatever stands in it. */
async function rowsOf(query: Query, name: string): Promise<Answer> {
  const [found] = await query<{ kind: string }>(
    'select relkind::text as kind from pg_catalog.pg_class where oid = pg_catalog.to_regclass($1)',
    [quoted(name)],
  );
  const kind = KINDS[found?.kind ?? ''];
  if (kind !== undefined) return { problem: `it is ${kind} here, not a table` };
  return await ask(query, `select count(*) from ${quoted(name)}`);
}

const KINDS: Readonly<Record<string, string>> = {
  v: 'a view',
  m: 'a materialized view',
  f: 'a foreign table',
  S: 'a sequence',
  c: 'a type',
  i: 'an index',
  I: 'an index',
};

type Answer = number | { readonly problem: string };
type Judged = Pick<Check, 'status' | 'figure'>;

/** One statement under a savepoint: its failure must not take the ones after it along. */
async function ask(query: Query, sql: string): Promise<Answer> {
  await query('savepoint asked');
  try {
    // As a subquery it can be nothing but one statement that reads one value; the line break ends a comment in it.
    const [row] = await query<{ answer: unknown }>(`select (${sql}\n) as answer`);
    return numberIn(row?.answer);
  } catch (thrown) {
    return { problem: reasonOf(thrown) };
  } finally {
    // When the connection is gone this throws, and so the whole check does.
    await query('rollback to savepoint asked');
  }
}

function numberIn(value: unknown): Answer {
  const number = typeof value === 'string' && value.trim() !== '' ? Number(value) : value;
  if (typeof number === 'number' && Number.isFinite(number)) return number;
  return { problem: 'it did not answer with a number' };
}

function judgeRows(answer: Answer, table: Table, expect: Proof | null): Judged {
  if (typeof answer !== 'number') return { status: 'fail', figure: `not counted: ${answer.problem}` };
  const rows = count(answer, 'row');
  const proven = expect?.tables[table.name];
  if (expect !== null && proven !== undefined && proven !== answer) {
    const by = `${Math.abs(answer - proven).toLocaleString('en-US')} ${answer < proven ? 'fewer' : 'more'}`;
    const figure = `${rows}, but ${proven.toLocaleString('en-US')} when ${expect.backup} was proven in ${expect.operation} (${by})`;
    return { status: 'fail', figure };
  }
  if (answer < table.atLeast) {
    return { status: 'fail', figure: `${rows}, at least ${table.atLeast.toLocaleString('en-US')} expected` };
  }
  return { status: 'pass', figure: proven === undefined ? rows : `${rows}, as proven in ${expect?.operation}` };
}

function judgeInvariant(answer: Answer, { expect }: Invariant): Judged {
  const [rule, holds] =
    'equals' in expect
      ? [`must be ${expect.equals.toLocaleString('en-US')}`, answer === expect.equals]
      : [`must be at least ${expect.min.toLocaleString('en-US')}`, typeof answer === 'number' && answer >= expect.min];
  if (typeof answer !== 'number') return { status: 'fail', figure: `no answer: ${answer.problem} (${rule})` };
  return { status: holds ? 'pass' : 'fail', figure: `${answer.toLocaleString('en-US')} (${rule})` };
}
