// The Heroku platform: what it can do, what it reads, and its actions.
import type { Platform } from '../../core/platform.ts';
import { backupCapture } from './actions/backup-capture.ts';
import { candidateCreate } from './actions/candidate-create.ts';
import { candidateLoad } from './actions/candidate-load.ts';
import { databasePromote } from './actions/database-promote.ts';
import { databaseRestore } from './actions/database-restore.ts';
import { leftoverDrop } from './actions/leftover-drop.ts';
import { logsWatch } from './actions/logs-watch.ts';
import { maintenance } from './actions/maintenance.ts';
import { releaseRollback } from './actions/release-rollback.ts';
import { servicesCheck } from './actions/services-check.ts';
import { servicesScale } from './actions/services-scale.ts';
import { createApi } from './api.ts';
import { backupId } from './backup-id.ts';
import { candidateName } from './candidate.ts';
import { cleaner } from './clean.ts';
import { createCli } from './cli.ts';
import { connectionOf } from './connection.ts';
import { download } from './download.ts';
import { factsOf } from './facts.ts';
import { leftBy } from './left-by.ts';
import { type HerokuOptions, resolve } from './options.ts';
import { infoOf, liveDatabase } from './readings.ts';
import { createCommits } from './releases.ts';
import { problemsOf, settingsOf, variablesOf } from './settings.ts';
import type { Tools } from './tools.ts';
import { vitalsOf } from './vitals.ts';

export type Heroku = Platform & {
  /** To be called at the start: a Refusal unless the CLI is there and the pinned one. */
  assertCli(): Promise<void>;
};

/** Makes the platform. Nothing is contacted before something is asked of it. */
export function heroku(given: HerokuOptions): Heroku {
  const options = resolve(given);
  const api = createApi(options);
  const clean = cleaner(options.apiKey);
  const cli = createCli(options, clean);
  const commits = createCommits(api);
  const tools: Tools = {
    api,
    cli,
    clean,
    options,
    connection: (system, database) => connectionOf(api, system, database),
  };
  return {
    kind: 'heroku',
    capabilities: ['backups', 'candidate', 'tables', 'moments', 'maintenance', 'releases'],
    problemsOf,
    variablesOf,
    backupId,
    names: ({ name, database }, chosen) => ({ candidate: candidateName(name, chosen), previous: database }),
    facts: (system, environment) => factsOf(api, commits, system, environment),
    leftBy: (system, operation) => leftBy(tools, system, operation),
    vitals: async (system, environment) => {
      const { id } = await liveDatabase(api, settingsOf(system, environment));
      return vitalsOf(await infoOf(api, id));
    },
    connection: tools.connection,
    archiveKeys: async () => ({}),
    download: (system, environment, backup, file, how) =>
      download(tools, settingsOf(system, environment).app, backup, file, how),
    assertCli: () => cli.assertVersion(),
    actions: {
      'backup.capture': backupCapture(tools),
      'database.restore': databaseRestore(tools),
      'candidate.create': candidateCreate(tools),
      'candidate.load': candidateLoad(tools),
      'maintenance.on': maintenance(tools, true),
      'maintenance.off': maintenance(tools, false),
      'database.promote': databasePromote(tools),
      'leftover.drop': leftoverDrop(tools),
      'services.check': servicesCheck(tools),
      'services.scale': servicesScale(tools),
      'release.rollback': releaseRollback(tools),
      'logs.watch': logsWatch(tools),
    },
  };
}
