// The systemd platform: a PostgreSQL and the services on it as units of one machine, here or behind ssh.
import type { Platform } from '../../core/platform.ts';
import { homeOf, removeRecovered } from '../../postgres/moment/recovered.ts';
import { type Bay, momentsOf } from '../direct/moments.ts';
import { direct } from '../direct/platform.ts';
import type { DirectOptions, Reach } from '../direct/reach.ts';
import { settingsProblems, variablesIn } from '../direct/settings.ts';
import { logsWatch } from './actions/logs-watch.ts';
import { servicesStart, servicesStop } from './actions/services.ts';
import { createPlaces, type Places } from './place.ts';
import { Settings } from './settings.ts';

const ANSWER_MS = 30_000;

export function problemsOf(settings: unknown) {
  return settingsProblems(Settings, settings);
}

export function variablesOf(settings: unknown): string[] {
  const { data } = Settings.safeParse(settings);
  return data === undefined ? [] : variablesIn(data);
}

/** Makes the platform. Nothing is contacted before something is asked of it. */
export function systemd(options: DirectOptions): Platform {
  const places = createPlaces(options);
  return direct(
    {
      kind: 'systemd',
      capabilities: ['moments'],
      problemsOf,
      variablesOf,
      reach: async (system, environment) => reachOf(places, places.settingsOf(system, environment)),
      actions: {
        'services.stop': servicesStop(places),
        'services.start': servicesStart(places),
        'logs.watch': logsWatch(places),
      },
    },
    options,
  );
}

async function reachOf(places: Places, settings: Settings): Promise<Reach> {
  const { host, services, archives, owner, dataDirectory, pgbackrest } = settings;
  const live = () => places.addressOf(settings);
  const disk: Reach['disk'] = async (signal) => {
    const ran = await places
      .hostOf(settings)
      .run('df', ['--output=used,avail', '--block-size=1', '--', dataDirectory], {
        timeoutMs: ANSWER_MS,
        ...(signal === undefined ? {} : { signal }),
      });
    const [, used, free] = /^\s*(\d+)\s+(\d+)\s*$/m.exec(ran.stdout) ?? [];
    if (ran.code !== 0 || used === undefined || free === undefined) return null;
    return { usedBytes: Number(used), freeBytes: Number(free) };
  };
  return {
    name: host?.host ?? 'this machine',
    live: await live(),
    archives,
    owner,
    services,
    migrate: null,
    freeBytes: async (signal) => (await disk(signal))?.freeBytes ?? null,
    disk,
    moments: pgbackrest === undefined ? null : momentsOf(pgbackrest, bayOf(places, settings, pgbackrest), live),
  };
}

/** On the server's own machine, as the user whose it is. */
function bayOf(places: Places, settings: Settings, { user, recoverIn: dir }: NonNullable<Settings['pgbackrest']>): Bay {
  const host = places.hostOf(settings, user);
  return {
    host,
    beside: async () => ({ host, dir }),
    clear: (name, signal) => removeRecovered(host, homeOf(dir, name), signal),
  };
}
