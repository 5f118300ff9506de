// A real sshd on a loopback port: with keys of its own, for the user who starts it, and so that it can break in every way.
import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { chmod, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { userInfo } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { freePort } from '../servers/free-port.ts';
import { type ServerProcess, startProcess } from '../servers/server-process.ts';
import { workingDirectory } from '../servers/working-directory.ts';
import { descendantsOf } from './processes.ts';

const run = promisify(execFile);

export type Sshd = {
  /** How to get in. Both files can be handed to ssh as they are. */
  readonly address: { host: '127.0.0.1'; port: number; user: string; identityFile: string; knownHostsFile: string };
  /** Ends it with all of its connections, the way a machine that is switched off does. What they have started is left. */
  stop(): Promise<void>;
  start(): Promise<void>;
  /** It answers no more, and closes nothing: the way it looks when packets are lost. `thaw` lets it go on. */
  freeze(): Promise<void>;
  thaw(): Promise<void>;
  /** Another host key from now on. */
  changeHostKey(): Promise<void>;
  /** The client's key is no longer accepted. */
  refuseKey(): Promise<void>;
  /** Ends it and removes its files. */
  end(): Promise<void>;
};

/** Starts it in `dir` (default: a temporary one). Its log is `dir/server.log`. */
export async function startSshd(given?: string): Promise<Sshd> {
  const program = ['/usr/sbin/sshd', '/usr/local/sbin/sshd', '/sbin/sshd'].find((path) => existsSync(path));
  if (program === undefined)
    throw new Error('sshd is not installed. Install it with: sudo apt-get install -y openssh-server');
  const { path: dir, removeIfOurs } = await workingDirectory('sshd', given);
  const port = await freePort();
  const file = (name: string) => join(dir, name);
  const { username: user } = userInfo();
  await newKey(file('client_key'));
  await writeFile(file('authorized_keys'), await readFile(file('client_key.pub')));
  await chmod(file('authorized_keys'), 0o600);
  await writeConfig(file, port);
  const newHostKey = async () => {
    await newKey(file('host_key'));
    return await readFile(file('host_key.pub'), 'utf8');
  };
  await writeFile(file('known_hosts'), `[127.0.0.1]:${port} ${await newHostKey()}`);
  // sshd insists on it when it runs as root.
  if (process.getuid?.() === 0) await mkdir('/run/sshd', { recursive: true, mode: 0o755 });

  const start = async () => {
    const started = await startProcess({
      name: 'sshd',
      command: program,
      args: ['-D', '-e', '-f', file('sshd_config')],
      env: { PATH: '/usr/local/bin:/usr/bin:/bin' },
      cwd: dir,
      logFile: file('server.log'),
      deathSignal: 'SIGKILL',
    });
    await started.untilReady(() => run('ssh-keyscan', ['-T', '2', '-p', String(port), '127.0.0.1']).then(hasAnswered));
    return started;
  };
  let server: ServerProcess = await start();
  const signalAll = async (signal: NodeJS.Signals) => {
    for (const { pid, command } of await descendantsOf(server.pid)) if (command === 'sshd') send(pid, signal);
    send(server.pid, signal);
  };
  const stop = async () => {
    await signalAll('SIGKILL');
    await server.end([]);
  };
  return {
    address: { host: '127.0.0.1', port, user, identityFile: file('client_key'), knownHostsFile: file('known_hosts') },
    stop,
    async start() {
      server = await start();
    },
    freeze: () => signalAll('SIGSTOP'),
    thaw: () => signalAll('SIGCONT'),
    async changeHostKey() {
      await stop();
      await newHostKey();
      server = await start();
    },
    refuseKey: () => writeFile(file('authorized_keys'), ''),
    async end() {
      await stop();
      await removeIfOurs();
    },
  };
}

async function newKey(path: string): Promise<void> {
  await rm(path, { force: true });
  await run('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-C', 'holdfast-sandbox', '-f', path]);
}

async function writeConfig(file: (name: string) => string, port: number): Promise<void> {
  const settings = {
    ListenAddress: `127.0.0.1:${port}`,
    HostKey: file('host_key'),
    AuthorizedKeysFile: file('authorized_keys'),
    PidFile: 'none',
    PermitRootLogin: 'prohibit-password',
    PasswordAuthentication: 'no',
    KbdInteractiveAuthentication: 'no',
    UsePAM: 'no',
    // The files lie in a temporary directory, on which sshd would otherwise look askance.
    StrictModes: 'no',
    MaxStartups: '100',
    // A shell that believes itself the second one reads no ~/.bashrc: what this machine's one does can take seconds a command.
    SetEnv: 'SHLVL=1',
  };
  const lines = Object.entries(settings).map(([name, value]) => `${name} ${value}\n`);
  await writeFile(file('sshd_config'), lines.join(''));
}

function hasAnswered({ stdout }: { stdout: string }): void {
  if (stdout === '') throw new Error('sshd does not answer yet');
}

function send(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch {
    // It has gone already.
  }
}
