// Finds ids of the shipped system files that nobody has replaced yet: with them nobody could approve anything.
import type { Issue } from './issues.ts';

const PLACEHOLDER = /^[A-Z]0REPLACE[0-9]*$/;

/** The place of each. */
export function placeholdersIn(value: unknown, above: readonly PropertyKey[] = []): Issue[] {
  if (typeof value === 'string') {
    const message = `${value} stands for an id of your Slack workspace: replace it`;
    return PLACEHOLDER.test(value) ? [{ path: [...above], message }] : [];
  }
  if (Array.isArray(value)) return value.flatMap((item, at) => placeholdersIn(item, [...above, at]));
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([name, member]) => placeholdersIn(member, [...above, name]));
}
