// Reports of drills and incidents: one per operation or incident, told once.
import type { Selectable } from 'kysely';
import type { ReportStore } from '../core/incident-ports.ts';
import type { Report } from '../core/report.ts';
import { during } from './during.ts';
import { nextNumber } from './numbers.ts';
import type { Db } from './pool.ts';
import type { Tables } from './tables.ts';
import { addTellings } from './tellings.ts';
import { type Tx, transaction } from './transaction.ts';

export function reportStore(db: Db): ReportStore {
  const first = async (column: 'id' | 'of', value: string) => {
    const row = await db.selectFrom('reports').selectAll().where(column, '=', value).executeTakeFirst();
    return row === undefined ? null : reportOf(row);
  };
  return {
    save: (report) => during(`storing the report of ${report.of}`, () => transaction(db, (tx) => save(tx, report))),
    load: (id) => during(`reading ${id}`, () => first('id', id)),
    of: (subject) => during(`reading the report of ${subject}`, () => first('of', subject)),
    list: (system, kind, limit) =>
      during(`listing the reports of ${system}`, async () => {
        const rows = await db
          .selectFrom('reports')
          .selectAll()
          .where('system', '=', system)
          .where('kind', '=', kind)
          .orderBy('at', 'desc')
          .orderBy('number', 'desc')
          .limit(limit)
          .execute();
        return rows.map(reportOf);
      }),
  };
}

async function save(tx: Tx, report: Omit<Report, 'id'>): Promise<Report> {
  const id = `rep-${await nextNumber(tx, 'report_number')}`;
  const { title, figures, markdown, ...rest } = report;
  const text = {
    title: JSON.stringify(title),
    figures: figures === null ? null : JSON.stringify(figures),
    markdown: JSON.stringify(markdown),
  };
  const row = await tx
    .insertInto('reports')
    .values({ id, ...rest, ...text })
    .onConflict((conflict) => conflict.column('of').doNothing())
    .returningAll()
    .executeTakeFirst();
  if (row === undefined) {
    return reportOf(await tx.selectFrom('reports').selectAll().where('of', '=', report.of).executeTakeFirstOrThrow());
  }
  await addTellings(tx, id, [{ kind: 'files' }]);
  return reportOf(row);
}

function reportOf({ number: _, ...row }: Selectable<Tables['reports']>): Report {
  return row;
}
