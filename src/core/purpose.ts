// How Holdfast's sessions are called at a PostgreSQL server: whoever looks into pg_stat_activity sees which step is at work.
import type { Run } from './action.ts';

/** `holdfast op-41 s3` */
export function purposeOf({ operation, step }: Pick<Run, 'operation' | 'step'>): string {
  return `${ownSessions(operation)}${step}`;
}

/** What the names of all sessions of an operation begin with. */
export function ownSessions(operation: string): string {
  return `holdfast ${operation} `;
}
