// Is the database still the one that the plan names? Asked directly before it is touched (faults 27, 42).

import { Refusal } from '../../core/errors.ts';
import type { Target } from '../../core/facts.ts';
import type { Api } from './api.ts';
import { type Database, liveDatabase } from './readings.ts';
import type { Settings } from './settings.ts';

/** The live database if its identity is the planned one; a Refusal otherwise. */
export async function plannedDatabase(
  api: Api,
  settings: Settings,
  target: Target,
  signal: AbortSignal,
): Promise<Database> {
  const { app, database: attachment } = settings;
  const now = await liveDatabase(api, settings, signal);
  if (app === target.name && now.id === target.identity) return now;
  throw new Refusal(
    'target-moved',
    `${attachment} of ${app} is ${now.name} now; planned was ${target.database} of ${target.name}.`,
    'Ask for a new plan.',
  );
}
