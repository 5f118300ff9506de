// What an environment under systemd is described by in its system file. Names come from here alone (fault 12).
import { z } from 'zod';
import { SshAddress } from '../../lib/ssh-client.ts';
import { Reachable, Stanza } from '../direct/settings.ts';
import { UnitName } from './units.ts';

const Path = z.string().regex(/^\/[A-Za-z0-9._/@+-]*$/, 'must be an absolute path');
const User = z.string().regex(/^[a-z_][a-z0-9_-]{0,31}$/, 'must be a user name');

export const Settings = Reachable.extend({
  /** Where the units run; without it on this machine. The address in `connection` is as seen from there. */
  host: SshAddress.optional(),
  /** Where programs are looked for over there. */
  hostPath: z.string().default('/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin'),
  /** Whether systemctl needs `sudo -n` there. */
  sudo: z.boolean().default(false),
  /** What uses the database, in the order in which it is started. */
  services: z.array(UnitName).min(1),
  /** The server's own unit. It is never stopped by a restore. */
  database: UnitName,
  /** On whose disk both copies must have room. */
  dataDirectory: Path,
  pgbackrest: Stanza.extend({
    /** Whose the server and the repository are; null: who logs in. */
    user: User.nullable().default('postgres'),
    /** A directory of that user, on a disk with room for a second cluster. */
    recoverIn: Path.default('/var/lib/postgresql/holdfast'),
  }).optional(),
});
export type Settings = z.infer<typeof Settings>;
