// Tells by its first bytes what a file is. Names are not looked at: they say what somebody meant it to be.

/** How many bytes are to be seen: tar has its mark at 257, and the head of pg_dump's own table behind its first 512. */
export const HEAD = 1024;

export type Recognised =
  | { readonly is: 'format'; readonly format: 'custom' | 'tar' | 'plain' }
  | { readonly is: 'compression'; readonly compression: 'gzip' | 'zstd' }
  | { readonly is: 'encryption'; readonly encryption: 'age' | 'gpg' }
  /** `what` reads after "it is not a dump of PostgreSQL:". */
  | { readonly is: 'other'; readonly what: string };

/** Matched against the first bytes: as Latin-1 text, or as hexadecimal digits. */
type Mark = Recognised & ({ readonly text: RegExp } | { readonly hex: RegExp });

const MARKS: readonly Mark[] = [
  { text: /^PGDMP/, is: 'format', format: 'custom' },
  { text: /^.{257}ustar/s, is: 'format', format: 'tar' },
  { text: /^(--\r?\n)?-- PostgreSQL database dump\r?\n/, is: 'format', format: 'plain' },
  { hex: /^1f8b/, is: 'compression', compression: 'gzip' },
  // A frame, or one to be skipped, as parallel compressors put before it (RFC 8878, 3.1.2).
  { hex: /^(28b52ffd|5.2a4d18)/, is: 'compression', compression: 'zstd' },
  { text: /^age-encryption\.org\/v1\n/, is: 'encryption', encryption: 'age' },
  { text: /^-----BEGIN PGP MESSAGE-----/, is: 'encryption', encryption: 'gpg' },
  // A packet with a session key under a passphrase (RFC 4880, 5.3): old or new header, version 4 or newer.
  { hex: /^(8c|c3)..0[456]/, is: 'encryption', encryption: 'gpg' },
  { hex: /^(84..|85....|c1..(..)?)03/, is: 'other', what: 'it is encrypted for a gpg key, not with a passphrase' },
  { text: /^-----BEGIN AGE ENCRYPTED FILE-----/, is: 'other', what: 'it is an age file in armor' },
  { text: /^(--\r?\n)?-- PostgreSQL database cluster dump/, is: 'other', what: 'it is of a whole server (pg_dumpall)' },
  { text: /^BZh/, is: 'other', what: 'it is a bzip2 file' },
  { hex: /^fd377a585a/, is: 'other', what: 'it is an xz file' },
  { hex: /^04224d18/, is: 'other', what: 'it is an lz4 file' },
  { hex: /^504b0304/, is: 'other', what: 'it is a zip file' },
  { text: /^\s*</, is: 'other', what: 'it is a web page' },
  { text: /^$/, is: 'other', what: 'it is empty' },
];

/** The kind of what begins with these bytes. */
export function recognise(head: Buffer): Recognised {
  const [text, hex] = [head.toString('latin1'), head.toString('hex')];
  const found = MARKS.find((mark) => ('text' in mark ? mark.text.test(text) : mark.hex.test(hex)));
  return found ?? { is: 'other', what: 'it does not begin like one' };
}
