// A candidate that another operation is about to use is not removed: neither for a newer one nor because somebody cleans up.
import type { Args, Outcome, Run } from '../../core/action.ts';
import { done, untouched } from '../../core/outcomes.ts';

/** Null when it may go. To be asked directly before the fence. */
export async function stillNeeded(
  { candidate, spare }: Pick<Args<'candidate.drop'>, 'candidate' | 'spare'>,
  run: Run,
): Promise<Outcome | null> {
  const operation = await run.neededBy(candidate);
  if (operation === null) return null;
  if (spare)
    return done([
      `${candidate} stays: ${operation} is about to use it. The next one that is kept ready takes its place.`,
    ]);
  return untouched(`${operation} is about to use ${candidate}. Wait for it, or \`/dr cancel ${operation}\``);
}
