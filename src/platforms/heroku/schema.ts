// What we need of Heroku's answers; everything else in them is ignored.
import { z } from 'zod';

const time = z.string();

export const Transfer = z.object({
  num: z.int().positive(),
  from_name: z.string(),
  from_type: z.string(),
  to_name: z.string(),
  to_type: z.string(),
  options: z.object({ pgbackups_name: z.string().nullish() }).nullish(),
  schedule: z.unknown().optional(),
  source_bytes: z.number().nullish(),
  processed_bytes: z.number().nullish(),
  succeeded: z.boolean().nullish(),
  warnings: z.number().nullish(),
  created_at: time,
  started_at: time.nullish(),
  finished_at: time.nullish(),
  canceled_at: time.nullish(),
  deleted_at: time.nullish(),
  purged_at: time.nullish(),
  logs: z.array(z.object({ message: z.string() })).nullish(),
});
export type Transfer = z.infer<typeof Transfer>;

export const Attachment = z.object({
  name: z.string(),
  namespace: z.string().nullish(),
  app: z.object({ name: z.string() }),
  addon: z.object({ id: z.string(), name: z.string(), app: z.object({ name: z.string() }) }),
});
export type Attachment = z.infer<typeof Attachment>;

export const Addon = z.object({
  id: z.string(),
  name: z.string(),
  state: z.string(),
  app: z.object({ name: z.string() }),
  plan: z.object({ name: z.string() }),
});
export type Addon = z.infer<typeof Addon>;

export const HerokuRelease = z.object({
  version: z.int().positive(),
  description: z.string().nullish(),
  status: z.string(),
  current: z.boolean(),
  slug: z.object({ id: z.string() }).nullish(),
  eligible_for_rollback: z.boolean().nullish(),
  user: z.object({ email: z.string() }),
  created_at: time,
});
export type HerokuRelease = z.infer<typeof HerokuRelease>;

export const HerokuSlug = z.object({ id: z.string(), commit: z.string().nullish() });

export const App = z.object({ name: z.string(), maintenance: z.boolean() });

export const Dyno = z.object({
  name: z.string(),
  type: z.string(),
  state: z.string(),
  release: z.object({ version: z.int() }).nullish(),
});
export type Dyno = z.infer<typeof Dyno>;

export const Formation = z.object({ type: z.string(), quantity: z.int(), command: z.string().nullish() });
export type Formation = z.infer<typeof Formation>;

export const ConfigVars = z.record(z.string(), z.string());
export const WaitStatus = z.object({ 'waiting?': z.boolean(), message: z.string().nullish() });
/** A database as the data API describes it: the lines of `heroku pg:info`. */
export const DatabaseInfo = z.object({ info: z.array(z.object({ name: z.string(), values: z.array(z.unknown()) })) });
export type DatabaseInfo = z.infer<typeof DatabaseInfo>;
export const PublicUrl = z.object({ url: z.url() });
