// A TCP proxy in front of PostgreSQL that cuts the connection at the next commit: before it arrives, or before its answer does.
import { connect, createServer, type Socket } from 'node:net';
import { freePort } from '../../sandbox/servers/free-port.ts';

export type CutProxy = {
  readonly port: number;
  /** Cuts the connection on which the next `commit` comes. `never`: not any more. */
  cutAtCommit(when: 'before it arrives' | 'before its answer' | 'never'): void;
  /** From now on nothing is passed on, in neither direction, and nothing is closed. */
  freeze(): void;
  stop(): Promise<void>;
};

export async function startCutProxy(target: number): Promise<CutProxy> {
  const port = await freePort();
  const sockets = new Set<Socket>();
  let cut: Parameters<CutProxy['cutAtCommit']>[0] = 'never';
  let frozen = false;

  const server = createServer((client) => {
    const upstream = connect({ host: '127.0.0.1', port: target });
    const close = () => {
      client.destroy();
      upstream.destroy();
    };
    let deaf = false;
    for (const socket of [client, upstream]) {
      sockets.add(socket);
      socket.on('error', close).on('close', close);
    }
    client.on('data', (data) => {
      if (frozen) return;
      if (cut !== 'never' && data.includes('commit\0')) {
        const when = cut;
        cut = 'never';
        if (when === 'before it arrives') return close();
        deaf = true;
      }
      upstream.write(data);
    });
    upstream.on('data', (data) => {
      if (frozen) return;
      if (deaf) close();
      else client.write(data);
    });
  });
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));

  return {
    port,
    cutAtCommit(when) {
      cut = when;
    },
    freeze() {
      frozen = true;
    },
    stop() {
      for (const socket of sockets) socket.destroy();
      return new Promise((resolve) => server.close(() => resolve()));
    },
  };
}
