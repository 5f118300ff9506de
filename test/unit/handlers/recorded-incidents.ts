// Use cases of incidents that do nothing but remember what they were asked.
import type { IncidentUseCases } from '../../../src/core/incident-use-cases.ts';
import type { IncidentSight } from '../../../src/core/incident-views.ts';
import { assessment, storyOf } from '../../support/shown.ts';

export type AskedOfIncident = { readonly what: keyof IncidentUseCases; readonly about: unknown };

/** Knows one incident, in the phase of that story. `instead` replaces single use cases. */
export function recordedIncidents(instead: Partial<IncidentUseCases> = {}, story = 'recovering') {
  const { sight } = storyOf(story);
  const asked: AskedOfIncident[] = [];
  const same = async () => sight.incident;
  const real: IncidentUseCases = {
    ...{ declare: same, acknowledge: same, update: same, setLevel: same, setScenario: same, tick: same, untick: same },
    ...{ resolve: same, followUp: same },
    assess: async () => assessment,
    find: async (): Promise<IncidentSight> => sight,
    ...instead,
  };
  const remembering = (what: keyof IncidentUseCases) => (about: never) => {
    asked.push({ what, about });
    return real[what](about);
  };
  const names = Object.keys(real) as (keyof IncidentUseCases)[];
  const incidents = Object.fromEntries(names.map((name) => [name, remembering(name)])) as unknown as IncidentUseCases;
  return { incidents, asked, sight };
}
