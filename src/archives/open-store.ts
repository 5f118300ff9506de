// Opens the store in which backups lie, or their copies.
import { Refusal } from '../core/errors.ts';
import type { Secret } from '../core/secret.ts';
import { sshHost } from '../lib/ssh.ts';
import type { ArchiveStore } from './archive-store.ts';
import { directoryStore } from './directory-store.ts';
import { s3Store } from './s3-store.ts';
import type { Place, S3Keys } from './settings.ts';
import { sshStore } from './ssh-store.ts';

export type Opening = {
  /** The PATH on which ssh is found. */
  readonly path: string;
  /** What an environment variable holds that a system file names. */
  secretOf(variable: string): Secret;
};

type Stored = { readonly place: Place; readonly s3?: S3Keys | undefined };

const REMOTE_PATH = '/usr/local/bin:/usr/bin:/bin';

/** Nothing is contacted before it is asked. */
export function openStore({ place, s3 }: Stored, { path, secretOf }: Opening): ArchiveStore {
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
          'Name it under s3 beside the place in the system file.',
        );
      return s3Store(place, {
        accessKeyId: secretOf(s3.accessKeyIdFrom),
        secretAccessKey: secretOf(s3.secretAccessKeyFrom),
      });
  }
}

function refuse(code: string, why: string, next: string): Refusal {
  return new Refusal(code, why, next);
}
