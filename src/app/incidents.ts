// What the use cases of incidents need to know of systems, people and the store; and the channels that incidents have of their own.
import type { System } from '../core/system.ts';
import type { IncidentDeps } from '../incidents/deps.ts';
import { incidentChannels } from '../notify/incident-channel.ts';
import { requireOperator } from '../operations/authority.ts';
import type { Deps, Place } from '../operations/deps.ts';
import { bySystemName } from '../operations/find-system.ts';
import type { Store } from '../store/store.ts';

type Channels = Parameters<typeof incidentChannels>[0];

export function incidentDepsOf(given: Pick<Deps, 'people' | 'systems' | 'log'>, store: Store): IncidentDeps {
  const { people, systems, log } = given;
  return {
    incidents: store.incidents,
    notices: store.notices,
    outbox: store.outbox,
    alerts: store.alerts,
    operations: store.operations,
    systems,
    systemNamed: (name) => bySystemName(systems.all, name),
    requireOperator: (system, person) => requireOperator(people, system, person),
    log,
  };
}

/** What an incident's log says of its channel stands: two processes may have opened it at once. */
export function channelsOf(given: Pick<Channels, 'client' | 'log'>, { incidents }: Pick<Store, 'incidents'>) {
  return incidentChannels({
    ...given,
    remember: async (id, opened) => {
      const then = await incidents.change(id, ({ channel }) =>
        channel === undefined ? [{ type: 'channel', ...opened }] : [],
      );
      return then.channel ?? null;
    },
  });
}

/** Whose own channel it is that a command was typed in. */
export function placesOf(
  { incidents }: Pick<Store, 'incidents'>,
  systems: readonly Pick<System, 'channel'>[],
): (channel: string) => Promise<Place> {
  const shared = new Set(systems.map((system) => system.channel));
  return async (channel) => {
    const found = shared.has(channel) ? null : await incidents.inChannel(channel);
    return { channel, about: found === null ? null : { system: found.system, incident: found.id } };
  };
}
