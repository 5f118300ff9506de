// Which incident a person means: the one that is named, else the only open one of the system.
import { Refusal } from '../core/errors.ts';
import type { Incident } from '../core/incident.ts';
import { list } from '../core/wording.ts';
import type { IncidentDeps } from './deps.ts';
import { findIncident } from './sight.ts';

/** Throws Refusal when there is none, or several from which one has to be chosen. */
export async function chooseIncident(
  deps: Pick<IncidentDeps, 'incidents'>,
  named: string | null,
  system: string,
): Promise<Incident> {
  if (named !== null) return findIncident(deps, named);
  const open = await deps.incidents.open(system);
  const [only, ...others] = open;
  if (only === undefined) {
    throw new Refusal(
      'no-open-incident',
      `No incident of ${system} is open.`,
      'Declare one with `/dr incident declare`, or name one with `--incident inc-7`.',
    );
  }
  if (others.length === 0) return only;
  throw new Refusal(
    'which-incident',
    `Several incidents of ${system} are open: ${list(open.map(({ id }) => id))}.`,
    'Name one with `--incident inc-7`.',
  );
}

/** Those of the same system that are open beside it: told to whoever declares another one. */
export async function openBeside(
  { incidents }: Pick<IncidentDeps, 'incidents'>,
  incident: Incident,
): Promise<string[]> {
  return (await incidents.open(incident.system)).map(({ id }) => id).filter((id) => id !== incident.id);
}
