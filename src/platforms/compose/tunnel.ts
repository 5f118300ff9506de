// The socket of an engine on another machine, brought here by ssh for as long as one program needs it.
import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { exec, type Ran } from '../../lib/exec.ts';
import { noConnection, type SshClient, sshArgs, sshEnv } from '../../lib/ssh-client.ts';

/**
 * Hands `use` the path of a local socket behind which `remote` answers. Throws what the client's `refuse` makes when there
 * is no connection. Docker's own ssh:// takes whatever the user's ssh configuration trusts, needs `docker` over there, and in
 * docker-compose 1 a library that Debian does not install with it.
 */
export async function withTunnel<T>(
  client: SshClient,
  remote: string,
  signal: AbortSignal,
  use: (socket: string) => Promise<T>,
): Promise<T> {
  // Closed to everybody else: whoever reaches this socket is root over there.
  const dir = await mkdtemp(join(tmpdir(), 'holdfast-tunnel-'));
  const socket = join(dir, 'docker.sock');
  const over = new AbortController();
  const forward = ['-N', '-o', 'ExitOnForwardFailure=yes', '-L', `${socket}:${remote}`];
  const ssh = exec('ssh', sshArgs(client, forward, []), {
    env: sshEnv(client),
    signal: AbortSignal.any([signal, over.signal]),
    maxBuffer: 10_000,
  });
  try {
    await untilOpen(client, socket, ssh);
    signal.throwIfAborted();
    return await use(socket);
  } finally {
    over.abort();
    await ssh.catch(() => {});
    await rm(dir, { recursive: true, force: true });
  }
}

async function untilOpen(client: SshClient, socket: string, ssh: Promise<Ran>): Promise<void> {
  let ended: Ran | null = null;
  const watched = ssh.then((ran) => {
    ended = ran;
  });
  // The client gives up by itself when it cannot connect; it makes the socket as soon as it has logged in.
  while (ended === null && !existsSync(socket)) await Promise.race([watched, sleep(20)]);
  const { aborted, stderr } = ended ?? { aborted: false, stderr: '' };
  if (ended !== null && !aborted) throw noConnection(client, stderr);
}
