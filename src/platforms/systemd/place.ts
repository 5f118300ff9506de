// Where an environment's units run and how its server is reached from here: directly, or through one tunnel that is kept open.
import type { Secret } from '../../core/secret.ts';
import type { System } from '../../core/system.ts';
import { type Host, localHost } from '../../lib/host.ts';
import { sshHost } from '../../lib/ssh.ts';
import { throughPort, whereIs } from '../../postgres/connect.ts';
import type { DirectOptions } from '../direct/reach.ts';
import { readSettings } from '../direct/settings.ts';
import { refuse } from '../direct/stores.ts';
import { createTunnels } from '../direct/tunnels.ts';
import { Settings } from './settings.ts';

export type Places = {
  settingsOf(system: System, environment: string): Settings;
  /** As whoever logs in, or as another user of that machine. */
  hostOf(settings: Settings, as?: string | null): Host;
  /** The live database's address as it is reached from here; behind a machine that is away nothing answers on it. */
  addressOf(settings: Settings): Promise<Secret>;
};

export function createPlaces({ path, secretOf }: DirectOptions): Places {
  const tunnels = createTunnels();
  return {
    settingsOf: (system, environment) => readSettings(Settings, system, environment),
    hostOf({ host, hostPath }, as) {
      const user = as == null ? {} : { as };
      return host === undefined
        ? localHost({ path: hostPath, ...user })
        : sshHost({ address: host, path, remotePath: hostPath, refuse, ...user });
    },
    async addressOf({ connection, host }) {
      const secret = secretOf(connection);
      if (host === undefined) return secret;
      const { hostname, port } = whereIs(secret);
      const client = { address: host, path, refuse };
      return throughPort(secret, await tunnels.portTo(client, { remoteHost: hostname, remotePort: port }));
    },
  };
}
