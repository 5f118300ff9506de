// What an environment on Heroku is described by in its system file. App names come from here alone (fault 12).
import { z } from 'zod';
import { OffsitePlace, offsiteVariables } from '../../archives/settings.ts';
import { Refusal } from '../../core/errors.ts';
import type { System } from '../../core/system.ts';

export const Settings = z.strictObject({
  app: z.string().regex(/^[a-z][a-z0-9-]{2,29}$/, 'must be the name of a Heroku app such as grayledger-production'),
  /** The attachment that the application's code uses; its config var is `<name>_URL`. */
  database: z
    .string()
    .regex(/^[A-Z][A-Z0-9_]{0,60}$/, 'must be an attachment name such as DATABASE')
    .default('DATABASE'),
  /** What a database built beside the live one is ordered as. */
  plan: z
    .string()
    .regex(
      /^heroku-postgresql:[a-z][a-z0-9-]*$/,
      'must be a Heroku Postgres plan such as heroku-postgresql:standard-0',
    ),
  /** Where copies of its backups go (S14). */
  offsite: OffsitePlace.optional(),
});
export type Settings = z.infer<typeof Settings>;

/** The settings of one environment. */
export function settingsOf(system: System, environment: string): Settings {
  const found = system.environments[environment];
  const parsed = Settings.safeParse(found?.settings);
  if (parsed.success) return parsed.data;
  const why = found === undefined ? 'it does not exist' : z.prettifyError(parsed.error);
  throw new Refusal(
    'bad-settings',
    `The environment ${environment} of ${system.name} cannot be used: ${why}.`,
    'Mend the system file.',
  );
}

/** Every problem with settings as they stand in a system file. */
export function problemsOf(settings: unknown): { path: (string | number)[]; message: string }[] {
  const { error } = Settings.safeParse(settings);
  return (error?.issues ?? []).map(({ path, message }) => ({
    path: path.filter((part) => typeof part !== 'symbol'),
    message,
  }));
}

/** The variables that these settings name. */
export function variablesOf(settings: unknown): string[] {
  return offsiteVariables(Settings.safeParse(settings).data?.offsite);
}
