// Facts of one environment, read now: from its server, from the store of its backups, and from what stands beside the live database.
import { toBackups } from '../../archives/backups.ts';
import { Fault, reasonOf } from '../../core/errors.ts';
import type { Backup, EnvironmentFacts, Server, Target } from '../../core/facts.ts';
import type { FactsOptions } from '../../core/platform.ts';
import type { System } from '../../core/system.ts';
import { databaseName } from '../../postgres/connect.ts';
import { activityOn, databaseFacts } from '../../postgres/database-facts.ts';
import { unknownIdentity } from './identity.ts';
import { leftoversOn } from './leftovers.ts';
import type { Reach, Tools } from './reach.ts';
import { storeOf } from './stores.ts';

/** A server that is down must not stand in the way of its own recovery (P7): what it would have said is unknown then. */
export async function factsOf(
  tools: Tools,
  system: System,
  environment: string,
  { storeMayBeAway = false }: FactsOptions = {},
): Promise<EnvironmentFacts> {
  const reach = await tools.reach(system, environment);
  const listed = backupsOf(tools, reach).then((backups) => ({ backups }));
  const [stored, read] = await Promise.all([
    storeMayBeAway ? listed.catch((thrown) => ({ backups: [], backupsProblem: reasonOf(thrown) })) : listed,
    serverFacts(reach, system, environment),
  ]);
  return {
    ...read,
    ...stored,
    releases: [],
    releasePhase: null,
    ...(await windowOf(reach)),
    survey: null,
  };
}

/** The backups of the store, newest first. */
async function backupsOf(tools: Tools, { archives }: Reach, signal?: AbortSignal): Promise<Backup[]> {
  const files = await storeOf(archives, tools).list(signal ?? AbortSignal.timeout(LIST_MS));
  return toBackups(files, { scheduled: archives.scheduled, now: new Date() });
}

const LIST_MS = 30_000;

type Read = Pick<EnvironmentFacts, 'target' | 'activity' | 'server' | 'surveyProblem'>;

async function serverFacts(reach: Reach, system: System, environment: string): Promise<Read> {
  const { name, live, services, migrate } = reach;
  const database = databaseName(live);
  const target = (identity: string): Target => ({ environment, name, database, identity });
  const unknown: Server = {
    services: [...services],
    migrate,
    bytes: null,
    freeBytes: null,
    warm: [],
    candidates: [],
    kept: [],
  };
  try {
    const [here, activity, beside, freeBytes] = await Promise.all([
      databaseFacts(live, database),
      activityOn(live, database),
      leftoversOn(live, database),
      reach.freeBytes(),
    ]);
    return {
      target: target(here?.identity ?? unknownIdentity('gone', system, environment)),
      activity,
      server: { ...unknown, ...beside, bytes: here?.bytes ?? null, freeBytes },
      surveyProblem: here === null ? `there is no database ${database}` : null,
    };
  } catch (thrown) {
    if (!(thrown instanceof Fault)) throw thrown;
    return {
      target: target(unknownIdentity('unreachable', system, environment)),
      activity: [],
      server: unknown,
      surveyProblem: reasonOf(thrown),
    };
  }
}

/** What cannot be read cannot be promised. */
async function windowOf({ moments }: Reach): Promise<Pick<EnvironmentFacts, 'window' | 'windowProblem'>> {
  if (moments === null) return { window: null };
  try {
    return { window: await moments.window() };
  } catch (thrown) {
    return { window: null, windowProblem: reasonOf(thrown) };
  }
}
