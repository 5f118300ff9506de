// The actions database.check and candidate.check: is the data of a database whole, and how does it differ from the live one?
import { z } from 'zod';
import type { Action, Args, Run } from '../../core/action.ts';
import { reasonOf } from '../../core/errors.ts';
import { onlyReads } from '../../core/only-reads.ts';
import type { DatabaseRef, Platform } from '../../core/platform.ts';
import { purposeOf } from '../../core/purpose.ts';
import { checkData } from '../../postgres/integrity.ts';
import { survey } from '../../postgres/survey.ts';
import { dataOutcome } from './data-outcome.ts';

/** Checks the live database of an environment. */
export function checkDatabase(platform: Platform): Action<Args<'database.check'>> {
  return {
    ...onlyReads,
    describe: ({ target }, system) => `count ${namesOf(system.tables)} in ${target.database} and ask its invariants`,
    async do({ environment, expect, tolerates }, run) {
      const { checks } = await check(platform, { environment, candidate: null }, expect, run);
      const before = brokenBefore(run);
      return dataOutcome(
        checks.map((one) => {
          if (one.status !== 'fail') return one;
          if (before.includes(one.name)) return { ...one, status: 'warn', figure: `${one.figure}, as it was before` };
          return tolerates === 'anything' ? { ...one, status: 'warn' } : one;
        }),
        {},
      );
    },
  };
}

/** Checks a database built beside the live one, and says how many rows it has more or fewer, where the live one answers. */
export function checkCandidate(platform: Platform): Action<Args<'candidate.check'>> {
  return {
    ...onlyReads,
    describe: ({ candidate }, system) =>
      `count ${namesOf(system.tables)} in ${candidate}, ask its invariants, compare with the live database`,
    async do({ environment, candidate, expect }, run) {
      const { checks, tables } = await check(platform, { environment, candidate }, expect, run);
      return dataOutcome(checks, { says: await compare(platform, environment, tables, run) });
    },
  };
}

/** What a step before it has found broken when it began: to leave that so is no failure of what it did. */
const Found = z.looseObject({ brokenBefore: z.array(z.string()) });

function brokenBefore({ outputs }: Run): readonly string[] {
  return Object.values(outputs).flatMap((output) => Found.safeParse(output).data?.brokenBefore ?? []);
}

async function check(platform: Platform, database: DatabaseRef, expect: Args<'database.check'>['expect'], run: Run) {
  const connection = await platform.connection(run.system, database);
  return await checkData(connection, run.system, expect, { purpose: purposeOf(run), signal: run.signal });
}

/** The live database may be what is broken: that it does not answer says nothing against the candidate. */
async function compare(
  platform: Platform,
  environment: string,
  tables: Record<string, number>,
  run: Run,
): Promise<string[]> {
  try {
    const live = await platform.connection(run.system, { environment, candidate: null });
    const counted = await survey(live, { tables: run.system.tables, since: null }, { signal: run.signal });
    return Object.entries(tables).flatMap(([name, rows]) => {
      const now = counted.tables[name]?.rows;
      return now === undefined
        ? []
        : [
            `${name}: ${figure(rows)} in the candidate, ${figure(now)} in the database live then (${difference(rows, now)})`,
          ];
    });
  } catch (thrown) {
    run.signal.throwIfAborted();
    return [`Not compared with the live database: ${reasonOf(thrown)}.`];
  }
}

function difference(candidate: number, live: number): string {
  if (candidate === live) return 'the same';
  return `${figure(Math.abs(candidate - live))} ${candidate < live ? 'fewer' : 'more'}`;
}

function figure(rows: number): string {
  return rows.toLocaleString('en-US');
}

function namesOf(tables: readonly { readonly name: string }[]): string {
  return tables.map(({ name }) => name).join(', ');
}
