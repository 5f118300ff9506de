// The platforms as this configuration has them, with what they share.
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Config } from '../config/config.ts';
import type { Judges } from '../config/systems.ts';
import type { Actions } from '../core/action.ts';
import { Refusal } from '../core/errors.ts';
import type { Platform } from '../core/platform.ts';
import { Secret } from '../core/secret.ts';
import { heldBackups } from '../operations/held.ts';
import {
  compose,
  problemsOf as composeProblemsOf,
  variablesOf as composeVariablesOf,
} from '../platforms/compose/platform.ts';
import type { DirectOptions } from '../platforms/direct/reach.ts';
import { type Heroku, heroku } from '../platforms/heroku/platform.ts';
import { problemsOf as herokuProblemsOf, variablesOf as herokuVariablesOf } from '../platforms/heroku/settings.ts';
import { copyBackup } from '../platforms/shared/backup-copy.ts';
import { checkCandidate, checkDatabase } from '../platforms/shared/check-database.ts';
import { checkSmoke } from '../platforms/shared/check-smoke.ts';
import { exportData } from '../platforms/shared/data-export.ts';
import { drillDisaster } from '../platforms/shared/drill-disaster.ts';
import { fetchBackupAction } from '../platforms/shared/fetch-backup.ts';
import { checkHealth } from '../platforms/shared/health.ts';
import { personTask } from '../platforms/shared/person-task.ts';
import { pruneBackups } from '../platforms/shared/prune-backups.ts';
import { rehearseBackup } from '../platforms/shared/rehearse-backup.ts';
import { tableActions } from '../platforms/shared/table-actions.ts';
import { verifyBackups } from '../platforms/shared/verify-backups.ts';
import { supabase } from '../platforms/supabase/platform.ts';
import {
  problemsOf as supabaseProblemsOf,
  variablesOf as supabaseVariablesOf,
} from '../platforms/supabase/settings.ts';
import {
  systemd,
  problemsOf as systemdProblemsOf,
  variablesOf as systemdVariablesOf,
} from '../platforms/systemd/platform.ts';
import { cronProblems } from '../progress/cron.ts';
import type { Store } from '../store/store.ts';

/** What judges the settings and times in system files, before anything is connected. */
export const judges: Judges = {
  platforms: [
    { kind: 'heroku', problemsOf: herokuProblemsOf, variablesOf: herokuVariablesOf, reachesServer: false },
    { kind: 'compose', problemsOf: composeProblemsOf, variablesOf: composeVariablesOf, reachesServer: true },
    { kind: 'systemd', problemsOf: systemdProblemsOf, variablesOf: systemdVariablesOf, reachesServer: true },
    { kind: 'supabase', problemsOf: supabaseProblemsOf, variablesOf: supabaseVariablesOf, reachesServer: true },
  ],
  schedules: cronProblems,
};

/** How long what Heroku accepted may take until it is listed, and how often it is asked while something is under way. */
const HEROKU_SETTLE_MS = 8_000;
const HEROKU_POLL_MS = 1_000;

/** Each kind of platform, once; whatever they reach is reached when they are asked. */
export function platformsOf(config: Config): { readonly heroku: Heroku; readonly all: readonly Platform[] } {
  const cli = herokuFor(config);
  const reaching = directOptions(config);
  return { heroku: cli, all: [cli, compose(reaching), systemd(reaching), supabase(reaching)] };
}

/** What is done in the same way on every platform. */
export function sharedActions(platform: Platform, config: Config, { operations }: Store): Actions {
  const { workDir, path } = config;
  const opening = directOptions(config);
  const now = () => new Date();
  const files = { platform, workDir, path };
  return {
    'backups.verify': verifyBackups(platform, now),
    'backup.fetch': fetchBackupAction(files),
    'backup.rehearse': rehearseBackup({ ...files, now }),
    'backup.copy': copyBackup({ ...files, ...opening, now }),
    'data.export': exportData({ ...files, ...opening }),
    'backups.prune': pruneBackups({
      ...opening,
      now,
      held: (system, ids, except) => heldBackups(operations, system, ids, except),
    }),
    ...tableActions(files),
    'drill.disaster': drillDisaster({ ...files, now }),
    'database.check': checkDatabase(platform),
    'candidate.check': checkCandidate(platform),
    'health.check': checkHealth(),
    'smoke.check': checkSmoke(opening),
    'person.task': personTask(),
  };
}

/** What the platforms need whose PostgreSQL Holdfast reaches itself. */
export function directOptions({ workDir, path, maskingKey, secrets }: Config): DirectOptions {
  const secretOf = (variable: string) => {
    const secret = secrets.get(variable);
    if (secret !== undefined) return secret;
    throw new Refusal('no-such-variable', `The variable ${variable} is not set.`, 'Set it where Holdfast runs.');
  };
  return { workDir, path, maskingKey, secretOf };
}

/** HEROKU_HOST is what the CLI takes: a host name, or an address whose scheme and port its data host shares. */
function herokuFor({ heroku: given, workDir, path }: Config): Heroku {
  const isAddress = given.host.includes('://');
  const base = new URL(isAddress ? given.host : `https://api.${given.host}`);
  const data = new URL(base);
  data.hostname = given.dataHost ?? (isAddress ? base.hostname : `api.data.${given.host}`);
  return heroku({
    apiKey: given.apiKey ?? new Secret(''),
    host: base.origin,
    dataHost: data.origin,
    cliHost: given.host,
    cliDataHost: data.hostname,
    cliFile: fileURLToPath(new URL('../../node_modules/.bin/heroku', import.meta.url)),
    path,
    home: join(workDir, 'heroku-home'),
    // A person waits for the plan: what fails three times in a row is said.
    tries: 3,
    settle: HEROKU_SETTLE_MS,
    poll: HEROKU_POLL_MS,
  });
}
