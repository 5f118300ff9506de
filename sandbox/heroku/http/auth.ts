// Checks the API key, sent as a bearer token or as the password of basic authentication.
import { timingSafeEqual } from 'node:crypto';
import { ApiError } from './api-error.ts';

/** Throws Heroku's 401 unless the header carries the key. */
export function requireKey(apiKey: string, header: string | undefined): void {
  const [scheme, value] = (header ?? '').split(' ', 2);
  const given =
    scheme?.toLowerCase() === 'basic'
      ? Buffer.from(value ?? '', 'base64')
          .toString('utf8')
          .split(':')
          .at(-1)
      : scheme?.toLowerCase() === 'bearer'
        ? value
        : undefined;
  if (given === undefined || !same(given, apiKey)) {
    throw new ApiError(401, 'unauthorized', 'Invalid credentials provided.');
  }
}

function same(a: string, b: string): boolean {
  const [left, right] = [Buffer.from(a), Buffer.from(b)];
  return left.length === right.length && timingSafeEqual(left, right);
}
