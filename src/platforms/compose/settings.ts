// What an environment in a compose project is described by in its system file. Names come from here alone (fault 12).
import { z } from 'zod';
import { SshAddress } from '../../lib/ssh-client.ts';
import { Reachable, Stanza } from '../direct/settings.ts';

/** Compose's own rule for project names. */
const ProjectName = z.string().regex(/^[a-z0-9][a-z0-9_-]{0,62}$/, 'must be a compose project such as provote');
/** Compose allows more at the beginning; a name that could be taken for an option is not for us. */
export const ServiceName = z
  .string()
  .regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$/, 'must be a compose service such as celery-beat');

const Directory = z.string().regex(/^\/[A-Za-z0-9._/@+-]*$/, 'must be an absolute path');
const File = z
  .string()
  .regex(/^[A-Za-z0-9_.][A-Za-z0-9._/@+-]*$/, 'must be a path inside the directory')
  .refine((path) => !path.split('/').includes('..'), 'must be a path inside the directory');
/** Docker's rule for names of volumes. */
const VolumeKey = z.string().regex(/^[A-Za-z0-9][A-Za-z0-9_.-]{0,62}$/, 'must be a volume such as postgres_data');

const Socket = z.string().regex(/^\/[A-Za-z0-9._/@+-]+$/, 'must be the path of a socket');

/** The engine's socket on this machine, or on one behind ssh whose user may use it. */
export const EngineAddress = z.union([
  z.string().regex(/^unix:\/\/\/[A-Za-z0-9._/@+-]+$/, 'must be unix:// with the path of a socket'),
  SshAddress.extend({ socket: Socket.default('/var/run/docker.sock') }),
]);
export type EngineAddress = z.infer<typeof EngineAddress>;

/** One compose project, as its person in charge would name it on the command line. */
export const Project = z.strictObject({
  project: ProjectName,
  /** Where its files are on this machine, and what the paths in them start from. */
  directory: Directory,
  /** Relative to the directory, the later one overrules. */
  files: z.array(File).min(1).default(['docker-compose.yml']),
  /** Relative to the directory; compose looks for `.env` itself. */
  envFile: File.optional(),
});
export type Project = z.infer<typeof Project>;

/** `connection` is the address as this machine, or the one behind ssh, sees it: that of the published port. */
export const Settings = Reachable.extend({
  ...Project.shape,
  engine: EngineAddress.default('unix:///var/run/docker.sock'),
  /** The service in which PostgreSQL runs. */
  database: ServiceName,
  /** The volume with its data, as the compose file calls it: without the project's name before it. */
  volume: VolumeKey,
  /** Where its write-ahead log is archived: with the pgBackRest of its own image, its configuration and its repository (P8). */
  pgbackrest: Stanza.extend({
    /** Whose the server is in its container. */
    user: z
      .string()
      .regex(/^[a-z_][a-z0-9_-]{0,31}$/, 'must be a user name')
      .default('postgres'),
  }).optional(),
  /**
   * What uses the database, in the order in which it is started; stopped in the opposite one. `[celery-beat, celery, web]`
   * stops as the runbook writes it (P6), the web first, and opens that door last.
   */
  services: z.array(ServiceName).min(1),
  /** Brings the schema of a restored database up to the code: `[python, manage.py, migrate]` in the service web. */
  migrate: z.strictObject({ service: ServiceName, command: z.array(z.string().min(1)).min(1) }).optional(),
});
export type Settings = z.infer<typeof Settings>;
