// What opens the encrypted backups of an environment (P14): by the variables that its settings name.
import type { ArchiveKeys } from '../../core/platform.ts';
import type { DirectOptions } from './reach.ts';
import type { Archives } from './settings.ts';

export function keysOf(
  { ageIdentityFrom, gpgPassphraseFrom }: Archives,
  { secretOf }: Pick<DirectOptions, 'secretOf'>,
): ArchiveKeys {
  return {
    ...(ageIdentityFrom === undefined ? {} : { ageIdentity: secretOf(ageIdentityFrom) }),
    ...(gpgPassphraseFrom === undefined ? {} : { passphrase: secretOf(gpgPassphraseFrom) }),
  };
}
