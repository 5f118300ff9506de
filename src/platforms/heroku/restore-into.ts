// A restore into one database, live or candidate: from the check of its source to the proof that tables were made anew.
import type { Outcome, Probed, Run } from '../../core/action.ts';
import { Fault, Refusal, reasonOf } from '../../core/errors.ts';
import type { Backup } from '../../core/facts.ts';
import { canonical } from '../../core/json.ts';
import { done, failed, untouched, unverified } from '../../core/outcomes.ts';
import type { Secret } from '../../core/secret.ts';
import { list, megabytes, utc } from '../../core/wording.ts';
import { recreated, type TableIdentities, tableIdentities } from '../../postgres/table-identities.ts';
import { namedBackup } from './backup-id.ts';
import { begin, type Found, search, type Wanted } from './begin-transfer.ts';
import { restore } from './cli-lines.ts';
import { type Database, transfersOf } from './readings.ts';
import type { Transfer } from './schema.ts';
import type { Tools } from './tools.ts';
import { moment, toBackup, transferName } from './transfers.ts';
import { problemOf } from './verdict.ts';

export type Restoration = {
  /** The app that the command names, and the name under which it sees the database. */
  readonly app: string;
  readonly as: string;
  readonly database: Database;
  readonly source: { readonly app: string; readonly backup: string };
  /** The highest transfer of the owner before it was begun. */
  readonly after: number;
  /** The tables before; null when they could not be read. */
  readonly tables: TableIdentities | null;
  connection(): Promise<Secret>;
};

function wantedOf({ database, after }: Restoration): Wanted {
  return {
    owner: database.owner,
    after,
    matches: ({ from_type, to_type, to_name }) =>
      from_type !== 'pg_dump' && to_type === 'pg_restore' && database.isCalled(to_name),
  };
}

/** Refuses unless the backup is still there, finished, and the one that was planned. */
export async function assertSource(tools: Tools, app: string, planned: Backup, signal: AbortSignal): Promise<void> {
  const found = toBackup(namedBackup(await transfersOf(tools.api, app, signal), planned.id, app));
  if (canonical(found) === canonical(planned) && found.state === 'finished') return;
  throw new Refusal(
    'backup-changed',
    `${planned.id} of ${app} is not the backup that was planned.`,
    'Ask for a new plan.',
  );
}

/** Starts it and proves it. */
export async function restoreInto(tools: Tools, run: Run, restoration: Restoration): Promise<Outcome> {
  const { source, app, as } = restoration;
  const found = await begin(tools, wantedOf(restoration), restore(source, { app, as }), run);
  if (found.is === 'several') throw ambiguous(found, app);
  if (found.is === 'none') {
    return untouched(
      `nothing was started: Heroku lists no new restore of ${app}. The CLI said: ${tools.cli.excerpt(found.said)}`,
    );
  }
  return proven(tools, run, restoration, found.transfer);
}

/** Whether it had been begun; if so, how it ended. */
export async function probeRestore(tools: Tools, run: Run, restoration: Restoration): Promise<Probed> {
  const found = await search(tools, wantedOf(restoration), run);
  if (found.is === 'none') return { is: 'not_happened' };
  if (found.is === 'several') return { is: 'unknown', why: reasonOf(ambiguous(found, restoration.app)) };
  return { is: 'happened', outcome: await proven(tools, run, restoration, found.transfer) };
}

function ambiguous({ names }: Found & { is: 'several' }, app: string): Fault {
  return new Fault(
    `looking for our restore of ${app}: there are several new ones, ${list(names)}, and one may be somebody else's`,
  );
}

async function proven(tools: Tools, run: Run, restoration: Restoration, transfer: Transfer): Promise<Outcome> {
  const { app, source, tables, database } = restoration;
  const name = transferName(transfer);
  const output = { transfer: name };
  const problem = problemOf(transfer, tools.clean);
  if (problem !== null) return failed(problem);
  const at = moment(transfer.finished_at ?? transfer.created_at);
  const ended = `${name} finished ${utc(at)}, ${megabytes(transfer.processed_bytes ?? 0)} of ${source.app}::${source.backup} read`;
  let now: TableIdentities;
  try {
    now = await tableIdentities(await restoration.connection(), tablesOf(run), { signal: run.signal });
  } catch (thrown) {
    run.signal.throwIfAborted();
    return unverified(`${database.name} could not be read after the restore: ${reasonOf(thrown)}`, [ended], output);
  }
  const there = Object.keys(now);
  if (there.length === 0)
    return failed(`${name} says finished, but no table is in ${database.name} of ${app}`, [ended]);
  if (tables === null) return unverified('the tables before the restore are unknown', [ended], output);
  if (!recreated(tables, now)) {
    return failed(
      `${name} says finished, but the tables of ${database.name} are those from before: nothing was restored`,
      [ended],
    );
  }
  return done([ended, `tables made anew in ${database.name}: ${list(there)}`], output);
}

/** The tables by which a restore is proven. */
export function tablesOf({ system }: Run): string[] {
  return system.tables.map(({ name }) => name);
}
