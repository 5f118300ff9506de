// Of which database an archive says it is: pg_dump writes it into the head of its custom, tar and directory formats.

/** The name of the table of contents fills the first block of a tar. */
const TAR_BLOCK = 512;

/** Null for plain SQL, and where the head is of no known version. */
export function originIn(head: Buffer): string | null {
  const toc = head.toString('latin1', 0, 5) === 'PGDMP' ? head : head.subarray(TAR_BLOCK);
  if (toc.toString('latin1', 0, 5) !== 'PGDMP') return null;
  try {
    return nameIn(toc);
  } catch (thrown) {
    if (thrown instanceof RangeError) return null;
    throw thrown;
  }
}

/** WriteHead of pg_backup_archiver.c, read backwards: versions 1.10 to 1.16, of PostgreSQL 8.0 to 18. */
function nameIn(toc: Buffer): string | null {
  const [major, minor = 0, , intSize] = toc.subarray(5, 9);
  if (major !== 1 || minor < 10 || minor > 16 || intSize !== 4) return null;
  const number = 1 + intSize;
  // Magic, version, sizes, format; how it is compressed; seven numbers that tell when it was made.
  const at = 11 + (minor >= 15 ? 1 : number) + 7 * number;
  const [sign, length] = [toc.readUInt8(at), toc.readUInt32LE(at + 1)];
  const name = toc.subarray(at + number, at + number + length);
  return sign !== 0 || name.length < length || length === 0 ? null : name.toString();
}
