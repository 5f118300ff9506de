// database.restore: overwrites the live database with a backup of the named environment; undone by the backup taken before.
import { z } from 'zod';
import type { Action, Args, Outcome, Run } from '../../../core/action.ts';
import { Fault, Refusal } from '../../../core/errors.ts';
import { evidence, prepared } from '../../../core/outcomes.ts';
import { type TableIdentities, tableIdentities } from '../../../postgres/table-identities.ts';
import { highest } from '../begin-transfer.ts';
import { restore, typed } from '../cli-lines.ts';
import { activityOn, activityText } from '../facts.ts';
import { liveDatabase, transfersOf } from '../readings.ts';
import { assertSource, probeRestore, type Restoration, restoreInto, tablesOf } from '../restore-into.ts';
import { settingsOf } from '../settings.ts';
import { plannedDatabase } from '../target.ts';
import type { Tools } from '../tools.ts';
import { until } from '../waiting.ts';

type A = Args<'database.restore'>;

const Before = z.object({ after: z.int(), tables: z.record(z.string(), z.number()).nullable() });
type Before = z.infer<typeof Before>;
const Captured = z.object({ backup: z.string() });

export function databaseRestore(tools: Tools): Action<A> {
  return {
    describe({ environment, from }, system) {
      const { app, database: as } = settingsOf(system, environment);
      return typed(restore({ app: settingsOf(system, from.environment).app, backup: from.backup.id }, { app, as }));
    },
    before: ({ environment, target }, run) => readBefore(tools, environment, target, run),
    do: (args, run) => restoreBackup(tools, args, run),
    async probe(args, run) {
      return probeRestore(tools, run, await restorationOf(tools, args, run, Before.parse(run.before)));
    },
    undo: {
      how: 'restores the backup that was taken of it before',
      run: (args, _output, run) => putBack(tools, args, run),
    },
  };
}

/** Refuses while another transfer is under way there (fault 40). */
async function readBefore(tools: Tools, environment: string, target: A['target'], run: Run): Promise<Before> {
  const settings = settingsOf(run.system, environment);
  const database = await plannedDatabase(tools.api, settings, target, run.signal);
  const transfers = await transfersOf(tools.api, database.owner, run.signal);
  const [busy] = activityOn(database, transfers);
  if (busy !== undefined) {
    const what = activityText(busy, new Date());
    throw new Refusal(
      'target-busy',
      `On ${settings.app} somebody else is at work: ${what}.`,
      'Wait until it has ended.',
    );
  }
  return { after: highest(transfers), tables: await tablesNow(tools, environment, run) };
}

/** A database that does not answer may be the very reason for the restore. */
async function tablesNow(tools: Tools, environment: string, run: Run): Promise<TableIdentities | null> {
  const secret = await tools.connection(run.system, { environment, candidate: null });
  try {
    return await tableIdentities(secret, tablesOf(run), { signal: run.signal });
  } catch {
    run.signal.throwIfAborted();
    return null;
  }
}

async function restorationOf(tools: Tools, args: A, run: Run, before: Before): Promise<Restoration> {
  const { environment, from } = args;
  const settings = settingsOf(run.system, environment);
  return {
    app: settings.app,
    as: settings.database,
    database: await liveDatabase(tools.api, settings, run.signal),
    source: { app: settingsOf(run.system, from.environment).app, backup: from.backup.id },
    ...before,
    connection: () => tools.connection(run.system, { environment, candidate: null }),
  };
}

async function restoreBackup(tools: Tools, args: A, run: Run): Promise<Outcome> {
  const ready = await prepared(run, async () => {
    const { environment, target, from } = args;
    await plannedDatabase(tools.api, settingsOf(run.system, environment), target, run.signal);
    await assertSource(tools, settingsOf(run.system, from.environment).app, from.backup, run.signal);
    return restorationOf(tools, args, run, Before.parse(run.before));
  });
  return 'refused' in ready ? ready.refused : restoreInto(tools, run, ready.value);
}

/** A restore that is still running is waited for: two at once would mix their rows. */
async function putBack(tools: Tools, args: A, run: Run) {
  const { environment, target, preimage } = args;
  const settings = settingsOf(run.system, environment);
  const { app } = settings;
  const database = await plannedDatabase(tools.api, settings, target, run.signal);
  const forward = await restorationOf(tools, args, run, Before.parse(run.before));
  const probed = await probeRestore(tools, run, forward);
  if (probed.is === 'not_happened') return evidence([`nothing had been restored into ${app}`]);
  const captured = Captured.safeParse(run.outputs[preimage]);
  if (!captured.success)
    throw new Fault(`taking back the restore of ${app}: no backup of what was overwritten is known`);
  const { backup } = captured.data;
  const idle = async () => activityOn(database, await transfersOf(tools.api, database.owner, run.signal)).length === 0;
  if (!(await until(tools, tools.options.ready, idle, Boolean, run.signal))) {
    throw new Fault(`taking back the restore of ${app}: another transfer has not ended`);
  }
  const before = await readBefore(tools, environment, target, run);
  const outcome = await restoreInto(tools, run, { ...forward, ...before, source: { app: database.owner, backup } });
  if (outcome.is === 'done') return outcome.evidence;
  throw new Fault(`restoring ${backup} of ${app}, as it was before`, { cause: outcome.why });
}
