// The closed environment in which PostgreSQL's own programs run.
import type { ToolPath } from './client-tools.ts';

/** English messages that can be recognised, and times in UTC. */
export function programEnv({ path }: ToolPath): Record<string, string> {
  return { PATH: path, LC_ALL: 'C', TZ: 'UTC' };
}
