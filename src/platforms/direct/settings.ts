// What every environment is described by whose PostgreSQL Holdfast reaches itself: its address and where its backups lie.
import { z } from 'zod';
import { BackupFiles, OffsitePlace, offsiteVariables, Recipient, Variable } from '../../archives/settings.ts';
import { Refusal } from '../../core/errors.ts';
import type { System } from '../../core/system.ts';

export const Archives = z.strictObject({
  ...BackupFiles.shape,
  /** With what encrypted backups are read (P14). */
  ageIdentityFrom: Variable.optional(),
  gpgPassphraseFrom: Variable.optional(),
  /** For whom those are encrypted that Holdfast makes. */
  encryptTo: z.array(Recipient).default([]),
  /** A backup that takes longer, or holds less than so many bytes before it is compressed, has failed (B4). */
  withinMinutes: z.number().positive().default(15),
  atLeastBytes: z.int().nonnegative().default(0),
});
export type Archives = z.infer<typeof Archives>;

/** Every platform of this kind adds its own to it. */
export const Reachable = z.strictObject({
  /** The variable with the address of the live database, for a role that may create and rename databases. */
  connection: Variable,
  /** The role to which a restored database goes when no live one is left that could tell; default: the one of `connection`. */
  owner: z
    .string()
    .regex(/^[A-Za-z_][A-Za-z0-9_$]{0,62}$/, 'must be the name of a role')
    .optional(),
  archives: Archives,
  offsite: OffsitePlace.optional(),
});
export type Reachable = z.infer<typeof Reachable>;

/** The pgBackRest of a server whose write-ahead log is archived, as it is called where that server runs. */
export const Stanza = z.strictObject({
  stanza: z.string().regex(/^[A-Za-z0-9][A-Za-z0-9_.-]{0,62}$/, 'must be the name of a stanza'),
  config: z.string().regex(/^\/[A-Za-z0-9._/@+-]*$/, 'must be an absolute path'),
  /** The role with which the cluster was made: POSTGRES_USER of a container. */
  superuser: z
    .string()
    .regex(/^[A-Za-z_][A-Za-z0-9_$]{0,62}$/, 'must be the name of a role')
    .default('postgres'),
});
export type Stanza = z.infer<typeof Stanza>;

/** The variables that these settings name. */
export function variablesIn({ connection, archives, offsite }: Reachable): string[] {
  const { s3, ageIdentityFrom, gpgPassphraseFrom } = archives;
  const named = [connection, s3?.accessKeyIdFrom, s3?.secretAccessKeyFrom, ageIdentityFrom, gpgPassphraseFrom];
  return [...named.filter((name) => name !== undefined), ...offsiteVariables(offsite)];
}

/** The settings of one environment, by the platform's own schema. */
export function readSettings<T>(shape: z.ZodType<T>, system: System, environment: string): T {
  const found = system.environments[environment];
  const parsed = shape.safeParse(found?.settings);
  if (parsed.success) return parsed.data;
  const why = found === undefined ? 'it does not exist' : z.prettifyError(parsed.error);
  throw new Refusal(
    'bad-settings',
    `The environment ${environment} of ${system.name} cannot be used: ${why}.`,
    'Mend the system file.',
  );
}

/** Every problem with settings as they stand in a system file. */
export function settingsProblems(
  shape: z.ZodType,
  settings: unknown,
): { path: (string | number)[]; message: string }[] {
  const { error } = shape.safeParse(settings);
  return (error?.issues ?? []).map(({ path, message }) => ({
    path: path.filter((part) => typeof part !== 'symbol'),
    message,
  }));
}
