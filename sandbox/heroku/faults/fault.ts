// The faults one can ask the provider for, as they come over the control API.
import { z } from 'zod';

const Do = z.discriminatedUnion('kind', [
  /** Answers with an error instead of handling the request. */
  z.strictObject({
    kind: z.literal('status'),
    status: z.union([z.literal(429), z.literal(500), z.literal(503), z.literal(401)]),
    headers: z.record(z.string(), z.string()).optional(),
  }),
  /** Waits, then handles the request as always. */
  z.strictObject({ kind: z.literal('stall'), ms: z.number().int().min(0) }),
  /** Destroys the connection before handling. */
  z.strictObject({ kind: z.literal('reset') }),
  /** Handles the request, then destroys the connection instead of answering. */
  z.strictObject({ kind: z.literal('lose-reply') }),
  /** Handles the request and sends half of the JSON. */
  z.strictObject({ kind: z.literal('truncate') }),
  /** Claims success and does nothing; a transfer appears as finished. */
  z.strictObject({ kind: z.literal('lie') }),
  /** Claims success and does nothing; a transfer never appears. */
  z.strictObject({ kind: z.literal('swallow') }),
  /** The capture or restore that this request starts ends with `succeeded: false`. */
  z.strictObject({ kind: z.literal('fail-transfer') }),
  /** The release command of the release that this request makes fails. */
  z.strictObject({ kind: z.literal('fail-release') }),
  /** The database that this request orders as it was at a moment is made of another database, or as it is now. */
  z.strictObject({ kind: z.literal('wrong-rollback'), what: z.enum(['database', 'moment']) }),
  /** The work that this request starts takes `factor` times as long. */
  z.strictObject({ kind: z.literal('slow'), factor: z.number().positive() }),
]);

export const Fault = z.strictObject({
  /** `path` is a regular expression over the path without its query. */
  match: z.strictObject({ method: z.string().optional(), path: z.string() }),
  /** How many requests it strikes; without it, all until the faults are cleared. */
  times: z.number().int().positive().optional(),
  do: Do,
});
export type Fault = z.infer<typeof Fault>;
