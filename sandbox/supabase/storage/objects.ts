// Buckets and objects: their rows stand in the project's database as at Supabase, their bytes in files beside it.
import { createHash, randomUUID } from 'node:crypto';
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type pg from 'pg';

export type Bucket = {
  id: string;
  name: string;
  public: boolean;
  file_size_limit: number | null;
  allowed_mime_types: string[] | null;
};

export type Entry = {
  name: string;
  /** Null for a folder, like all that follow. */
  id: string | null;
  updated_at: Date | null;
  created_at: Date | null;
  last_accessed_at: Date | null;
  metadata: Record<string, unknown> | null;
};

export type StoredObject = {
  version: string;
  updated_at: Date;
  metadata: { mimetype: string; eTag: string; size: number };
};
export type NewObject = { readonly key: string; readonly bytes: Buffer; readonly type: string; readonly at: Date };
export type Page = { readonly prefix: string; readonly limit: number; readonly offset: number };

export type Objects = ReturnType<typeof objectsIn>;

/** `pool` reaches the project's database as supabase_storage_admin; `dir` holds the bytes. */
export function objectsIn(pool: pg.Pool, dir: string) {
  const fileOf = (version: string) => join(dir, version);
  return {
    async buckets(): Promise<(Bucket & Record<string, unknown>)[]> {
      const { rows } = await pool.query(
        `select id, name, owner, public, file_size_limit::float8 as file_size_limit, allowed_mime_types, created_at,
                updated_at, 'STANDARD' as type from storage.buckets order by id`,
      );
      return rows;
    },

    async createBucket({ id, name, public: isPublic, file_size_limit, allowed_mime_types }: Bucket): Promise<boolean> {
      const { rowCount } = await pool.query(
        `insert into storage.buckets (id, name, public, file_size_limit, allowed_mime_types)
         values ($1, $2, $3, $4, $5) on conflict do nothing`,
        [id, name, isPublic, file_size_limit, allowed_mime_types],
      );
      return rowCount === 1;
    },

    /** One level below the prefix, folders and objects together in the order of their names, as storage.search gives them. */
    async list(bucket: string, { prefix, limit, offset }: Page): Promise<Entry[]> {
      const { rows } = await pool.query<Entry>(
        `with found as (
           select substr(name, length($2) + 1) as rest, id, updated_at, created_at, last_accessed_at, metadata
           from storage.objects where bucket_id = $1 and starts_with(name, $2))
         select rest as name, id, updated_at, created_at, last_accessed_at, metadata from found where rest !~ '/'
         union all
         select distinct split_part(rest, '/', 1), null::uuid, null::timestamptz, null::timestamptz, null::timestamptz,
                null::jsonb from found where rest ~ '/'
         order by 1 limit $3 offset $4`,
        [bucket, prefix, limit, offset],
      );
      return rows;
    },

    async find(bucket: string, key: string): Promise<StoredObject | null> {
      const { rows } = await pool.query<StoredObject>(
        'select version, updated_at, metadata from storage.objects where bucket_id = $1 and name = $2',
        [bucket, key],
      );
      return rows[0] ?? null;
    },

    /** Null when the bytes are gone though the row is there: what a restored database shows of objects deleted since. */
    read: ({ version }: StoredObject): Promise<Buffer | null> => readFile(fileOf(version)).catch(() => null),

    /** Adds objects, or replaces those of the same key. */
    async put(bucket: string, objects: readonly NewObject[]): Promise<void> {
      await mkdir(dir, { recursive: true });
      const versions = objects.map(() => randomUUID());
      await Promise.all(objects.map(({ bytes }, at) => writeFile(fileOf(versions[at] ?? ''), bytes)));
      await pool.query(
        `insert into storage.objects (bucket_id, name, version, metadata, created_at, updated_at, last_accessed_at)
         select $1, name, version, metadata, at, at, at
         from unnest($2::text[], $3::text[], $4::jsonb[], $5::timestamptz[]) as given (name, version, metadata, at)
         on conflict (bucket_id, name) do update
         set version = excluded.version, metadata = excluded.metadata, updated_at = excluded.updated_at`,
        [
          bucket,
          objects.map(({ key }) => key),
          versions,
          objects.map((object) => JSON.stringify(metadataOf(object))),
          objects.map(({ at }) => at),
        ],
      );
    },

    async remove(bucket: string, keys: readonly string[]): Promise<void> {
      await pool.query('delete from storage.objects where bucket_id = $1 and name = any($2)', [bucket, keys]);
    },

    async loseBytes(bucket: string, key: string): Promise<void> {
      const { rows } = await pool.query<{ version: string }>(
        'select version from storage.objects where bucket_id = $1 and name = $2',
        [bucket, key],
      );
      for (const { version } of rows) await rm(fileOf(version), { force: true });
    },
  };
}

function metadataOf({ bytes, type, at }: NewObject) {
  return {
    eTag: `"${createHash('md5').update(bytes).digest('hex')}"`,
    size: bytes.length,
    mimetype: type,
    cacheControl: 'max-age=3600',
    lastModified: at.toISOString(),
    contentLength: bytes.length,
    httpStatusCode: 200,
  };
}
