// What the benchmark asks of Holdfast's process, and what that answers: one message each way.
import { z } from 'zod';

const Backup = z.object({ file: z.string(), sha256: z.string().nullable() });
/** `server`: a connection URL of the live database. */
const Beside = z.object({ server: z.string(), live: z.string(), name: z.string() });
const Swap = z.object({
  live: z.string(),
  candidate: z.string(),
  previous: z.string(),
  identities: z.object({ live: z.string().nullable(), candidate: z.string() }),
});

export const Job = z.discriminatedUnion('part', [
  /** From a file, or from a URL to that file, to a candidate that was checked as candidate.check does it. */
  z.object({ part: z.literal('candidate'), ...Beside.shape, ...Backup.shape, url: z.string().nullable() }),
  /** The same with masking; `scan`: search for what is left. */
  z.object({ part: z.literal('masked'), ...Beside.shape, ...Backup.shape }),
  /** Into a scratch server and checked there, as backup.rehearse does it. */
  z.object({ part: z.literal('scratch'), ...Backup.shape }),
  /** Nothing: what the process needs when it has nothing to do. */
  z.object({ part: z.literal('idle') }),
  z.object({ part: z.literal('make'), server: z.string(), file: z.string() }),
  z.object({ part: z.literal('compare'), ...Beside.shape }),
  /** `check`: as candidate.check does it for one that was kept warm. */
  z.object({ part: z.literal('swap'), ...Beside.shape, swap: Swap, check: z.boolean() }),
  /** Without a file: from the warm candidate. */
  z.object({ part: z.literal('table'), ...Beside.shape, beside: z.string(), backup: Backup.nullable() }),
]);
export type Job = z.infer<typeof Job>;

export const Done = z.object({
  /** Seconds of each phase, in order. */
  phases: z.record(z.string(), z.number()),
  /** Largest resident set of the process in each phase, in bytes. */
  peaks: z.record(z.string(), z.number()),
  /** What was noticed to be wrong; empty when all is well. */
  wrong: z.array(z.string()),
  /** Of the archive that was made. */
  sha256: z.string().optional(),
  truth: z.record(z.string(), z.string()).optional(),
});
export type Done = z.infer<typeof Done>;

export const Answer = z.union([z.object({ done: Done }), z.object({ error: z.string() })]);
export type Answer = z.infer<typeof Answer>;
