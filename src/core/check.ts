// One checked thing with its figure, and the verdict over several.
import { z } from 'zod';

export const Check = z.strictObject({
  name: z.string(),
  status: z.enum(['pass', 'warn', 'fail']),
  /** What was measured, with unit: "245 MB, +0.4 % on the day before". */
  figure: z.string(),
  /** The feature id or document that asks for it. */
  source: z.string().optional(),
});
export type Check = z.infer<typeof Check>;
export type Verdict = Check['status'];

/** The worst of all. No check at all proves nothing, so it fails. */
export function verdictOf(checks: readonly Check[]): Verdict {
  if (checks.length === 0 || checks.some((check) => check.status === 'fail')) return 'fail';
  return checks.some((check) => check.status === 'warn') ? 'warn' : 'pass';
}
