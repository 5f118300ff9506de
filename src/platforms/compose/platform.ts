// A compose project whose PostgreSQL is one of its services: what all platforms of the kind have, and its services, migrations, logs and volume.
import type { Platform } from '../../core/platform.ts';
import { momentsOf } from '../direct/moments.ts';
import { direct } from '../direct/platform.ts';
import type { DirectOptions, Parts, Reach } from '../direct/reach.ts';
import { settingsProblems, variablesIn } from '../direct/settings.ts';
import { logsWatch } from './actions/logs-watch.ts';
import { migrationsRun } from './actions/migrations-run.ts';
import { serverRecreate } from './actions/server-recreate.ts';
import { servicesStart, servicesStop } from './actions/services.ts';
import { bayOf } from './bay.ts';
import { diskOf } from './free-bytes.ts';
import { createHands, sshClientOf } from './hands.ts';
import { createAddresses } from './live-address.ts';
import { Settings } from './settings.ts';

/** Every problem with an environment's settings, before anything is connected. */
export const problemsOf: Platform['problemsOf'] = (settings) => settingsProblems(Settings, settings);

export const variablesOf: Platform['variablesOf'] = (settings) => {
  const { data } = Settings.safeParse(settings);
  return data === undefined ? [] : variablesIn(data);
};

/** Makes the platform. Nothing is contacted before something is asked of it. */
export function compose(options: DirectOptions): Platform {
  const addresses = createAddresses();
  const handsOn = createHands(options);
  const reach: Parts['reach'] = async (system, environment) => {
    const hands = await handsOn(system, environment);
    const { project, connection, archives, owner, services, migrate, pgbackrest } = hands.settings;
    const live = () => addresses.reach(options.secretOf(connection), sshClientOf(hands.settings, options.path));
    const disk: Reach['disk'] = (signal = AbortSignal.timeout(DISK_MS)) => diskOf(hands, signal);
    return {
      name: project,
      live: await live(),
      archives,
      owner,
      services,
      migrate: migrate === undefined ? null : migrate.command.join(' '),
      freeBytes: async (signal) => (await disk(signal))?.freeBytes ?? null,
      disk,
      moments: pgbackrest === undefined ? null : momentsOf(pgbackrest, bayOf(hands, pgbackrest), live),
    };
  };
  return direct(
    {
      kind: 'compose',
      problemsOf,
      variablesOf,
      capabilities: ['moments'],
      reach,
      actions: {
        'services.stop': servicesStop(handsOn),
        'services.start': servicesStart(handsOn),
        'migrations.run': migrationsRun({ handsOn, reach }),
        'logs.watch': logsWatch(handsOn),
        'server.recreate': serverRecreate({ handsOn, reach }),
      },
    },
    options,
  );
}

const DISK_MS = 15_000;
