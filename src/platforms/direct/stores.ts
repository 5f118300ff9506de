// Opens the store in which an environment's backups lie.
import type { ArchiveStore } from '../../archives/archive-store.ts';
import { openStore } from '../../archives/open-store.ts';
import { Refusal } from '../../core/errors.ts';
import type { DirectOptions } from './reach.ts';
import type { Archives } from './settings.ts';

/** Nothing is contacted before it is asked. */
export function storeOf(archives: Archives, options: DirectOptions): ArchiveStore {
  return openStore(archives, options);
}

export function refuse(code: string, why: string, next: string): Refusal {
  return new Refusal(code, why, next);
}
