// The two places in which an environment's backups lie as files of ours: beside its database, and out of the house.
import { z } from 'zod';
import type { ArchiveStore } from '../../archives/archive-store.ts';
import { toBackups } from '../../archives/backups.ts';
import { copiesIn } from '../../archives/copies.ts';
import { type Opening, openStore } from '../../archives/open-store.ts';
import { BackupFiles, OffsitePlace } from '../../archives/settings.ts';
import { Refusal, reasonOf } from '../../core/errors.ts';
import type { Backup, Copy, Offsite } from '../../core/facts.ts';
import type { System } from '../../core/system.ts';

/** Whatever else the settings of a platform hold: it has judged them. */
const Places = z.looseObject({
  archives: z.looseObject(BackupFiles.shape).optional(),
  offsite: OffsitePlace.optional(),
});

export type OurPlace = {
  readonly store: ArchiveStore;
  /** Newest first. */
  list(signal: AbortSignal): Promise<readonly (Backup | Copy)[]>;
};
export type OffsiteOf = OurPlace & Pick<OffsitePlace, 'encryptTo' | 'prefix'>;

/** Null where the provider keeps the backups. Nothing is contacted before it is asked. */
export function archivesOf(opening: Opening, system: System, environment: string): OurPlace | null {
  const { archives } = placesIn(system, environment);
  if (archives === undefined) return null;
  const store = openStore(archives, opening);
  const { scheduled } = archives;
  return { store, list: async (signal) => toBackups(await store.list(signal), { scheduled, now: new Date() }) };
}

/** Null where no place out of the house is named. */
export function offsiteOf(opening: Opening, system: System, environment: string): OffsiteOf | null {
  const { offsite } = placesIn(system, environment);
  if (offsite === undefined) return null;
  const store = openStore(offsite, opening);
  const source = { system: system.name, environment };
  return { ...offsite, store, list: async (signal) => copiesIn(await store.list(signal), source) };
}

/** The same, where one is needed. Throws a Refusal when none is named. */
export function requiredOffsite(opening: Opening, system: System, environment: string): OffsiteOf {
  const place = offsiteOf(opening, system, environment);
  if (place !== null) return place;
  throw new Refusal(
    'no-offsite',
    `No place out of the house is named for ${environment} of ${system.title}.`,
    `Name one in the system file: environments.${environment}.settings.offsite.`,
  );
}

function placesIn({ environments }: System, environment: string): z.infer<typeof Places> {
  return Places.parse(environments[environment]?.settings ?? {});
}

const LIST_MS = 20_000;

/** For facts: a place that is away must not stand in the way of a recovery, so it is told and not thrown. */
export async function readOffsite(opening: Opening, system: System, environment: string): Promise<Offsite | null> {
  const place = offsiteOf(opening, system, environment);
  if (place === null) return null;
  const { name } = place.store;
  try {
    const copies = (await place.list(AbortSignal.timeout(LIST_MS))).filter((one) => 'of' in one);
    return { name, copies, problem: null };
  } catch (thrown) {
    return { name, copies: [], problem: reasonOf(thrown) };
  }
}
