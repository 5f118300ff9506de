// What every part of the simulator works with: the account's state and the means to change real databases.

import type { Links } from './http/links.ts';
import type { History, World } from './model.ts';
import type { Pace } from './pace.ts';
import type { Postgres } from './postgres/server.ts';

export type Heroku = {
  world: World;
  /** Replaced as a whole by the control API. */
  pace: Pace;
  postgres: Postgres;
  /** Where the dump files lie. */
  dir: string;
  /** By add-on: those databases whose past states can be had again. */
  histories: Map<string, History>;
  links: Links;
  /** Web address of each app by name, once its server listens. */
  webUrls: Map<string, string>;
  /** Aborted when the simulator ends: child processes die with it. */
  ending: AbortSignal;
};
