// A port of this machine's loopback that leads through ssh to a port over there, opened again whenever it breaks.
import { randomInt } from 'node:crypto';
import { sleep } from './clock.ts';
import { exec, type Ran } from './exec.ts';
import { noConnection, type SshClient, sshArgs, sshEnv } from './ssh-client.ts';

export type Tunnel = {
  /** On 127.0.0.1; the same one for as long as the tunnel lives. While the host is away, connections to it are refused. */
  readonly port: number;
  close(): Promise<void>;
};

export type TunnelEnd = {
  /** As seen from the host: its own database is at 127.0.0.1. */
  readonly remoteHost: string;
  readonly remotePort: number;
  readonly signal?: AbortSignal;
};

// Below the ports that the kernel lends to outgoing connections, so that none of those can sit on ours after a break.
const LOWEST = 15_000;
const HIGHEST = 32_000;
const PORTS_TO_TRY = 20;
const OPEN_MS = 30_000;
const PAUSE_MS = 500;
const LONGEST_PAUSE_MS = 5_000;
const OPEN = 'holdfast-tunnel-open';

/**
 * Opens it and returns when it is open. Throws what `refuse` made when the host cannot be reached or is not the known one.
 * It dies with this process. That something listens at its other end is not checked.
 */
export async function forward(client: SshClient, end: TunnelEnd): Promise<Tunnel> {
  const closing = new AbortController();
  const signal = end.signal === undefined ? closing.signal : AbortSignal.any([closing.signal, end.signal]);
  const { port, ended } = await firstOpening(client, end, signal);
  const kept = keepOpen(client, { ...end, port }, ended, signal);
  return {
    port,
    async close() {
      closing.abort();
      await kept;
    },
  };
}

type Opening = { readonly isOpen: boolean; readonly ended: Promise<Ran> };

async function firstOpening(client: SshClient, end: TunnelEnd, signal: AbortSignal) {
  for (let tries = 1; ; tries += 1) {
    const port = randomInt(LOWEST, HIGHEST);
    const { isOpen, ended } = await open(client, { ...end, port }, signal);
    if (isOpen) return { port, ended };
    const { stderr } = await ended;
    end.signal?.throwIfAborted();
    // Only the last of these says that the port is taken; which is the client's own matter and no fault of the host.
    if (!stderr.includes('Could not request local forwarding') || tries === PORTS_TO_TRY)
      throw noConnection(client, stderr);
  }
}

async function keepOpen(
  client: SshClient,
  end: TunnelEnd & { port: number },
  first: Promise<Ran>,
  signal: AbortSignal,
) {
  let ended = first;
  let pause = PAUSE_MS;
  for (;;) {
    await ended;
    if (signal.aborted) return;
    await sleep(pause, signal).catch(() => {});
    const opening = await open(client, end, signal);
    ended = opening.ended;
    pause = opening.isOpen ? PAUSE_MS : Math.min(pause * 2, LONGEST_PAUSE_MS);
  }
}

/** Returns when it is open, or has ended without having been. */
async function open(client: SshClient, end: TunnelEnd & { port: number }, signal: AbortSignal): Promise<Opening> {
  const late = new AbortController();
  const timer = setTimeout(() => late.abort(), OPEN_MS);
  const opened = Promise.withResolvers<boolean>();
  const options = [
    ...[
      '-N',
      '-o',
      'ExitOnForwardFailure=yes',
      '-L',
      `127.0.0.1:${end.port}:${bracketed(end.remoteHost)}:${end.remotePort}`,
    ],
    // The client runs it when everything is open.
    ...['-o', 'PermitLocalCommand=yes', '-o', `LocalCommand=echo ${OPEN}`],
  ];
  const ended = exec('ssh', sshArgs(client, options, []), {
    env: sshEnv(client),
    signal: AbortSignal.any([signal, late.signal]),
    maxBuffer: 10_000,
    onLine: (line) => {
      if (line === OPEN) opened.resolve(true);
    },
  });
  ended.then(() => opened.resolve(false), opened.reject);
  try {
    return { isOpen: await opened.promise, ended };
  } finally {
    clearTimeout(timer);
  }
}

function bracketed(host: string): string {
  if (!/^[A-Za-z0-9.:-]+$/.test(host)) throw new Error('a host name or an IP address was expected');
  return host.includes(':') ? `[${host}]` : host;
}
