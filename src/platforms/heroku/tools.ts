// What every Heroku action works with.
import type { DatabaseRef } from '../../core/platform.ts';
import type { Secret } from '../../core/secret.ts';
import type { System } from '../../core/system.ts';
import type { Api } from './api.ts';
import type { Clean } from './clean.ts';
import type { Cli } from './cli.ts';
import type { Resolved } from './options.ts';

export type Tools = {
  readonly api: Api;
  readonly cli: Cli;
  readonly clean: Clean;
  readonly options: Resolved;
  connection(system: System, database: DatabaseRef): Promise<Secret>;
};
