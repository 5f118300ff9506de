// Everything that a person can do about an incident, put together: what answers and handlers call.
import type { IncidentUseCases } from '../core/incident-use-cases.ts';
import { acknowledge, followUp, resolve, setLevel, setScenario, tick, untick, update } from './act.ts';
import { assess } from './assess.ts';
import { declare } from './declare.ts';
import type { IncidentDeps } from './deps.ts';
import { sightOf } from './sight.ts';

export function createIncidentUseCases(deps: IncidentDeps): IncidentUseCases {
  return {
    declare: (asked) => declare(deps, asked, new Date()),
    acknowledge: (on) => acknowledge(deps, on),
    update: (on) => update(deps, on),
    setLevel: (on) => setLevel(deps, on),
    setScenario: (on) => setScenario(deps, on),
    tick: (on) => tick(deps, on),
    untick: (on) => untick(deps, on),
    resolve: (on) => resolve(deps, on),
    followUp: (on) => followUp(deps, on),
    assess: (asked) => assess(deps, asked, new Date()),
    find: (incident) => sightOf(deps, incident, new Date()),
  };
}
