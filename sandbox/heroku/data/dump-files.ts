// Where the dump files of backups lie, and the addresses under which this server knows them.
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Heroku } from '../heroku.ts';
import type { App, Transfer } from '../model.ts';

const STORED_MS = 10 * 365 * 86_400_000;
const PUBLIC_MS = 60 * 60_000;

export const dumpFile = (dir: string, transferUuid: string): string => join(dir, 'backups', `${transferUuid}.dump`);

export const prepareDumps = (dir: string): Promise<unknown> => mkdir(join(dir, 'backups'), { recursive: true });

/** `to_url`: what a restore is given. Nobody can fetch it. */
export function storedAt({ links }: Heroku, app: App, { uuid }: Transfer): string {
  return links.sign(pathOf(app, uuid), 'store', STORED_MS);
}

/** What `pg:backups:url` prints: anybody may fetch it for an hour. */
export function publicUrl({ links }: Heroku, app: App, { uuid }: Transfer, scheme: 'http' | 'https') {
  return {
    url: links.sign(pathOf(app, uuid), 'public', PUBLIC_MS, scheme),
    expires_at: new Date(Date.now() + PUBLIC_MS),
  };
}

/** The backup's transfer behind an address that this server signed; null for every other address. */
export function transferBehind({ links }: Heroku, address: string): string | null {
  if (!URL.canParse(address)) return null;
  const read = links.read(new URL(address));
  if (read === null || read === 'expired') return null;
  return read.path.match(/^\/backups\/[^/]+\/([0-9a-f-]{36})\.dump$/)?.[1] ?? null;
}

const pathOf = (app: App, uuid: string): string => `/backups/${app.id}/${uuid}.dump`;
