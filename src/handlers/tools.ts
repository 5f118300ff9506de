// What every handler works with.
import type { App } from '@slack/bolt';
import type { IncidentUseCases } from '../core/incident-use-cases.ts';
import type { Home } from '../core/incident-views.ts';
import type { System } from '../core/system.ts';
import type { Log } from '../operations/deps.ts';
import type { UseCases } from '../operations/use-cases.ts';
import type { Identity } from './strangers.ts';

export type SlackClient = App['client'];

export type Tools = {
  readonly useCases: UseCases;
  readonly incidents: IncidentUseCases;
  /** App Home of one person: only what is stored, so that opening it is quick. */
  readonly homeFor: (user: string) => Promise<Home>;
  readonly log: Log;
  readonly systems: readonly System[];
  /** Known once the app has started. */
  readonly ours: () => Identity;
};
