// How our sessions are called at the server: whoever looks into pg_stat_activity sees which step is at work.
import type { Run } from '../../core/action.ts';

/** "holdfast op-41 s3" */
export function purposeOf({ operation, step }: Pick<Run, 'operation' | 'step'>): string {
  return `holdfast ${operation} ${step}`;
}
