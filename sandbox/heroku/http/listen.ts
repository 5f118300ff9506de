// One loopback port that speaks http and https: the first byte of a connection tells which.
import { createServer as createHttp, type RequestListener } from 'node:http';
import { createServer as createHttps } from 'node:https';
import { createServer, type Socket } from 'node:net';
import type { Certificate } from './tls.ts';

const TLS_HANDSHAKE = 0x16;

export type Listening = { port: number; close(): Promise<void> };

/** Listens on 127.0.0.1 only. `close` also ends the connections that are open. */
export async function listen(
  port: number,
  certificate: Certificate | null,
  listener: RequestListener,
): Promise<Listening> {
  const plain = createHttp(listener);
  const secure = certificate === null ? null : createHttps({ key: certificate.key, cert: certificate.cert }, listener);
  const sockets = new Set<Socket>();
  const front = createServer((socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
    socket.on('error', () => socket.destroy());
    socket.once('data', (first: Buffer) => {
      socket.pause();
      socket.unshift(first);
      const server = first[0] === TLS_HANDSHAKE && secure !== null ? secure : plain;
      server.emit('connection', socket);
      process.nextTick(() => socket.resume());
    });
  });
  await new Promise<void>((resolve, reject) => {
    front.once('error', reject);
    front.listen(port, '127.0.0.1', resolve);
  });
  const address = front.address();
  if (address === null || typeof address === 'string') throw new Error('listening: no port was given');
  return {
    port: address.port,
    close() {
      const closed = new Promise<void>((resolve) => front.close(() => resolve()));
      for (const socket of sockets) socket.destroy();
      return closed;
    },
  };
}
