// What a pgBackRest repository holds: its backups, and the newest WAL that was archived into it.
import { z } from 'zod';
import { Fault, Refusal } from '../../core/errors.ts';
import { must, pgBackRest, type Repository } from './on-host.ts';

/** A physical backup. Recovery reaches any moment after `stoppedAt` for which WAL is in the archive. */
export type PhysicalBackup = {
  /** "20251121-020004F", as pgBackRest names it. */
  readonly label: string;
  readonly type: 'full' | 'diff' | 'incr';
  readonly startedAt: string;
  readonly stoppedAt: string;
  /** Of the cluster when restored. */
  readonly bytes: number;
};

export type Stanza = {
  readonly systemIdentifier: string;
  readonly major: number;
  /** Those that can be used, oldest first: without any that had errors or whose WAL is no longer there. */
  readonly backups: readonly PhysicalBackup[];
  /** The newest WAL segment, and when it was stored. */
  readonly newestWal: { readonly name: string; readonly storedAt: string };
};

const OfDatabase = z.object({ id: z.int(), 'repo-key': z.int() });

// Only what is needed of `pgbackrest info`; moments are seconds since 1970.
const Info = z.array(
  z.object({
    status: z.object({ message: z.string() }),
    db: z.array(z.object({ id: z.int(), 'system-id': z.string(), version: z.string() })),
    archive: z.array(
      z.object({ database: OfDatabase, id: z.string(), min: z.string().nullable(), max: z.string().nullable() }),
    ),
    backup: z.array(
      z.object({
        label: z.string(),
        type: z.enum(['full', 'diff', 'incr']),
        error: z.boolean().nullish(),
        database: OfDatabase,
        archive: z.object({ start: z.string().nullable() }),
        timestamp: z.object({ start: z.int(), stop: z.int() }),
        info: z.object({ size: z.int() }),
      }),
    ),
  }),
);
type Info = z.infer<typeof Info>[number];

const Listing = z.record(z.string(), z.object({ time: z.int().optional() }));

const ACTIVITY = 'reading the pgBackRest repository';
const ANSWER_MS = 120_000;

/** Reads it. Throws a Refusal when there is nothing in it to recover from, Fault when it cannot be read. */
export async function readStanza(repository: Repository, signal: AbortSignal): Promise<Stanza> {
  const { host, stanza } = repository;
  const ask = async (command: string, options: readonly string[], rest: readonly string[] = []) => {
    const args = [...pgBackRest(repository, command, ['--output=json', ...options]), ...rest];
    return (await must(ACTIVITY, host, 'pgbackrest', args, { signal, timeoutMs: ANSWER_MS })).stdout;
  };
  // The identifier has 64 bits, more than a number of JavaScript keeps.
  const [info] = read(Info, (await ask('info', [])).replaceAll(/"system-id":(\d+)/g, '"system-id":"$1"'));
  // An upgraded server has its own entry after the old one's.
  const db = info?.db.at(-1);
  const archive = info?.archive.filter(({ database, max }) => database.id === db?.id && max !== null).at(0);
  if (info === undefined || db === undefined || archive?.min == null || archive.max === null) {
    throw nothingThere(repository, info?.status.message ?? 'it is not there');
  }
  const backups = usable(info, db.id, archive.min);
  if (backups.length === 0) throw nothingThere(repository, 'no backup whose WAL is still archived');
  const { id, max } = archive;
  const path = `archive/${stanza}/${id}/${max.slice(0, 16)}`;
  const listed = read(Listing, await ask('repo-ls', [`--repo=${archive.database['repo-key']}`], [path]));
  const stored = Object.entries(listed).find(([name]) => name.startsWith(`${max}-`))?.[1].time;
  if (stored === undefined) throw new Fault(`${ACTIVITY}: its newest WAL segment ${max} is not listed`);
  return {
    systemIdentifier: db['system-id'],
    major: Number.parseInt(db.version, 10),
    backups,
    newestWal: { name: max, storedAt: momentOf(stored) },
  };
}

/** Where a segment lies in the stream of WAL: `000000010000000000000003` without its timeline, which may differ. */
export function positionOf(wal: string): string {
  return wal.slice(8, 24);
}

function usable({ backup }: Info, database: number, oldestWal: string): PhysicalBackup[] {
  return backup
    .filter((one) => one.error !== true && one.database.id === database && one.archive.start !== null)
    .filter((one) => positionOf(one.archive.start ?? '') >= positionOf(oldestWal))
    .map(({ label, type, timestamp, info }) => ({
      label,
      type,
      startedAt: momentOf(timestamp.start),
      stoppedAt: momentOf(timestamp.stop),
      bytes: info.size,
    }))
    .sort((a, b) => a.stoppedAt.localeCompare(b.stoppedAt));
}

function read<T>(schema: z.ZodType<T>, text: string): T {
  try {
    return schema.parse(JSON.parse(text));
  } catch (cause) {
    throw new Fault(ACTIVITY, { cause });
  }
}

function momentOf(seconds: number): string {
  return new Date(seconds * 1000).toISOString();
}

function nothingThere({ host, stanza }: Repository, what: string): Refusal {
  return new Refusal(
    'nothing-to-recover-from',
    `The pgBackRest stanza ${stanza} on ${host.name} holds nothing to recover from: ${what}.`,
    'Restore a dump instead, and have pgBackRest make a full backup.',
  );
}
