// What stands for the identity of a database that cannot be asked for its own.
import type { System } from '../../core/system.ts';

/**
 * Nobody else's: operations exclude each other by the identity of their target, so that two systems that are down together must
 * not share one.
 */
export function unknownIdentity(why: 'gone' | 'unreachable' | 'without public', { name }: System, environment: string) {
  return `${why}: ${environment} of ${name}`;
}
