// What is told about manifests, copies and buckets, and above all what they are not.
import type { Check } from '../../../core/check.ts';
import { count, list, megabytes } from '../../../core/wording.ts';
import type { Difference } from './compare.ts';
import type { Copied } from './copy.ts';
import type { StorageManifest } from './manifest.ts';
import type { Recreated } from './recreate-buckets.ts';

/** supabase/storage#789: the platform's own backups leave the objects out too. */
const NOT_THE_OBJECTS =
  'A manifest says which objects there were. It does not hold them and cannot bring them back, and neither can a backup of the database.';

/** Sentences about a manifest, for evidence; `copied` when its objects were copied as well. */
export function manifestSays({ buckets, sha256 }: StorageManifest, copied: Copied | null): string[] {
  const objects = buckets.reduce((sum, bucket) => sum + bucket.objects, 0);
  const bytes = buckets.reduce((sum, bucket) => sum + bucket.bytes, 0);
  return [
    `Manifest of ${count(buckets.length, 'bucket')}: ${count(objects, 'object')}, ${megabytes(bytes)}, SHA-256 ${sha256.slice(0, 12)}….`,
    ...(copied === null ? [NOT_THE_OBJECTS] : copySays(copied)),
  ];
}

function copySays({ copied, kept, bytes, failed, failures }: Copied): string[] {
  const [first] = failures;
  return [
    `Copied ${count(copied, 'object')}, kept ${kept.toLocaleString('en-US')} that were copied before: ${megabytes(bytes)}, each read again.`,
    ...(first === undefined
      ? []
      : [`${count(failed, 'object')} not copied, the first one ${first.object}: ${first.why}.`]),
  ];
}

/** One check for each bucket that was asked for, and one for those that nobody asks for (B5). */
export function manifestChecks({ buckets, missing, unlisted }: StorageManifest): Check[] {
  const source = 'B5';
  return [
    ...buckets.map(({ name, objects, bytes, unfinished }): Check => {
      const status = objects === 0 || unfinished > 0 ? 'warn' : 'pass';
      const left = unfinished === 0 ? '' : `, ${count(unfinished, 'upload')} not finished`;
      const figure = objects === 0 ? 'empty' : `${count(objects, 'object')}, ${megabytes(bytes)}${left}`;
      return { name: `Bucket ${name}`, status, figure, source };
    }),
    ...missing.map((name): Check => {
      return { name: `Bucket ${name}`, status: 'fail', figure: 'not there, or not to be seen with our key', source };
    }),
    ...(unlisted.length === 0
      ? []
      : [{ name: 'Buckets without a manifest', status: 'warn', figure: list(unlisted), source } satisfies Check]),
  ];
}

/** What changed since the manifest before this one. */
export function differenceSays(differences: readonly Difference[]): string[] {
  return differences.map(({ bucket, added, removed, changed, gone }) => {
    if (added + removed + changed === 0) return `${bucket}: nothing changed.`;
    const figures = [`${count(added, 'object')} added`, `${removed} removed`, `${changed} changed`];
    return `${bucket}: ${list(figures)}${gone.length === 0 ? '' : `; gone: ${gone.join(', ')}`}.`;
  });
}

/** Sentences about buckets that were made in another project. */
export function bucketsSay({ made, kept, differing }: Recreated): string[] {
  return [
    ...(made.length === 0
      ? []
      : [`Made the ${made.length === 1 ? 'bucket' : 'buckets'} ${list(made)}, with their settings.`]),
    ...(kept.length === 0 ? [] : [`There already: ${list(kept)}.`]),
    ...(differing.length === 0 ? [] : [`Left as it is, with other settings than in the manifest: ${list(differing)}.`]),
    'They are empty, or hold what they held: no object is brought back by this.',
  ];
}
