// A real sshd of this machine as the remote host of a test.
import { type Sshd, startSshd } from '../../sandbox/host/sshd.ts';
import { Refusal } from '../../src/core/errors.ts';
import type { Host } from '../../src/lib/host.ts';
import { type SshHost, sshHost } from '../../src/lib/ssh.ts';

export type SshTestHost = {
  readonly sshd: Sshd;
  readonly settings: SshHost;
  readonly host: Host;
};

export async function startSshHost(): Promise<SshTestHost> {
  const sshd = await startSshd();
  const settings: SshHost = {
    address: sshd.address,
    path: '/usr/local/bin:/usr/bin:/bin',
    remotePath: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
    refuse: (...all) => new Refusal(...all),
  };
  return { sshd, settings, host: sshHost(settings) };
}
