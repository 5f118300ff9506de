// The Heroku Postgres plans one can order here, and what they cost a month.
import { ApiError } from '../http/api-error.ts';

const dollars = {
  'essential-0': 5,
  'essential-1': 9,
  'essential-2': 20,
  'standard-0': 50,
  'standard-2': 200,
  'premium-0': 200,
} as const;

/** The plan in `heroku-postgresql:standard-0`, or Heroku's refusal. */
export function planOf(servicePlan: string): string {
  const [service, plan = 'essential-0'] = servicePlan.split(':', 2);
  if (service === 'heroku-postgresql' && plan in dollars) return plan;
  throw new ApiError(
    422,
    'invalid_params',
    `Couldn't find either the add-on service or the add-on plan of "${servicePlan}".`,
  );
}

/** The price in the shape of the Platform API. */
export function priceOf(plan: string) {
  const cents = Object.entries(dollars).find(([name]) => name === plan)?.[1] ?? 0;
  return { cents: cents * 100, contract: false, metered: false, unit: 'month' };
}
