// Passes a WebSocket through to local-slack, byte by byte.
import type { IncomingMessage } from 'node:http';
import { connect } from 'node:net';
import type { Duplex } from 'node:stream';

/** Joins the asker's socket and a new one to local-slack; when one ends, both do. */
export function tunnel(port: number, path: string, incoming: IncomingMessage, socket: Duplex, head: Buffer): void {
  const upstream = connect({ host: '127.0.0.1', port }, () => {
    const lines = [`${incoming.method} ${path} HTTP/1.1`];
    for (let i = 0; i < incoming.rawHeaders.length; i += 2)
      lines.push(`${incoming.rawHeaders[i]}: ${incoming.rawHeaders[i + 1]}`);
    upstream.write(`${lines.join('\r\n')}\r\n\r\n`);
    upstream.write(head);
    upstream.pipe(socket).pipe(upstream);
  });
  const end = () => {
    upstream.destroy();
    socket.destroy();
  };
  for (const side of [upstream, socket]) side.once('error', end).once('close', end);
}
