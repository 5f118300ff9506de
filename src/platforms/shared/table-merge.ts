// table.merge and table.unmerge: rows of a backup into the live table, as they were counted and agreed to, and out of it again.
import { z } from 'zod';
import type { Action, Args, Evidence, Run } from '../../core/action.ts';
import { Fault } from '../../core/errors.ts';
import { done, evidence, prepared } from '../../core/outcomes.ts';
import { purposeOf } from '../../core/purpose.ts';
import { checkData } from '../../postgres/integrity.ts';
import { mergeState } from '../../postgres/table/beside.ts';
import { mergeTable, type Shown } from '../../postgres/table/merge.ts';
import { unmergeTable } from '../../postgres/table/unmerge.ts';
import { liveOf, type TableTools } from './table-tools.ts';

/** What the comparison has counted, and people have agreed to. */
const Compared = z.looseObject({
  shown: z.object({ backup: z.number(), missing: z.number(), changed: z.number() }),
});

export function tableMerge(tools: TableTools): Action<Args<'table.merge'>> {
  return {
    describe: ({ table, beside, mode }) =>
      mode === 'missing'
        ? `INSERT INTO ${table} SELECT … FROM ${beside} (rows that are gone)`
        : `INSERT and UPDATE ${table} FROM ${beside} (rows that are gone or were changed)`,

    // The damage that is mended here may be greater than this table: what stays broken of it must not undo the rest.
    async before({ environment }, run) {
      const live = await liveOf(tools, run.system, environment);
      const { checks } = await checkData(live, run.system, null, { purpose: purposeOf(run), signal: run.signal });
      return checks.flatMap(({ name, status }) => (status === 'fail' ? [name] : []));
    },

    async do({ environment, table, beside, mode }, run) {
      const live = await liveOf(tools, run.system, environment);
      const shown = shownIn(run);
      await run.fence();
      const options = { table, beside, mode, shown, purpose: purposeOf(run), signal: run.signal };
      const merged = await prepared(run, () => mergeTable(live, options));
      if ('refused' in merged) return merged.refused;
      const { inserted, updated, says } = merged.value;
      return done([says], { inserted, updated, brokenBefore: run.before });
    },

    async probe({ environment, table, beside, mode }, run) {
      const live = await liveOf(tools, run.system, environment);
      const state = await mergeState(live, { table, beside, purpose: purposeOf(run), signal: run.signal });
      if (state === 'not_merged') return { is: 'not_happened' };
      if (state !== 'merged')
        return { is: 'unknown', why: `${beside} says neither that ${table} was merged nor that it was not` };
      // Done already, it answers what was done.
      const options = { table, beside, mode, shown: shownIn(run), purpose: purposeOf(run), signal: run.signal };
      const { inserted, updated, says } = await mergeTable(live, options);
      return { is: 'happened', outcome: done([says], { inserted, updated, brokenBefore: run.before }) };
    },

    undo: {
      how: 'what was inserted is taken out, what was changed is put back',
      run: (args, _output, run) => takeOut(tools, args, run),
    },
  };
}

export function tableUnmerge(tools: TableTools): Action<Args<'table.unmerge'>> {
  return {
    describe: ({ table, beside }) => `DELETE and UPDATE ${table} from the rows kept in ${beside}`,
    async do(args, run) {
      const { says } = await takeOut(tools, args, run);
      return done(says);
    },
    async probe({ environment, table, beside }, run) {
      const live = await liveOf(tools, run.system, environment);
      const state = await mergeState(live, { table, beside, purpose: purposeOf(run), signal: run.signal });
      if (state === 'undone') return { is: 'happened', outcome: done([`${table} was put back already.`]) };
      return state === 'merged'
        ? { is: 'not_happened' }
        : { is: 'unknown', why: `${beside} does not say what was merged` };
    },
    undo: { not: 'recover the table again instead' },
  };
}

async function takeOut(
  tools: TableTools,
  { environment, table, beside }: Args<'table.unmerge'>,
  run: Run,
): Promise<Evidence> {
  const live = await liveOf(tools, run.system, environment);
  await run.fence();
  const { says } = await unmergeTable(live, { table, beside, purpose: purposeOf(run), signal: run.signal });
  return evidence([says]);
}

function shownIn({ outputs }: Run): Shown {
  for (const output of Object.values(outputs)) {
    const compared = Compared.safeParse(output);
    if (compared.success) return compared.data.shown;
  }
  throw new Fault('looking for the comparison that was agreed to');
}
