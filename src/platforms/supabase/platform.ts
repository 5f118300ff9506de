// The platform supabase: PostgreSQL that Holdfast reaches itself, whose database nobody can rename, so that schemas are exchanged.

import type { ActionName, Actions } from '../../core/action.ts';
import { Fault } from '../../core/errors.ts';
import type { Platform } from '../../core/platform.ts';
import { direct } from '../direct/platform.ts';
import type { DirectOptions, Parts, Tools } from '../direct/reach.ts';
import { backupCapture } from './actions/backup-capture.ts';
import { candidateCheck } from './actions/candidate-check.ts';
import { candidateCreate } from './actions/candidate-create.ts';
import { candidateDrop } from './actions/candidate-drop.ts';
import { candidateLoad } from './actions/candidate-load.ts';
import { candidatePreflight } from './actions/candidate-preflight.ts';
import { candidateScan } from './actions/candidate-scan.ts';
import { databasePromote } from './actions/database-promote.ts';
import { leftoverDrop } from './actions/leftover-drop.ts';
import { withSchemas } from './facts.ts';
import { schemaNames } from './names.ts';
import { reachOf } from './reach.ts';
import { problemsOf, variablesOf } from './settings.ts';

/** Makes the platform. Nothing is contacted before something is asked of it. */
export function supabase(options: DirectOptions): Platform {
  const reach: Tools['reach'] = async (system, environment) => reachOf(options, system, environment);
  const parts: Parts = { kind: 'supabase', capabilities: [], problemsOf, variablesOf, reach, actions: {} };
  const base = direct(parts, options);
  const tools: Tools = { ...options, reach, files: { ...options, platform: base } };
  return {
    ...base,
    names: schemaNames,
    async facts(system, environment, options) {
      const [facts, { live }] = [await base.facts(system, environment, options), await reach(system, environment)];
      return await withSchemas(facts, live, system);
    },
    async connection(system, { environment, candidate }) {
      const { live } = await reach(system, environment);
      if (candidate === null) return live;
      throw new Fault(`connecting to ${candidate}: what stands beside public is only ever named in full`);
    },
    actions: {
      ...base.actions,
      'backup.capture': backupCapture(tools, of(base.actions, 'backup.capture')),
      'candidate.preflight': candidatePreflight(tools, of(base.actions, 'candidate.preflight')),
      'candidate.create': candidateCreate(tools),
      'candidate.load': candidateLoad(tools),
      'candidate.check': candidateCheck(tools),
      'candidate.scan': candidateScan(tools),
      'candidate.drop': candidateDrop(tools),
      'database.promote': databasePromote(tools),
      'leftover.drop': leftoverDrop(tools),
    },
  };
}

function of<N extends ActionName>(actions: Actions, name: N): NonNullable<Actions[N]> {
  const action = actions[name];
  if (action === undefined) throw new Fault(`looking for the action ${name}`);
  return action;
}
