// candidate.check: does what stands beside public hold what it must, and what would be lost and brought back by exchanging them?
import type { Action, Args, Outcome, Run } from '../../../core/action.ts';
import { isFor } from '../../../core/built.ts';
import type { Check } from '../../../core/check.ts';
import { reasonOf } from '../../../core/errors.ts';
import type { Proof } from '../../../core/facts.ts';
import { failed } from '../../../core/outcomes.ts';
import { purposeOf } from '../../../core/purpose.ts';
import type { Secret } from '../../../core/secret.ts';
import { count, list } from '../../../core/wording.ts';
import { checkData } from '../../../postgres/integrity.ts';
import { survey } from '../../../postgres/survey.ts';
import type { Tools } from '../../direct/reach.ts';
import { shelved } from '../names.ts';
import { marking, mustBeCandidate, shelfOf } from '../schemas/shelf.ts';
import { asking } from '../scratch.ts';

type A = Args<'candidate.check'>;

export function candidateCheck(tools: Tools): Action<A> {
  return {
    probe: async () => ({ is: 'not_happened' }),
    undo: { not: 'it only reads' },
    describe: ({ candidate }, { tables }) =>
      `count ${tables.map(({ name }) => name).join(', ')} in ${candidate}, compare with public`,

    async do({ environment, candidate, expect }, run): Promise<Outcome> {
      const { live } = await tools.reach(run.system, environment);
      const mark = mustBeCandidate(candidate, await asking(live, run, (query) => shelfOf(query, candidate)));
      if (mark.state === 'loading') return failed(`${candidate} was not loaded to its end`);
      const standing = mark.operation !== run.operation;
      if (
        standing &&
        (mark.state !== 'checked' || mark.built === null || !isFor(mark.built, run.system, environment))
      ) {
        return failed(`${candidate} does not stand ready for ${environment} as it is set up now`);
      }
      const { checks, counted } = await check(live, candidate, expect, run);
      const wrong = checks.filter(({ status }) => status === 'fail');
      const says = [
        ...(await compare(live, counted, run)),
        ...(run.system.invariants.length === 0 ? [] : [ASKED_BEFORE]),
      ];
      const summary = `${checks.length - wrong.length} of ${count(checks.length, 'check')} passed.`;
      if (wrong.length > 0) {
        const why = `its data is not as it must be: ${list(wrong.map(({ name, figure }) => `${name}: ${figure}`))}`;
        return failed(why, [...says, summary], checks);
      }
      await asking(live, run, async (query) => {
        const [row] = await query<{ now: Date }>('select now()');
        const checkedAt = (row?.now ?? new Date()).toISOString();
        await query(marking(candidate, { ...mark, state: 'checked', checkedAt }));
      });
      return { is: 'done', evidence: { says: [...says, summary], checks }, output: null };
    },
  };
}

type Checked = { readonly checks: Check[]; readonly counted: Readonly<Record<string, number>> };

/** Here they would be asked with the rights that we have in the project, and might mean what the backup makes them mean. */
const ASKED_BEFORE = 'Its invariants were asked on the worker, before it was carried here.';

/** Rows of tables, by their full names: nothing else of a shelf is looked at before people have agreed to it. */
async function check(live: Secret, shelf: string, expect: Proof | null, run: Run): Promise<Checked> {
  const { tables } = run.system;
  const names = new Map(tables.map(({ name }) => [shelved(shelf, name), name]));
  const proven = Object.entries(expect?.tables ?? {}).map(([name, rows]) => [shelved(shelf, name), rows]);
  const { checks, tables: rows } = await checkData(
    live,
    { tables: tables.map((table) => ({ ...table, name: shelved(shelf, table.name) })), invariants: [] },
    expect === null ? null : { ...expect, tables: Object.fromEntries(proven) },
    // The policies of a table that forces them on its owner too are the backup's own.
    { purpose: purposeOf(run), signal: run.signal, settings: ['row_security = off'] },
  );
  const asInUse = (name: string) => names.get(name) ?? name;
  return {
    checks: checks.map((one) => ({ ...one, name: asInUse(one.name) })),
    counted: Object.fromEntries(Object.entries(rows).map(([name, number]) => [asInUse(name), number])),
  };
}

/** What is in use may be what is broken: that it does not answer says nothing against the candidate. */
async function compare(live: Secret, counted: Checked['counted'], run: Run): Promise<string[]> {
  try {
    const { tables } = await survey(live, { tables: run.system.tables, since: null }, { signal: run.signal });
    return Object.entries(counted).map(
      ([name, rows]) =>
        `${name}: ${rows.toLocaleString('en-US')} in the candidate, ${(tables[name]?.rows ?? 0).toLocaleString('en-US')} in use now.`,
    );
  } catch (thrown) {
    run.signal.throwIfAborted();
    return [`Not compared with what is in use: ${reasonOf(thrown)}.`];
  }
}
