// Where a system's backups lie, as written in its system file. Credentials are never in here.
import { z } from 'zod';
import { SshAddress } from '../lib/ssh-client.ts';

const Directory = z
  .string()
  .regex(/^\/[A-Za-z0-9 ._/@+-]*$/, 'must be an absolute path of letters, digits, blanks and . _ / @ + -');

export const Place = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('directory'), path: Directory }),
  z.strictObject({ kind: z.literal('ssh'), address: SshAddress, path: Directory }),
  z.strictObject({
    kind: z.literal('s3'),
    bucket: z.string().regex(/^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/, 'must be the name of a bucket'),
    /** Only what lies directly under it: `provote/database/`. */
    prefix: z
      .string()
      .regex(/^([A-Za-z0-9._-]+\/)*$/, 'must be empty or end with a slash: "provote/database/"')
      .default(''),
    region: z.string().regex(/^[a-z0-9-]+$/, 'must be a region such as eu-central-1'),
    /** Of a server that is not Amazon's. */
    endpoint: z.url().refine(isClosed, 'must be https, except on this machine').optional(),
  }),
]);
export type Place = z.infer<typeof Place>;

/** Backups and keys must not cross a network in clear. */
function isClosed(endpoint: string): boolean {
  const { protocol, hostname } = new URL(endpoint);
  return protocol === 'https:' || (protocol === 'http:' && /^(localhost|127(\.\d+){3}|\[::1\])$/.test(hostname));
}
