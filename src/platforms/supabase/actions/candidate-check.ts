// candidate.check: does what stands beside public hold what it must, and what would be lost and brought back by exchanging them?
import type { Action, Args, Outcome, Run } from '../../../core/action.ts';
import { isFor } from '../../../core/built.ts';
import type { Check } from '../../../core/check.ts';
import { Fault, reasonOf } from '../../../core/errors.ts';
import type { Proof } from '../../../core/facts.ts';
import { failed } from '../../../core/outcomes.ts';
import { Secret } from '../../../core/secret.ts';
import { count, list } from '../../../core/wording.ts';
import { checkData } from '../../../postgres/integrity.ts';
import { survey } from '../../../postgres/survey.ts';
import { purposeOf } from '../../direct/purpose.ts';
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
      `count ${tables.map(({ name }) => name).join(', ')} in ${candidate}, ask its invariants, compare with public`,

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
      const built = lookingInto(live, candidate);
      await mustLookInto(built, candidate, run);
      const { checks, counted } = await check(built, candidate, expect, run);
      const wrong = checks.filter(({ status }) => status === 'fail');
      const says = await compare(live, counted, run);
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

/** Names without a schema mean those of the shelf. */
export function lookingInto(live: Secret, shelf: string): Secret {
  const url = new URL(live.open());
  url.searchParams.set('options', `-c search_path=${shelf},extensions`);
  return new Secret(url.href);
}

/** A pooler may leave out what it does not know: then `public` would be looked into, and be found to be well. */
async function mustLookInto(built: Secret, shelf: string, run: Run): Promise<void> {
  const [row] = await asking(built, run, (query) => query<{ schema: string }>('select current_schema() as schema'));
  if (row?.schema === shelf) return;
  throw new Fault(`looking into ${shelf}: the server has not set the search_path that it was asked for`);
}

type Checked = { readonly checks: Check[]; readonly counted: Readonly<Record<string, number>> };

async function check(built: Secret, shelf: string, expect: Proof | null, run: Run): Promise<Checked> {
  const { tables, invariants } = run.system;
  const names = new Map(tables.map(({ name }) => [shelved(shelf, name), name]));
  const proven = Object.entries(expect?.tables ?? {}).map(([name, rows]) => [shelved(shelf, name), rows]);
  const { checks, tables: rows } = await checkData(
    built,
    { tables: tables.map((table) => ({ ...table, name: shelved(shelf, table.name) })), invariants },
    expect === null ? null : { ...expect, tables: Object.fromEntries(proven) },
    { purpose: purposeOf(run), signal: run.signal },
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
