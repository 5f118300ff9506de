// By which address libpq reaches the live database from here: the one that is configured, or through ssh to the engine's machine.
import { Secret } from '../../core/secret.ts';
import type { SshClient } from '../../lib/ssh-client.ts';
import { createTunnels } from '../direct/tunnels.ts';

export type Addresses = {
  /** Throws Refusal when the host is not the known one, or does not let us in. */
  reach(address: Secret, client: SshClient | null): Promise<Secret>;
};

/** Keeps one tunnel per database open, for as long as this process lives. */
export function createAddresses(): Addresses {
  const tunnels = createTunnels();
  return {
    async reach(address, client) {
      const url = URL.parse(address.open());
      // What is no URL is said by whoever connects with it.
      if (client === null || url === null) return address;
      const remote = { remoteHost: url.hostname, remotePort: Number(url.port || '5432') };
      url.hostname = '127.0.0.1';
      url.port = String(await tunnels.portTo(client, remote));
      return new Secret(url.href);
    },
  };
}
