// What a plan says about what would be lost, and the refusals while somebody else is at work.
import { hindrances } from '../core/drift.ts';
import { Refusal } from '../core/errors.ts';
import type { EnvironmentFacts, Survey } from '../core/facts.ts';
import type { Statement } from '../core/plan.ts';
import { count, list } from '../core/wording.ts';

export const UNWELL =
  'if it is not well afterwards, the restore takes itself back (is it the code? see `/dr rollback`)';

/** Refuses while somebody else's work on the database stands in the way (fault 40). */
export function idle(facts: EnvironmentFacts, overwrites: boolean): EnvironmentFacts {
  const [busy] = hindrances(facts.activity, overwrites);
  if (busy === undefined) return facts;
  throw new Refusal(
    'target-busy',
    `On ${facts.target.name} somebody else is at work: ${busy.text}.`,
    'Wait until it has ended, then ask again.',
  );
}

/** The rows that only the live database has: those added since the backup, or since `then`. */
export function lossStatement(survey: Survey | null, problem: string | null, since: string): Statement {
  const label = 'Lost by this';
  if (survey === null) {
    return {
      label,
      text: `unknown: the live database does not answer (${problem ?? 'no reason given'})`,
      tone: 'warn',
    };
  }
  const text = rowsText(survey, ({ writtenSince }) => writtenSince);
  if (text === '')
    return { label, text: 'unknown: no table of the system file says when its rows are written', tone: 'warn' };
  const lost = Object.values(survey.tables).reduce((sum, { writtenSince }) => sum + (writtenSince ?? 0), 0);
  const rest = notCounted(survey);
  if (lost === 0) return { label, text: `no rows were added since ${since} (not counted: ${rest})`, tone: 'plain' };
  return { label, text: `rows added since ${since}: ${text}; besides, not counted: ${rest}`, tone: 'warn' };
}

export function rowsText(survey: Survey, pick: (table: Survey['tables'][string]) => number | null): string {
  const parts = Object.entries(survey.tables).flatMap(([name, table]) => {
    const rows = pick(table);
    return rows === null ? [] : [`${name} ${count(rows, 'row')}`];
  });
  return list(parts);
}

/** What the count of added rows leaves out: changes to older rows, and tables that do not tell when a row was written. */
function notCounted({ tables }: Survey): string {
  const silent = Object.entries(tables).flatMap(([name, { writtenSince }]) => (writtenSince === null ? [name] : []));
  return list(['changes to older rows', ...(silent.length === 0 ? [] : [`rows of ${list(silent)}`])]);
}
