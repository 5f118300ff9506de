// How Holdfast reaches one environment at Supabase.
import { Refusal } from '../../core/errors.ts';
import type { Secret } from '../../core/secret.ts';
import type { System } from '../../core/system.ts';
import { databaseName } from '../../postgres/connect.ts';
import type { DirectOptions, Reach } from '../direct/reach.ts';
import { readSettings } from '../direct/settings.ts';
import { Settings, type StorageSettings } from './settings.ts';
import { createStorage, type StorageClient } from './storage/client.ts';

type Needs = Pick<DirectOptions, 'secretOf'>;

export function settingsOf(system: System, environment: string): Settings {
  return readSettings(Settings, system, environment);
}

/** Throws a Refusal for the transaction pooler: sessions that last longer than a transaction are what all of this needs. */
export function reachOf({ secretOf }: Needs, system: System, environment: string): Reach {
  const { connection, archives } = settingsOf(system, environment);
  const live = secretOf(connection);
  mustBeSession(live, connection);
  return {
    name: `${system.name}-${environment}`,
    live,
    archives,
    services: [],
    migrate: null,
    // Nobody but the platform sees the disk.
    freeBytes: async () => null,
    disk: async () => null,
    moments: null,
  };
}

const TRANSACTION_POOLER = '6543';

function mustBeSession(live: Secret, variable: string): void {
  if (URL.parse(live.open())?.port === TRANSACTION_POOLER) {
    throw new Refusal(
      'transaction-pooler',
      `${variable} names the transaction pooler (port 6543), through which nothing can be dumped or restored.`,
      'Set it to the direct connection, or to the session pooler: port 5432.',
    );
  }
  if (databaseName(live) !== 'postgres') {
    throw new Refusal(
      'not-the-database',
      `${variable} names the database ${databaseName(live)}, which the project's services do not use.`,
      'Set it to the database postgres.',
    );
  }
}

/** Null where the system file says nothing of storage. */
export function storageOf(
  { secretOf }: Needs,
  system: System,
  environment: string,
): { readonly client: StorageClient; readonly settings: StorageSettings } | null {
  const { storage } = settingsOf(system, environment);
  if (storage === undefined) return null;
  const { url, keyFrom } = storage;
  return { client: createStorage({ url, key: secretOf(keyFrom), keyFrom }), settings: storage };
}
