// Is a database what another one was at a moment? By the parent that Heroku names, and by the times in its own rows.

import type { Outcome, Run } from '../../core/action.ts';
import type { Check } from '../../core/check.ts';
import { reasonOf } from '../../core/errors.ts';
import { done, failed, unverified } from '../../core/outcomes.ts';
import { purposeOf } from '../../core/purpose.ts';
import type { Secret } from '../../core/secret.ts';
import { count, list, utcTime } from '../../core/wording.ts';
import { withDatabase } from '../../postgres/connect.ts';
import { quoted } from '../../postgres/identifier.ts';
import { infoOf, liveDatabase } from './readings.ts';
import { isSameDatabase, parentOf } from './rollback-window.ts';
import { settingsOf } from './settings.ts';
import type { Tools } from './tools.ts';
import { patiently } from './waiting.ts';

type Made = {
  readonly environment: string;
  readonly candidate: string;
  /** The candidate's id, and that of the database that was live when it was ordered. */
  readonly id: string;
  readonly live: string;
  readonly at: string;
};

/** Rows per table: how many were written well before the moment, and how many after it. */
type Rows = Readonly<Record<string, { readonly before: number; readonly after: number }>>;

/** Clocks of application servers run ahead by so much at most. */
const AHEAD_MS = 5_000;
/** A row's time is that of its writing; its transaction was committed so much later at most. */
const OPEN_MS = 60_000;

/** Heroku does not repeat the moment anywhere, so the rows have to tell. `says`: what was proven before. */
export async function provenMoment(tools: Tools, made: Made, says: readonly string[], run: Run): Promise<Outcome> {
  const { environment, candidate, id, at } = made;
  const settings = settingsOf(run.system, environment);
  const connection = (of: string | null) => tools.connection(run.system, { environment, candidate: of });
  const info = await patiently(tools, () => infoOf(tools.api, id, run.signal), run.signal);
  const parent = await patiently(tools, () => liveDatabase(tools.api, settings, run.signal), run.signal);
  if (parent.id !== made.live) return failed(`${settings.app} uses ${parent.name} now, no longer what was rolled back`);
  const named = parentOf(info);
  if (named !== null && !isSameDatabase(named, (await connection(null)).open())) {
    return failed(`Heroku has made ${candidate} of another database than ${parent.name}`, says);
  }
  let then: Rows;
  try {
    then = await rowsOf(await connection(candidate), at, run);
  } catch (thrown) {
    run.signal.throwIfAborted();
    return unverified(`the rows of ${candidate} could not be read: ${tools.clean(reasonOf(thrown))}`, says);
  }
  const tables = Object.keys(then);
  if (tables.length === 0) {
    return unverified(`no table of the system file says when its rows are written, which would tell the moment`, says);
  }
  const moment = `${at.slice(0, 10)} ${utcTime(at)}`;
  const late = Object.entries(then).flatMap(([table, { after }]) => (after > 0 ? [`${table} ${after}`] : []));
  if (late.length > 0) {
    return failed(`${candidate} is not as it was at ${moment}: rows written later are in it (${list(late)})`, says);
  }
  const checks: Check[] = [
    named === null
      ? { name: 'Source', status: 'warn', figure: `Heroku does not say of which database ${candidate} was made` }
      : { name: 'Source', status: 'pass', figure: `made by rollback of ${parent.name}` },
    { name: 'Moment', status: 'pass', figure: `no row of ${list(tables)} was written after ${moment}` },
    await nothingMissing(tools, then, at, () => connection(null), run),
  ];
  return done([...says, ...checks.map(({ figure }) => figure)], null, checks);
}

/** What the live database still has of that time must be in it: a state from long before would be right in all else. */
async function nothingMissing(
  { clean }: Tools,
  then: Rows,
  at: string,
  live: () => Promise<Secret>,
  run: Run,
): Promise<Check> {
  const name = 'Rows of that time';
  try {
    const now = await rowsOf(await live(), at, run);
    const fewer = Object.entries(then).flatMap(([table, { before }]) => {
      const missing = (now[table]?.before ?? 0) - before;
      return missing > 0 ? [`${table} ${count(missing, 'row')}`] : [];
    });
    const figures = list(Object.entries(then).map(([table, { before }]) => `${table} ${count(before, 'row')}`));
    if (fewer.length === 0) return { name, status: 'pass', figure: `all that the live database has of it: ${figures}` };
    return { name, status: 'warn', figure: `fewer than the live database has of it: ${list(fewer)} missing` };
  } catch (thrown) {
    run.signal.throwIfAborted();
    return { name, status: 'warn', figure: `the live database cannot be compared: ${clean(reasonOf(thrown))}` };
  }
}

/** Rows dated in the future say nothing about when they were written. */
async function rowsOf(secret: Secret, at: string, run: Run): Promise<Rows> {
  const { system, signal } = run;
  const options = { readOnly: true, purpose: purposeOf(run), timeoutSeconds: 600, signal };
  const moments = [-OPEN_MS, AHEAD_MS].map((ms) => new Date(Date.parse(at) + ms).toISOString());
  return await withDatabase(secret, options, async (query) => {
    const rows: Record<string, Rows[string]> = {};
    for (const { name, writtenAt } of system.tables) {
      if (writtenAt === undefined) continue;
      const written = quoted(writtenAt);
      const [found] = await query<{ before: string; after: string }>(
        `select count(*) filter (where ${written} <= $1::timestamptz) as before,
                count(*) filter (where ${written} > $2::timestamptz and ${written} <= now()) as after
         from ${quoted(name)}`,
        moments,
      );
      rows[name] = { before: Number(found?.before), after: Number(found?.after) };
    }
    return rows;
  });
}
