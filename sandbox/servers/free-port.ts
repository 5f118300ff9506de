// Chooses a loopback port that nobody listens on and that the kernel will not lend to a client.
import { randomInt } from 'node:crypto';
import { createServer } from 'node:net';

// Below Linux's and macOS's ephemeral ranges: an outgoing connection can never sit on it between our look and the server's bind.
const LOWEST = 15_000;
const HIGHEST = 32_000;

const handedOut = new Set<number>();

/** A free TCP port on 127.0.0.1. Never gives the same one twice within a process. */
export async function freePort(): Promise<number> {
  for (let attempt = 0; attempt < 200; attempt += 1) {
    const port = randomInt(LOWEST, HIGHEST);
    if (handedOut.has(port) || !(await isFree(port))) continue;
    handedOut.add(port);
    return port;
  }
  throw new Error(`No free port found on 127.0.0.1 between ${LOWEST} and ${HIGHEST}.`);
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const probe = createServer();
    probe.once('error', () => resolve(false));
    probe.listen({ port, host: '127.0.0.1', exclusive: true }, () => probe.close(() => resolve(true)));
  });
}
