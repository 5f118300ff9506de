// A question to the application after a restore, with the answer of a healthy one (B8).
import { z } from 'zod';

/** Where something stands in a JSON answer: `checks.database.ok`; `*` means every member: `samples.*.value`. */
const JsonPath = z
  .string()
  .regex(/^[^.\s]+(\.[^.\s]+)*$/, 'must be a path such as checks.database.ok or samples.*.value');

export const SmokeTest = z.strictObject({
  name: z.string().min(1).max(80),
  url: z.url({ protocol: /^https?$/ }),
  method: z.enum(['GET', 'POST']).default('GET'),
  /** What a healthy application may answer; `[401, 403]` proves that it lets nobody in. A redirect is not followed. */
  status: z.array(z.int().min(100).max(599)).min(1).default([200]),
  /** What must stand in the JSON answer, by its path; everything else in it is ignored. */
  json: z.record(JsonPath, z.union([z.string(), z.number(), z.boolean(), z.null()])).optional(),
  /** Paths where at least one value stands, and only finite numbers. */
  numbers: z.array(JsonPath).min(1).optional(),
  /** Columns that the first line of a CSV answer must name, in any order. */
  csvHeaders: z.array(z.string().min(1)).min(1).optional(),
  /** Must stand within the first megabyte of the answer. */
  contains: z.string().min(1).optional(),
  /** Until the last byte has arrived (B10). */
  withinSeconds: z.number().positive().max(60).default(2),
  /** A header with the value of an environment variable, for endpoints that are not open to everybody. */
  secretHeader: z
    .strictObject({
      name: z.string().regex(/^[A-Za-z][A-Za-z0-9-]*$/, 'must be the name of a header'),
      from: z.string().regex(/^[A-Z][A-Z0-9_]*$/, 'must be the name of an environment variable'),
    })
    .optional(),
});
export type SmokeTest = z.infer<typeof SmokeTest>;
