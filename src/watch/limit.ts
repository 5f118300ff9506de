// When a figure is beyond its limit, and when it no longer is.

/** In parts of the scale: two points of a percentage. */
const SLACK = 0.02;

/**
 * Above the limit it is beyond it; once it was, it stays so until it is two hundredths of the scale below, so that an alert
 * about a figure that wavers around its limit is raised once. `scale` is what the limit is measured on: 100 for percentages.
 */
export function isBeyond(value: number, limit: number, { scale, was }: { scale: number; was: boolean }): boolean {
  return value > (was ? limit - scale * SLACK : limit);
}
