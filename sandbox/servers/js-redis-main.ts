// Child process: js-redis-server on loopback, for machines without a real redis-server. Argument: the port.
import { Server } from 'node:net';
import { createRedisServer } from 'js-redis-server';

// The library listens on every interface and has no option for it.
const listen = Server.prototype.listen;
Server.prototype.listen = function onLoopback(this: Server, port: unknown, ...rest: unknown[]) {
  const listening = rest.find((argument) => typeof argument === 'function');
  return listen.call(this, { host: '127.0.0.1', port: Number(port) }, listening as (() => void) | undefined);
} as typeof listen;

await createRedisServer({ port: Number(process.argv[2]) });
// It keeps nothing, so there is nothing to close; its own close waits for every client to leave.
process.once('SIGTERM', () => process.exit());
