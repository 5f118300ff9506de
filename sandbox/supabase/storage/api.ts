// The part of the Storage API that Holdfast uses, as supabase/storage answers it behind the project's gateway.
import { z } from 'zod';
import { ok, type Part, type Reply, type Request, shaped } from '../http/exchange.ts';
import type { ProjectKeys } from './keys.ts';
import type { Objects } from './objects.ts';

/** What storage.search gives at most, whatever is asked for. */
const LARGEST_PAGE = 1_500;

const Listing = z.object({
  prefix: z.string(),
  limit: z.int().min(1).default(100),
  offset: z.int().min(0).default(0),
  sortBy: z.object({ column: z.literal('name'), order: z.enum(['asc']).default('asc') }).optional(),
});

const NewBucket = z.object({
  name: z.string().min(1),
  id: z.string().optional(),
  public: z.boolean().default(false),
  file_size_limit: z.int().nullable().default(null),
  allowed_mime_types: z.array(z.string()).nullable().default(null),
});

/** Everything under /storage/v1/. */
export function storageApi(objects: Objects, keys: ProjectKeys): Part {
  return async (request) => {
    if (!request.path.startsWith('/storage/v1/')) return null;
    const role = gateway(request, keys);
    if (typeof role !== 'string') return role;
    // Without policies on storage.objects and storage.buckets nobody but service_role sees a row; nobody is told so.
    const sees = role === 'service_role';
    const [kind = '', ...rest] = request.path.slice('/storage/v1/'.length).split('/').map(decodeURIComponent);
    const route = `${request.method} ${kind}`;
    if (route === 'GET bucket' && rest.length === 0) return ok(sees ? await objects.buckets() : []);
    if (route === 'POST bucket' && rest.length === 0) return sees ? await createBucket(objects, request) : denied;
    if (route === 'POST object' && rest[0] === 'list') return await list(objects, request, sees, rest.slice(1));
    const [bucket = '', ...key] = rest;
    if (route === 'GET object') return await download(objects, bucket, key.join('/'), sees);
    if (route === 'POST object') return sees ? await upload(objects, request, bucket, key.join('/')) : denied;
    return null;
  };
}

/** The role to act as, or what the gateway or the service says to a wrong key. */
function gateway({ headers }: Request, keys: ProjectKeys): string | Reply {
  const hint = 'Double check your Supabase `anon` or `service_role` API key.';
  const apikey = headers['apikey'];
  if (apikey === undefined) return { status: 401, body: { message: 'No API key found in request', hint } };
  if (keys.roleOf(apikey) === null) return { status: 401, body: { message: 'Invalid API key', hint } };
  const token = /^Bearer (.+)$/.exec(headers['authorization'] ?? '')?.[1] ?? '';
  return keys.roleOf(token) ?? refusal(403, 'Unauthorized', 'Invalid Compact JWS');
}

/** Whatever the status in the body says, the answer's own is 400, but for inner errors. */
function refusal(status: number, error: string, message: string): Reply {
  return { status: status === 500 ? 500 : 400, body: { statusCode: String(status), error, message } };
}

const denied = refusal(403, 'Unauthorized', 'new row violates row-level security policy');

async function list(objects: Objects, request: Request, sees: boolean, [bucket = '']: string[]): Promise<Reply> {
  const { prefix, limit, offset } = await shaped(request, Listing);
  // A bucket that is not there has no objects: that it is not there is not said.
  if (!sees) return ok([]);
  const folder = prefix === '' || prefix.endsWith('/') ? prefix : `${prefix}/`;
  const most = Math.min(limit, request.pageLimit ?? LARGEST_PAGE);
  return ok(await objects.list(bucket, { prefix: folder, limit: most, offset }));
}

async function createBucket(objects: Objects, request: Request): Promise<Reply> {
  const bucket = await shaped(request, NewBucket);
  const made = await objects.createBucket({ ...bucket, id: bucket.id ?? bucket.name });
  return made ? ok({ name: bucket.name }) : refusal(409, 'Duplicate', 'The resource already exists');
}

async function download(objects: Objects, bucket: string, key: string, sees: boolean): Promise<Reply> {
  if (!(await objects.buckets()).some(({ id }) => id === bucket)) {
    return refusal(404, 'Bucket not found', 'Bucket not found');
  }
  const found = sees ? await objects.find(bucket, key) : null;
  const bytes = found === null ? null : await objects.read(found);
  if (found === null || bytes === null) return refusal(404, 'not_found', 'Object not found');
  return {
    status: 200,
    body: bytes,
    headers: {
      'content-type': found.metadata.mimetype,
      etag: found.metadata.eTag,
      'last-modified': found.updated_at.toUTCString(),
      'cache-control': 'max-age=3600',
    },
  };
}

async function upload(objects: Objects, request: Request, bucket: string, key: string): Promise<Reply> {
  const found = (await objects.buckets()).find(({ id }) => id === bucket);
  if (found === undefined) return refusal(404, 'Bucket not found', 'Bucket not found');
  if (request.headers['x-upsert'] !== 'true' && (await objects.find(bucket, key)) !== null) {
    return refusal(409, 'Duplicate', 'The resource already exists');
  }
  const bytes = await request.body();
  if (found.file_size_limit !== null && bytes.length > found.file_size_limit) {
    return refusal(413, 'Payload too large', 'The object exceeded the maximum allowed size');
  }
  const type = request.headers['content-type'] ?? 'application/octet-stream';
  await objects.put(bucket, [{ key, bytes, type, at: new Date() }]);
  return ok({ Key: `${bucket}/${key}` });
}
