// By which address libpq reaches the live database from here: the one that is configured, or through ssh to the engine's machine.
import { Refusal } from '../../core/errors.ts';
import { Secret } from '../../core/secret.ts';
import type { SshClient } from '../../lib/ssh-client.ts';
import { forward, type Tunnel } from '../../lib/tunnel.ts';

/** Nothing listens here, on any machine: what cannot be reached is refused at once. */
const NOWHERE = 1;

export type Addresses = {
  /** Throws Refusal when the host is not the known one, or does not let us in. */
  reach(address: Secret, client: SshClient | null): Promise<Secret>;
};

/** Keeps one tunnel per database open, for as long as this process lives. */
export function createAddresses(): Addresses {
  const tunnels = new Map<string, Promise<Tunnel>>();

  return {
    async reach(address, client) {
      const url = URL.parse(address.open());
      // What is no URL is said by whoever connects with it.
      if (client === null || url === null) return address;
      const remote = { remoteHost: url.hostname, remotePort: Number(url.port || '5432') };
      const { user, host, port } = client.address;
      const key = [user, host, port, remote.remoteHost, remote.remotePort].join(' ');
      url.hostname = '127.0.0.1';
      url.port = String((await opened(key, client, remote)) ?? NOWHERE);
      return new Secret(url.href);
    },
  };

  async function opened(key: string, client: SshClient, remote: { remoteHost: string; remotePort: number }) {
    const opening = tunnels.get(key) ?? forward(client, remote);
    tunnels.set(key, opening);
    try {
      return (await opening).port;
    } catch (thrown) {
      tunnels.delete(key);
      // A machine that is gone must not stand in the way of its own recovery (P9): its database is unreachable, no more.
      if (thrown instanceof Refusal && thrown.code === 'host-unreachable') return null;
      throw thrown;
    }
  }
}
