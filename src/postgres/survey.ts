// Counts the rows of a live database in one moment, so that a plan can say what a restore would lose.
import { Fault } from '../core/errors.ts';
import type { Survey } from '../core/facts.ts';
import type { Secret } from '../core/secret.ts';
import type { System, Table } from '../core/system.ts';
import { type Query, withDatabase } from './connect.ts';
import { quoted } from './identifier.ts';

export type SurveyRequest = Pick<System, 'tables' | 'migrations'> & {
  /** Count besides the rows written at or after this moment. */
  readonly since: string | null;
};

type SurveyOptions = { readonly timeoutSeconds?: number; readonly signal?: AbortSignal };

/** Counts exactly, all tables in one snapshot. Throws Fault, naming the table, when one is missing or cannot be read. */
export async function survey(secret: Secret, request: SurveyRequest, options: SurveyOptions = {}): Promise<Survey> {
  const connection = { readOnly: true, purpose: 'holdfast survey', timeoutSeconds: 60, ...options };
  return await withDatabase(secret, connection, async (query) => {
    await query('begin isolation level repeatable read read only');
    const tables: Survey['tables'] = {};
    for (const table of request.tables) tables[table.name] = await countRows(query, table, request.since);
    return { tables, migrations: await migrationsOf(query, request.migrations) };
  });
}

async function countRows(query: Query, { name, writtenAt }: Table, since: string | null) {
  const newer =
    writtenAt === undefined || since === null
      ? 'null'
      : `count(*) filter (where ${quoted(writtenAt)} >= $1::timestamptz)`;
  const values = newer === 'null' ? [] : [since];
  try {
    const [row] = await query<{ rows: string; newer: string | null }>(
      `select count(*) as rows, ${newer} as newer from ${quoted(name)}`,
      values,
    );
    return { rows: Number(row?.rows), writtenSince: row?.newer == null ? null : Number(row.newer) };
  } catch (cause) {
    throw new Fault(`counting the rows of table ${name}`, { cause });
  }
}

async function migrationsOf(query: Query, migrations: System['migrations']): Promise<string[]> {
  if (migrations === undefined) return [];
  const { table, column } = migrations;
  try {
    const rows = await query<{ version: string }>(
      `select ${quoted(column)}::text as version from ${quoted(table)} order by 1`,
    );
    return rows.map(({ version }) => version);
  } catch (cause) {
    throw new Fault(`reading the migrations in table ${table}`, { cause });
  }
}
