// What recovering one table works with, on whatever platform its database lives.
import type { Platform } from '../../core/platform.ts';
import type { Secret } from '../../core/secret.ts';
import type { System } from '../../core/system.ts';
import type { FileOptions } from './work-files.ts';

export type TableTools = FileOptions & {
  readonly platform: Pick<Platform, 'download' | 'archiveKeys' | 'connection' | 'capabilities' | 'freeBytes'>;
};

/** The live database, as the role by which its facts are read. */
export async function liveOf({ platform }: TableTools, system: System, environment: string): Promise<Secret> {
  return await platform.connection(system, { environment, candidate: null });
}
