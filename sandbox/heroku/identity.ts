// Names and ids the way Heroku makes them.
import { randomBytes, randomInt, randomUUID } from 'node:crypto';
import type { DatabaseLogin } from './model.ts';

const shapes = ['animated', 'clear', 'concentric', 'cubic', 'curved', 'cylindrical', 'flat', 'globular', 'regular'];
const colours = ['AMBER', 'AQUA', 'BLUE', 'BRONZE', 'COBALT', 'COPPER', 'CRIMSON', 'CYAN', 'GRAY', 'GREEN', 'IVORY'];

export const newId = (): string => randomUUID();

/** `postgresql-cubic-12345`. */
export function newAddonName(): string {
  return `postgresql-${pick(shapes)}-${randomInt(10_000, 99_999)}`;
}

/** A database `d…`, a role `u…` and a password, each as unguessable as the real ones. */
export function newLogin(): DatabaseLogin {
  const letters = (count: number) =>
    Array.from({ length: count }, () => pick([...'abcdefghijklmnopqrstuvwxyz0123456789'])).join('');
  return { database: `d${letters(13)}`, user: `u${letters(13)}`, password: `p${randomBytes(32).toString('hex')}` };
}

/** `HEROKU_POSTGRESQL_COPPER`, not one of `taken`. */
export function newColourName(taken: readonly string[]): string {
  const free = colours.map((colour) => `HEROKU_POSTGRESQL_${colour}`).filter((name) => !taken.includes(name));
  return free.length > 0 ? pick(free) : `HEROKU_POSTGRESQL_${randomBytes(3).toString('hex').toUpperCase()}`;
}

function pick(from: readonly string[]): string {
  return from[randomInt(from.length)] ?? '';
}
