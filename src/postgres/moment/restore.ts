// Puts a backup from pgBackRest beside the live cluster and starts it as one that harms nobody.
import { Fault } from '../../core/errors.ts';
import type { Host } from '../../lib/host.ts';
import { must, pgBackRest, type Repository } from './on-host.ts';
import type { Recovered } from './recovered.ts';
import { settingsOf } from './recovered-settings.ts';
import type { RecoveryStep } from './replay.ts';
import type { PhysicalBackup } from './stanza.ts';

export type RestoreOptions = { readonly signal: AbortSignal; progress?(step: RecoveryStep): void };

/** Restores the backup into `home/data`. */
export async function restore(repository: Repository, home: string, backup: PhysicalBackup, options: RestoreOptions) {
  const args = [
    '--log-level-console=detail',
    '--process-max=2',
    `--set=${backup.label}`,
    `--pg1-path=${home}/data`,
    // Without it a tablespace would be restored to where the live server has it.
    `--tablespace-map-all=${home}/tablespaces`,
    '--type=standby',
  ];
  await must(
    `restoring the backup ${backup.label}`,
    repository.host,
    'pgbackrest',
    pgBackRest(repository, 'restore', args),
    {
      signal: options.signal,
      maxBuffer: 10_000,
      onLine: (line) => {
        const percent = /restore file .*, ([\d.]+)%/.exec(line)?.[1];
        if (percent !== undefined) options.progress?.({ step: 'restore', percent: Number(percent) });
      },
    },
  );
}

// What came along with the live one leads to its files and lets its users in. What holds is the end of postgresql.auto.conf.
const WRITE = `set -e; cd "$1"
: > postgresql.conf; : > pg_ident.conf; echo 'local all all trust' > pg_hba.conf
cat >> postgresql.auto.conf`;

/** Gives it settings of its own. Returns the size of a WAL segment in bytes. */
export async function configure(
  host: Host,
  { home, bin }: Recovered,
  at: string | null,
  signal: AbortSignal,
): Promise<number> {
  const data = `${home}/data`;
  const control = await must('reading the control file', host, `${bin}/pg_controldata`, ['-D', data], { signal });
  const settings = settingsOf({ sockets: `${home}/sockets`, at, control: control.stdout });
  const stdin = `\n${settings}`;
  await must('writing the settings of the recovered cluster', host, 'sh', ['-c', WRITE, 'sh', data], { stdin, signal });
  const segment = /^Bytes per WAL segment:\s+(\d+)$/m.exec(control.stdout)?.[1];
  if (segment === undefined) throw new Fault('reading the control file: it names no size of a WAL segment');
  return Number(segment);
}

/** Starts it in the background, where it stays when the connection ends. */
export async function start(host: Host, { home, bin }: Recovered, signal: AbortSignal): Promise<void> {
  const args = ['start', '-W', '-s', '-D', `${home}/data`, '-l', `${home}/server.log`];
  await must('starting the recovered cluster', host, `${bin}/pg_ctl`, args, { signal });
}
