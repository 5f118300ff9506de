// A platform whose PostgreSQL Holdfast reaches itself: facts, archives, candidate, exchange, tables and moments are the same for all of them.
import { checkedName } from '../../archives/archive-store.ts';
import { Fault } from '../../core/errors.ts';
import type { Platform } from '../../core/platform.ts';
import { backupCapture } from './actions/backup-capture.ts';
import { candidateCheck } from './actions/candidate-check.ts';
import { candidateCreate } from './actions/candidate-create.ts';
import { candidateDrop } from './actions/candidate-drop.ts';
import { candidateLoad } from './actions/candidate-load.ts';
import { candidatePreflight } from './actions/candidate-preflight.ts';
import { candidateScan } from './actions/candidate-scan.ts';
import { databasePromote } from './actions/database-promote.ts';
import { leftoverDrop } from './actions/leftover-drop.ts';
import { momentRecover } from './actions/moment-recover.ts';
import { serverReach } from './actions/server-reach.ts';
import { factsOf } from './facts.ts';
import { keysOf } from './keys.ts';
import { besideNames } from './names.ts';
import type { DirectOptions, Parts, Tools } from './reach.ts';
import { storeOf } from './stores.ts';
import { vitalsOf } from './vitals.ts';

/** Makes the platform. Nothing is contacted before something is asked of it. */
export function direct(parts: Parts, options: DirectOptions): Platform {
  const { kind, capabilities, problemsOf, variablesOf, reach } = parts;
  const source: Tools['files']['platform'] = {
    archiveKeys: async (system, environment) => keysOf((await reach(system, environment)).archives, options),
    async download(system, environment, backup, file, how) {
      const { archives } = await reach(system, environment);
      await storeOf(archives, options).fetch(checkedName(backup), file, how);
    },
  };
  const tools: Tools = { ...options, reach, files: { ...options, platform: source } };
  return {
    ...source,
    kind,
    capabilities: ['backups', 'candidate', 'server', 'tables', ...capabilities],
    problemsOf,
    variablesOf,
    backupId: checkedName,
    names: besideNames,
    facts: (system, environment, options) => factsOf(tools, system, environment, options),
    vitals: async (system, environment) => vitalsOf(await reach(system, environment)),
    freeBytes: async (system, environment, signal) => (await reach(system, environment)).freeBytes(signal),
    async connection(system, { environment, candidate }) {
      const { live } = await reach(system, environment);
      if (candidate === null) return live;
      throw new Fault(`connecting to ${candidate}: a candidate is read as its own role only`);
    },
    actions: {
      'backup.capture': backupCapture(tools),
      'moment.recover': momentRecover(tools),
      'candidate.preflight': candidatePreflight(tools),
      'candidate.create': candidateCreate(tools),
      'candidate.load': candidateLoad(tools),
      'candidate.check': candidateCheck(tools),
      'candidate.scan': candidateScan(tools),
      'candidate.drop': candidateDrop(tools),
      'database.promote': databasePromote(tools),
      'leftover.drop': leftoverDrop(tools),
      'server.reach': serverReach(tools),
      ...parts.actions,
    },
  };
}
