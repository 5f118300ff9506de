// table.extract: puts a table as the backup has it beside the live one, and counts row by row what differs.
import type { Action, Args, Outcome, Run } from '../../core/action.ts';
import { Refusal } from '../../core/errors.ts';
import { done, evidence, failed, untouched } from '../../core/outcomes.ts';
import { purposeOf } from '../../core/purpose.ts';
import type { Secret } from '../../core/secret.ts';
import { candidateMark } from '../../postgres/candidate/mark.ts';
import { withReader } from '../../postgres/candidate/reader.ts';
import { databaseName } from '../../postgres/connect.ts';
import { dropBeside } from '../../postgres/table/beside.ts';
import { compareTable } from '../../postgres/table/compare.ts';
import { extractTable } from '../../postgres/table/extract.ts';
import { mustHaveDisk } from '../../postgres/table/room.ts';
import type { TableSource } from '../../postgres/table/sources.ts';
import { withOpened } from './opened.ts';
import { judgeOrigin } from './origin.ts';
import { liveOf, type TableTools } from './table-tools.ts';
import type { Fetched } from './work-files.ts';

type A = Args<'table.extract'>;

export function tableExtract(tools: TableTools): Action<A> {
  return {
    describe: ({ table, beside, from }) => `COPY ${table} of ${from.backup.id} into ${beside}, compare by primary key`,
    do: (args, run) => orFailed(run, () => extract(tools, args, run)),
    // Doing it again starts over, in a schema that nobody else uses.
    probe: async () => ({ is: 'not_happened' }),
    undo: {
      how: 'what was put beside the live table is removed',
      async run({ environment, beside }, _output, run) {
        const live = await liveOf(tools, run.system, environment);
        await dropBeside(live, beside, { purpose: purposeOf(run), signal: run.signal });
        return evidence([`There is no schema ${beside} any more.`]);
      },
    },
  };
}

async function extract(tools: TableTools, args: A, run: Run): Promise<Outcome> {
  const { environment, table, beside, mode } = args;
  if (run.system.environments[environment]?.masked === true) {
    return untouched(`${environment} may hold masked data only, and one table is not masked`);
  }
  const live = await liveOf(tools, run.system, environment);
  const options = { table, beside, purpose: purposeOf(run), signal: run.signal };
  await run.fence();
  const target = { ...options, path: tools.path, database: live };
  const { room, extracted, database } = await withSource(tools, live, args, run, async (source, of) => {
    const free = (await tools.platform.freeBytes?.(run.system, environment, run.signal)) ?? null;
    const room = await mustHaveDisk(live, { ...options, contents: of.contents, freeBytes: free });
    return { room, extracted: await extractTable(source, target), database: of.database };
  });
  run.progress({ percent: 70, note: 'comparing row by row' });
  const compared = await compareTable(live, options);
  const { backup, missing, changed, says, orphaned, taken, cascading } = compared;
  const common = compared.live * backup === 0 ? null : { rows: compared.same, tables: [table] };
  // A provider that keeps the backups itself hands out none of others, and calls each new database by a new name.
  const mayBeOfOthers = tools.platform.capabilities.includes('server');
  const source = databaseName(await liveOf(tools, run.system, args.from.environment));
  const origin = mayBeOfOthers ? judgeOrigin({ database, expected: source, common }) : null;
  const checks = origin === null ? [] : [origin];
  if (origin?.status === 'fail') return failed(origin.figure, [room, extracted.says, says], checks);
  // Rows whose parents are gone, or whose unique values others have taken, cannot be merged: nobody need agree to it.
  const refusing = orphaned.length + taken.length + (mode === 'replace' ? cascading.length : 0);
  if (refusing > 0) return failed(says, [room, extracted.says], checks);
  return done([room, extracted.says, says], { shown: { backup, missing, changed } }, checks);
}

/** What is known of the backup. */
type Of = { readonly contents: Fetched['contents'] | null; readonly database: string | null };

async function withSource<T>(
  tools: TableTools,
  live: Secret,
  { from, warm }: A,
  run: Run,
  use: (source: TableSource, of: Of) => Promise<T>,
): Promise<T> {
  if (warm !== null) {
    const options = { purpose: purposeOf(run), signal: run.signal };
    const mark = await candidateMark(live, warm, options);
    const of: Of = { contents: null, database: mark?.origin?.database ?? null };
    return await withReader(live, warm, options, ({ database }) => use({ is: 'database', database }, of));
  }
  return await withOpened(tools, from, run, (opened, of) =>
    use(opened.is === 'sql' ? { is: 'plain', stream: opened.sql } : { is: 'archive', path: opened.file }, of),
  );
}

/** Whatever went wrong, only what stands beside the live table was touched: it is removed, and nothing else is to be done. */
async function orFailed(run: Run, work: () => Promise<Outcome>): Promise<Outcome> {
  try {
    return await work();
  } catch (thrown) {
    run.signal.throwIfAborted();
    if (!(thrown instanceof Refusal)) throw thrown;
    return failed(`${thrown.why} ${thrown.next}`);
  }
}
