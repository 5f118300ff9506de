// Where a system's backups lie, and where their copies go, as written in its system file. Credentials are never in here.
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

/** Secrets do not stand in system files: these name the environment variables that hold them. */
export const Variable = z
  .string()
  .regex(/^[A-Z][A-Z0-9_]{0,60}$/, 'must be the name of an environment variable such as PROVOTE_DATABASE_URL');

export const S3Keys = z.strictObject({ accessKeyIdFrom: Variable, secretAccessKeyFrom: Variable });
export type S3Keys = z.infer<typeof S3Keys>;

/** Where an environment's backups lie as files. */
export const BackupFiles = z.strictObject({
  place: Place,
  /** How the daily job names its files; `*` stands for any characters. Others are never taken for the latest backup. */
  scheduled: z.string().min(1).default('backup_*'),
  s3: S3Keys.optional(),
});

export const Recipient = z.string().regex(/^age1[a-z0-9]+$/, 'must be an age recipient such as age1…');

/** The place out of the house (P13, P14, S14, F2). Nothing leaves the house that is not encrypted. */
export const OffsitePlace = z.strictObject({
  place: Place,
  s3: S3Keys.optional(),
  /** The public keys to which copies are encrypted; Holdfast itself needs none of the secret ones. */
  encryptTo: z.array(Recipient).min(1),
  /** With what the names of copies begin, where several parties use one place: `provote-`. */
  prefix: z
    .string()
    .regex(/^([A-Za-z0-9][A-Za-z0-9._-]{0,39})?$/, 'must be the beginning of a file name such as "provote-"')
    .default(''),
});
export type OffsitePlace = z.infer<typeof OffsitePlace>;

/** The variables that a place out of the house names. */
export function offsiteVariables(offsite: OffsitePlace | undefined): string[] {
  return offsite?.s3 === undefined ? [] : [offsite.s3.accessKeyIdFrom, offsite.s3.secretAccessKeyFrom];
}

/** Backups and keys must not cross a network in clear. */
function isClosed(endpoint: string): boolean {
  const { protocol, hostname } = new URL(endpoint);
  return protocol === 'https:' || (protocol === 'http:' && /^(localhost|127(\.\d+){3}|\[::1\])$/.test(hostname));
}
