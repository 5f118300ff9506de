// backup.capture: one more manual backup, found by its number.

import { z } from 'zod';
import type { Action, Args, Outcome, Run } from '../../../core/action.ts';
import { Fault } from '../../../core/errors.ts';
import { done, prepared, untouched } from '../../../core/outcomes.ts';
import { list, megabytes, utc } from '../../../core/wording.ts';
import { begin, highest, search, type Wanted } from '../begin-transfer.ts';
import { capture, typed } from '../cli-lines.ts';
import { type Database, liveDatabase, transfersOf } from '../readings.ts';
import type { Transfer } from '../schema.ts';
import { settingsOf } from '../settings.ts';
import { plannedDatabase } from '../target.ts';
import type { Tools } from '../tools.ts';
import { moment, transferName } from '../transfers.ts';
import { problemOf } from '../verdict.ts';

type A = Args<'backup.capture'>;

const Before = z.object({ after: z.int() });

export function backupCapture(tools: Tools): Action<A> {
  const { api } = tools;
  return {
    describe: ({ environment }, system) => typed(capture(settingsOf(system, environment))),

    async before({ environment, target }, { system, signal }) {
      const { owner } = await plannedDatabase(api, settingsOf(system, environment), target, signal);
      return { after: highest(await transfersOf(api, owner, signal)) };
    },

    async do({ environment, target }, run) {
      const settings = settingsOf(run.system, environment);
      const ready = await prepared(run, () => plannedDatabase(api, settings, target, run.signal));
      if ('refused' in ready) return ready.refused;
      const found = await begin(tools, wantedOf(ready.value, run), capture(settings), run);
      if (found.is === 'several') throw new Fault(`looking for our backup: ${severalText(found.names, settings.app)}`);
      if (found.is === 'one') return outcomeOf(tools, settings.app, found.transfer);
      const said = tools.cli.excerpt(found.said);
      return untouched(`nothing was started: Heroku lists no new backup of ${settings.app}. The CLI said: ${said}`);
    },

    async probe({ environment }, run) {
      const settings = settingsOf(run.system, environment);
      const database = await liveDatabase(api, settings, run.signal);
      const found = await search(tools, wantedOf(database, run), run);
      if (found.is === 'none') return { is: 'not_happened' };
      if (found.is === 'several') return { is: 'unknown', why: severalText(found.names, settings.app) };
      return { is: 'happened', outcome: outcomeOf(tools, settings.app, found.transfer) };
    },

    undo: { not: 'a backup more does no harm' },
  };
}

function wantedOf(database: Database, run: Run): Wanted {
  return {
    owner: database.owner,
    after: Before.parse(run.before).after,
    matches: (transfer) => transferName(transfer).startsWith('b') && database.isCalled(transfer.from_name),
  };
}

function outcomeOf({ clean }: Tools, app: string, transfer: Transfer): Outcome {
  const backup = transferName(transfer);
  const problem = problemOf(transfer, clean);
  if (problem !== null) return untouched(problem);
  const at = utc(moment(transfer.finished_at ?? transfer.created_at));
  return done([`${backup} of ${app} finished ${at}, ${megabytes(transfer.processed_bytes ?? 0)}`], { backup });
}

function severalText(names: readonly string[], app: string): string {
  return `${app} has several new backups, ${list(names)}: which of them is ours cannot be told`;
}
