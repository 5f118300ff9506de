// Opens the store in which an environment's backups lie.
import type { ArchiveStore } from '../../archives/archive-store.ts';
import { directoryStore } from '../../archives/directory-store.ts';
import { s3Store } from '../../archives/s3-store.ts';
import { sshStore } from '../../archives/ssh-store.ts';
import { Refusal } from '../../core/errors.ts';
import { sshHost } from '../../lib/ssh.ts';
import type { DirectOptions } from './reach.ts';
import type { Archives } from './settings.ts';

const REMOTE_PATH = '/usr/local/bin:/usr/bin:/bin';

/** Nothing is contacted before it is asked. */
export function storeOf({ place, s3 }: Archives, { path, secretOf }: DirectOptions): ArchiveStore {
  switch (place.kind) {
    case 'directory':
      return directoryStore(place.path);
    case 'ssh': {
      const host = sshHost({ address: place.address, path, remotePath: REMOTE_PATH, refuse });
      return sshStore(host, place.path);
    }
    case 's3':
      if (s3 === undefined)
        throw refuse(
          'no-s3-key',
          `No key for the bucket ${place.bucket} is named.`,
          'Name it under archives.s3 in the system file.',
        );
      return s3Store(place, {
        accessKeyId: secretOf(s3.accessKeyIdFrom),
        secretAccessKey: secretOf(s3.secretAccessKeyFrom),
      });
  }
}

export function refuse(code: string, why: string, next: string): Refusal {
  return new Refusal(code, why, next);
}
