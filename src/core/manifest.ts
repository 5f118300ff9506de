// What is recorded beside every backup file that Holdfast makes: the evidence that it is what it was.
import { z } from 'zod';
import { Moment, Slug } from './names.ts';

export const Manifest = z.strictObject({
  version: z.literal(1),
  /** Of the file as it lies there, encrypted and compressed. */
  sha256: z.string().regex(/^[0-9a-f]{64}$/),
  bytes: z.int().nonnegative(),
  /** Of its rows as COPY writes them, before compression and encryption; older manifests do not say. */
  dataBytes: z.int().nonnegative().optional(),
  /** `preimage`: taken of data that is about to be replaced; never chosen as "latest" (S3, P6). */
  kind: z.enum(['scheduled', 'manual', 'preimage']),
  /** The database that was dumped, and its server's version: "15.18"; "unknown" for a copy that could not be opened here. */
  database: z.string(),
  serverVersion: z.string(),
  /** The moment of the snapshot that all of it shows. */
  moment: Moment,
  /** Rows per table in that snapshot, as `schema.name`. */
  tables: z.record(z.string(), z.int().nonnegative()),
  /** A milestone: the retention never deletes it (S13). */
  keep: z.literal('forever').optional(),
  /** What this is an encrypted copy of, out of the house (P13, S14): the backup's file as it lay at its own place. */
  copyOf: z
    .strictObject({
      system: Slug,
      environment: Slug,
      backup: z.string(),
      sha256: z.string().regex(/^[0-9a-f]{64}$/),
      bytes: z.int().nonnegative(),
      copiedAt: Moment,
    })
    .optional(),
});
export type Manifest = z.infer<typeof Manifest>;
