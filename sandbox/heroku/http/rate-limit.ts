// The hourly request budget that Heroku reports in every answer: 4500, refilled steadily.

const BUDGET = 4_500;
const REFILL_PER_MS = BUDGET / 3_600_000;

/** Returns a function that takes one token and tells how many are left. Never refuses: that is a fault's job. */
export function rateLimit(): () => number {
  let left = BUDGET;
  let at = Date.now();
  return () => {
    const now = Date.now();
    left = Math.max(0, Math.min(BUDGET, left + (now - at) * REFILL_PER_MS) - 1);
    at = now;
    return Math.floor(left);
  };
}
