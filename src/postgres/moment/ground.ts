// What must be there on the database's host before a second cluster is put beside the live one.
import { Refusal } from '../../core/errors.ts';
import { megabytes } from '../../core/wording.ts';
import type { Host } from '../../lib/host.ts';
import { must } from './on-host.ts';
import type { PhysicalBackup } from './stanza.ts';

/** The share of the disk that must stay free: the live server may write to the same one (F19). */
const FREE_SHARE = 0.1;

/** Throws a Refusal when there is no room for a second cluster at `home`, which must exist. */
export async function refuseWithoutRoom(
  host: Host,
  home: string,
  backup: PhysicalBackup,
  signal: AbortSignal,
): Promise<void> {
  const { stdout } = await must('reading how full the disk is', host, 'df', ['-Pk', '--', home], { signal });
  const [, total = 0, , available = 0] = (stdout.trim().split('\n').at(-1) ?? '').split(/\s+/).map(Number);
  // Replay adds WAL and what was written since the backup.
  const needed = backup.bytes * 1.2 + total * 1024 * FREE_SHARE;
  if (available * 1024 >= needed) return;
  throw new Refusal(
    'no-room-beside',
    `A second cluster of ${megabytes(backup.bytes)} has no room on ${host.name}: ${megabytes(available * 1024)} are free, ` +
      `and a tenth of the disk must stay so for the live server.`,
    `Make ${megabytes(needed - available * 1024)} free, or name a directory on another disk.`,
  );
}

/** Where PostgreSQL's programs of a version are over there. Throws a Refusal that says how to install them. */
export async function binariesOf(host: Host, major: number, signal: AbortSignal): Promise<string> {
  const places = [`/usr/lib/postgresql/${major}/bin`, `/usr/pgsql-${major}/bin`, '/usr/local/bin', '/usr/bin'];
  for (const place of places) {
    const { stdout } = await host.run('sh', ['-c', `"$1" --version 2>/dev/null || true`, 'sh', `${place}/pg_ctl`], {
      signal,
    });
    if (new RegExp(`\\(PostgreSQL\\) ${major}\\b`).test(stdout)) return place;
  }
  throw new Refusal(
    'host-program-missing',
    `The programs of PostgreSQL ${major} cannot be found on ${host.name}.`,
    `Install them there: apt-get install -y postgresql-${major}`,
  );
}
