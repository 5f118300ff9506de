// What `pg_dump --format=directory` writes (pg_backup_directory.c): how its files are called.

/** Its table of contents, which it writes last: a directory without one is not finished. */
export const TOC = 'toc.dat';

/** Every file that can be in it, as an expression that POSIX and JavaScript understand alike, for a whole name. */
export const MEMBERS =
  '(toc\\.dat|[0-9]+\\.dat(\\.(gz|lz4|zst))?|blobs(_[0-9]+)?\\.toc|blob_[0-9]+\\.dat(\\.(gz|lz4|zst))?)';
