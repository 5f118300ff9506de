// Facts of one environment, read from Heroku now.
import type { EnvironmentFacts } from '../../core/facts.ts';
import type { System } from '../../core/system.ts';
import { utcShort } from '../../core/wording.ts';
import type { Api } from './api.ts';
import { type Database, formationOf, infoOf, liveDatabase, releasesOf, transfersOf } from './readings.ts';
import { type Commits, toReleases } from './releases.ts';
import { windowOf } from './rollback-window.ts';
import type { Transfer } from './schema.ts';
import { settingsOf } from './settings.ts';
import { isBackup, isFinished, moment, toBackup, transferName } from './transfers.ts';

/** Reads everything that a plan is made from, except the data itself. */
export async function factsOf(
  api: Api,
  commits: Commits,
  system: System,
  environment: string,
): Promise<EnvironmentFacts> {
  const settings = settingsOf(system, environment);
  const { app } = settings;
  const [database, transfers, releases, formation] = await Promise.all([
    liveDatabase(api, settings),
    transfersOf(api, app),
    releasesOf(api, app),
    formationOf(api, app),
  ]);
  const [there, info] = await Promise.all([
    database.owner === app ? transfers : transfersOf(api, database.owner),
    infoOf(api, database.id),
  ]);
  return {
    target: { environment, name: app, database: database.name, identity: database.id },
    backups: transfers
      .filter(isBackup)
      .toSorted((a, b) => b.num - a.num)
      .map(toBackup),
    releases: await toReleases(releases, app, commits),
    releasePhase: formation.find(({ type }) => type === 'release')?.command ?? null,
    window: windowOf(info, new Date()),
    server: null,
    activity: activityOn(database, there).map((transfer) => ({
      is: transfer.to_type === 'pg_restore' ? 'restore' : 'backup',
      text: activityText(transfer, new Date()),
    })),
    survey: null,
    surveyProblem: null,
  };
}

/** Transfers from or into this database that have not ended. */
export function activityOn(database: Database, transfers: readonly Transfer[]): Transfer[] {
  return transfers.filter((transfer) => {
    const reads = transfer.from_type === 'pg_dump' && database.isCalled(transfer.from_name);
    const writes = transfer.to_type === 'pg_restore' && database.isCalled(transfer.to_name);
    return !isFinished(transfer) && (reads || writes);
  });
}

/** `restore r012, started 02:14 UTC` */
export function activityText(transfer: Transfer, now: Date): string {
  const name = transferName(transfer);
  const what = transfer.to_type !== 'pg_restore' ? 'backup' : name.startsWith('c') ? 'copy' : 'restore';
  return `${what} ${name}, started ${utcShort(moment(transfer.started_at ?? transfer.created_at), now)}`;
}
