// Moments as they are written down.

/**
 * `day` as `2025-11-22`, `time` as `14:30` or longer, `zone` as `Z` or `+01:00`. Null for what the calendar does not have: the
 * language moves February 30th into March without a word.
 */
export function momentOf(day: string, time: string, zone: string): Date | null {
  const at = new Date(`${day}T${time}${zone}`);
  const midnight = new Date(`${day}T00:00Z`);
  if (Number.isNaN(at.getTime()) || Number.isNaN(midnight.getTime())) return null;
  return midnight.toISOString().startsWith(day) ? at : null;
}
