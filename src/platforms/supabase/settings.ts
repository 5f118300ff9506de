// What an environment at Supabase is described by in its system file.
import { z } from 'zod';
import { Variable } from '../../archives/settings.ts';
import { Reachable, settingsProblems, variablesIn } from '../direct/settings.ts';

/** The key goes with every request: it must not be readable on its way. */
const ProjectUrl = z
  .string()
  .regex(
    /^(https:\/\/[a-z0-9.-]+(:\d+)?|http:\/\/(localhost|127\.0\.0\.1)(:\d+)?)$/,
    'must be the address of a project such as https://abcdefghijklmnopqrst.supabase.co',
  );

export const StorageSettings = z.strictObject({
  url: ProjectUrl,
  /** The variable that holds the service_role key, or a secret key. */
  keyFrom: Variable,
  /** The buckets that manifests are made of (B5). */
  buckets: z.array(z.string().regex(/^[^/\s]+$/, 'must be the name of a bucket')).min(1),
  /** Where the objects themselves are copied to; without it nobody has a copy of them. */
  copyTo: z
    .string()
    .regex(/^\/[A-Za-z0-9 ._/@+-]*$/, 'must be an absolute path')
    .optional(),
});
export type StorageSettings = z.infer<typeof StorageSettings>;

/**
 * `connection` names the variable with the address of the database `postgres` for the role `postgres`: the direct connection
 * or the session pooler (port 5432), never the transaction pooler (port 6543), behind which pg_dump does not work.
 */
export const Settings = Reachable.extend({ storage: StorageSettings.optional() });
export type Settings = z.infer<typeof Settings>;

/** Every problem with settings as they stand in a system file. */
export function problemsOf(settings: unknown): { path: (string | number)[]; message: string }[] {
  const problems = settingsProblems(Settings, settings);
  const { data } = Settings.safeParse(settings);
  if (data?.storage === undefined || data.archives.place.kind === 'directory') return problems;
  const message = 'needs archives.place of the kind directory: manifests are put beside the backups';
  return [...problems, { path: ['storage'], message }];
}

/** The variables that these settings name. */
export function variablesOf(settings: unknown): string[] {
  const { data } = Settings.safeParse(settings);
  if (data === undefined) return [];
  return [...variablesIn(data), ...(data.storage === undefined ? [] : [data.storage.keyFrom])];
}
