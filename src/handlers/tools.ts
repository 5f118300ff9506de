// What every handler works with.
import type { App } from '@slack/bolt';
import type { System } from '../core/system.ts';
import type { Log } from '../operations/deps.ts';
import type { UseCases } from '../operations/use-cases.ts';
import type { Identity } from './strangers.ts';

export type SlackClient = App['client'];

export type Tools = {
  readonly useCases: UseCases;
  readonly log: Log;
  readonly systems: readonly Pick<System, 'name' | 'channel'>[];
  /** Known once the app has started. */
  readonly ours: () => Identity;
};
