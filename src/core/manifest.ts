// What is recorded beside every backup file that Holdfast makes: the evidence that it is what it was.
import { z } from 'zod';
import { Moment } from './names.ts';

export const Manifest = z.strictObject({
  version: z.literal(1),
  /** Of the file as it lies there, encrypted and compressed. */
  sha256: z.string().regex(/^[0-9a-f]{64}$/),
  bytes: z.int().nonnegative(),
  /** Before it was compressed and encrypted; older manifests do not say. */
  dataBytes: z.int().nonnegative().optional(),
  /** `preimage`: taken of data that is about to be replaced; never chosen as "latest" (S3, P6). */
  kind: z.enum(['scheduled', 'manual', 'preimage']),
  /** The database that was dumped, and its server's version: "15.18". */
  database: z.string(),
  serverVersion: z.string(),
  /** The moment of the snapshot that all of it shows. */
  moment: Moment,
  /** Rows per table in that snapshot, as `schema.name`. */
  tables: z.record(z.string(), z.int().nonnegative()),
});
export type Manifest = z.infer<typeof Manifest>;
