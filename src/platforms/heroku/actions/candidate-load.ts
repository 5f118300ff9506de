// candidate.load: restores the backup into the database beside the live one.
import { z } from 'zod';
import type { Action, Args, Run } from '../../../core/action.ts';
import { Refusal } from '../../../core/errors.ts';
import { prepared } from '../../../core/outcomes.ts';
import { tableIdentities } from '../../../postgres/table-identities.ts';
import { highest } from '../begin-transfer.ts';
import { candidateAlias } from '../candidate.ts';
import { restore, typed } from '../cli-lines.ts';
import { attachedAs, liveDatabase, transfersOf } from '../readings.ts';
import { assertSource, probeRestore, type Restoration, restoreInto, tablesOf } from '../restore-into.ts';
import { settingsOf } from '../settings.ts';
import type { Tools } from '../tools.ts';

type A = Args<'candidate.load'>;

const Before = z.object({ after: z.int(), tables: z.record(z.string(), z.number()) });

export function candidateLoad(tools: Tools): Action<A> {
  return {
    describe({ environment, candidate, from }, system) {
      const source = { app: settingsOf(system, from.environment).app, backup: from.backup.id };
      return typed(restore(source, { app: settingsOf(system, environment).app, as: candidateAlias(candidate) }));
    },

    async before({ environment, candidate }, run) {
      const { app } = settingsOf(run.system, environment);
      const { owner } = await attachedAs(tools.api, app, candidateAlias(candidate), run.signal);
      const after = highest(await transfersOf(tools.api, owner, run.signal));
      const secret = await tools.connection(run.system, { environment, candidate });
      return { after, tables: await tableIdentities(secret, tablesOf(run), { signal: run.signal }) };
    },

    async do(args, run) {
      const ready = await prepared(run, async () => {
        const restoration = await restorationOf(tools, args, run);
        await assertSource(tools, restoration.source.app, args.from.backup, run.signal);
        return restoration;
      });
      return 'refused' in ready ? ready.refused : restoreInto(tools, run, ready.value);
    },

    async probe(args, run) {
      return probeRestore(tools, run, await restorationOf(tools, args, run));
    },

    undo: { not: 'the new database is thrown away as a whole' },
  };
}

/** Refuses when the candidate's alias means another database than its name, above all the live one. */
async function restorationOf(tools: Tools, { environment, candidate, from }: A, run: Run): Promise<Restoration> {
  const settings = settingsOf(run.system, environment);
  const alias = candidateAlias(candidate);
  const [database, live] = await Promise.all([
    attachedAs(tools.api, settings.app, alias, run.signal),
    liveDatabase(tools.api, settings, run.signal),
  ]);
  if (database.name !== candidate || database.id === live.id) {
    const why = `${alias} of ${settings.app} is ${database.name}, not the new ${candidate}.`;
    throw new Refusal('candidate-moved', why, 'Ask for a new plan.');
  }
  return {
    app: settings.app,
    as: alias,
    database,
    source: { app: settingsOf(run.system, from.environment).app, backup: from.backup.id },
    ...Before.parse(run.before),
    connection: () => tools.connection(run.system, { environment, candidate }),
  };
}
