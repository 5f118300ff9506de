// The system's ssh client as we call it: nothing from the user's own configuration, and a host is never trusted silently.
import { z } from 'zod';
import type { Refuse } from './host.ts';

const SECONDS_TO_CONNECT = 10;
/** A host that has vanished is noticed after the last of three unanswered calls, so within 20 s. */
const SECONDS_BETWEEN_CALLS = 5;

// ssh expands %, ~ and ${…} in file names, and takes several of them with blanks between.
const PlainPath = z.string().regex(/^\/[A-Za-z0-9._/@+-]+$/, 'an absolute path of letters, digits and . _ / @ + -');

/** Where a host is and how it knows us. The files are this machine's, and are read by the ssh client. */
export const SshAddress = z.strictObject({
  /** A name or an address; never an option of ssh. */
  host: z.string().regex(/^[A-Za-z0-9]([A-Za-z0-9.:-]{0,250}[A-Za-z0-9])?$/, 'a host name or an IP address'),
  port: z.int().min(1).max(65_535).default(22),
  user: z.string().regex(/^[A-Za-z_][A-Za-z0-9_.-]{0,31}$/, 'a user name'),
  identityFile: PlainPath,
  /** The only keys that are accepted from it, in the format of ~/.ssh/known_hosts. */
  knownHostsFile: PlainPath,
});
export type SshAddress = z.infer<typeof SshAddress>;

export type SshClient = {
  readonly address: SshAddress;
  /** Where `ssh` is looked for. */
  readonly path: string;
  readonly refuse: Refuse;
};

/** The closed environment of the client: no agent, no language but English, whose messages can be recognised. */
export function sshEnv({ path }: SshClient): Record<string, string> {
  return { PATH: path, LC_ALL: 'C', TZ: 'UTC' };
}

/** Arguments for `ssh`: the options that always hold, `options`, then the host and what is to be run there. */
export function sshArgs({ address }: SshClient, options: readonly string[], command: readonly string[]): string[] {
  // Read again, because an address may have been made by hand: after this nothing in it can be taken for an option.
  const { host, port, user, identityFile, knownHostsFile } = SshAddress.parse(address);
  const settings = {
    BatchMode: 'yes',
    StrictHostKeyChecking: 'yes',
    UserKnownHostsFile: knownHostsFile,
    GlobalKnownHostsFile: '/dev/null',
    UpdateHostKeys: 'no',
    CheckHostIP: 'no',
    IdentityFile: identityFile,
    IdentitiesOnly: 'yes',
    IdentityAgent: 'none',
    PreferredAuthentications: 'publickey',
    ForwardAgent: 'no',
    ForwardX11: 'no',
    // A connection of its own for each program: with a shared one, the end of one program's connection is that of all.
    ControlMaster: 'no',
    ControlPath: 'none',
    ConnectTimeout: SECONDS_TO_CONNECT,
    ServerAliveInterval: SECONDS_BETWEEN_CALLS,
    ServerAliveCountMax: 3,
    // Below this a host's banner would stand among the program's errors.
    LogLevel: 'ERROR',
  };
  const always = Object.entries(settings).flatMap(([name, value]) => ['-o', `${name}=${value}`]);
  return ['-F', 'none', '-T', ...always, ...options, '-p', String(port), '-l', user, '--', host, ...command];
}

/** Why there is no connection, from what the client has said: in any of these cases nothing was started over there. */
export function noConnection({ address, refuse }: SshClient, said: string): Error {
  const { host, port, user, knownHostsFile } = address;
  const compare =
    `Compare what "ssh-keyscan -p ${port} ${host} | ssh-keygen -lf -" shows with the fingerprints read on the host ` +
    'itself (ssh-keygen -lf /etc/ssh/ssh_host_ed25519_key.pub). Only if they are the same, ';
  if (said.includes('REMOTE HOST IDENTIFICATION HAS CHANGED')) {
    return refuse(
      'host-key-changed',
      `${host} shows another key than the one that is known: it was set up anew, or somebody stands in between.`,
      `${compare}replace its line in ${knownHostsFile}.`,
    );
  }
  if (said.includes('host key is known for') || said.includes('Host key verification failed')) {
    return refuse(
      'host-key-unknown',
      `The key of ${host} is not known, so nobody can say whether it is the right host.`,
      `${compare}write the line of ssh-keyscan into ${knownHostsFile}.`,
    );
  }
  if (said.includes('Permission denied (') || said.includes('Too many authentication failures')) {
    return refuse(
      'host-login-refused',
      `${host} does not let ${user} in with our key.`,
      `Write the public key that belongs to ${address.identityFile} into ~${user}/.ssh/authorized_keys there.`,
    );
  }
  return refuse(
    'host-unreachable',
    `${host} cannot be reached by ssh: ${lastLine(said)}.`,
    `Look whether it is up and whether port ${port} is open to this machine, then ask again.`,
  );
}

function lastLine(said: string): string {
  const line = said.trim().split('\n').at(-1)?.trim().replace(/\.$/, '') ?? '';
  return line === '' ? 'it does not answer' : line;
}
