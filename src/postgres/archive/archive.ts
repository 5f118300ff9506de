// What an archive is, once it was read: the words that reading, opening and making share.
import type { Secret } from '../../core/secret.ts';

/** How pg_dump wrote it; only `plain` is SQL, the others are for pg_restore. */
export type Format = 'custom' | 'directory' | 'tar' | 'plain';
/** Of the file as a whole: what pg_dump compresses inside is its own affair. */
export type Compression = 'none' | 'gzip' | 'zstd';
export type Encryption = 'none' | 'age' | 'gpg';

/** What an archive that was read completely says of itself. */
export type Archive = {
  /** Of the file as it lies there, encrypted and compressed; of a directory: over names, sizes and contents. */
  readonly sha256: string;
  readonly bytes: number;
  readonly format: Format;
  readonly compression: Compression;
  readonly encryption: Encryption;
  /** The database that was dumped; null when it does not say. */
  readonly database: string | null;
  /** Of the server that was dumped: "15.18"; null when it does not say. */
  readonly serverVersion: string | null;
  /** When the dump began, if the machine that made it keeps its clock in UTC (the archive does not say). */
  readonly dumpedAt: string | null;
  readonly extensions: readonly string[];
  /** Tables with data, as `schema.name`. */
  readonly tables: readonly string[];
  /** Rows and bytes of COPY data, as counted in it. A table that was dumped as INSERTs is not in here. */
  readonly contents: Readonly<Record<string, TableData>>;
};

export type TableData = { readonly rows: number; readonly bytes: number };

/** What opens encrypted archives. None is ever written to a file or an argument. */
export type ArchiveKeys = {
  /** Lines of an age identity file: `AGE-SECRET-KEY-1…`. */
  readonly ageIdentity?: Secret;
  /** For `gpg --symmetric`, and for age with a passphrase. */
  readonly passphrase?: Secret;
};
