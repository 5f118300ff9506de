// Tunnels through ssh to database servers: one per server, kept open for as long as this process lives.
import { Refusal } from '../../core/errors.ts';
import type { SshClient } from '../../lib/ssh-client.ts';
import { forward, type Tunnel, type TunnelEnd } from '../../lib/tunnel.ts';

/** Nothing listens here, on any machine: what cannot be reached is refused at once. */
const NOWHERE = 1;

export type Tunnels = {
  /**
   * The port on 127.0.0.1 that leads there. Behind a machine that is away nothing answers on it: such a machine must not stand
   * in the way of its own recovery (P9, F8). Throws Refusal when the host is not the known one, or does not let us in.
   */
  portTo(client: SshClient, end: TunnelEnd): Promise<number>;
};

/** Nothing is opened before it is asked for. */
export function createTunnels(): Tunnels {
  const tunnels = new Map<string, Promise<Tunnel>>();
  return {
    async portTo(client, end) {
      const key = JSON.stringify([client.address, end.remoteHost, end.remotePort]);
      const opening = tunnels.get(key) ?? forward(client, end);
      tunnels.set(key, opening);
      try {
        return (await opening).port;
      } catch (thrown) {
        // One that could not be opened is tried again the next time.
        tunnels.delete(key);
        if (thrown instanceof Refusal && thrown.code === 'host-unreachable') return NOWHERE;
        throw thrown;
      }
    },
  };
}
