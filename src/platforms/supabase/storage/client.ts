// The Storage API of one project: reads are repeated within bounds, and nothing that changes something ever is.
import { z } from 'zod';
import { Fault, Refusal, reasonOf } from '../../../core/errors.ts';
import { sleep } from '../../../lib/clock.ts';
import { ask, brokenText, type Project, type Reply, type Request } from './request.ts';

export type StorageOptions = Project & {
  /** How long (ms) one answer may take, and how long a download may stand still. Default 15 s. */
  readonly timeout?: number;
  /** How often a read is tried. Default 5. */
  readonly tries?: number;
  /** The pause (ms) after a first failed read; it doubles with each. Default 500. */
  readonly pause?: number;
};

/** A bucket with its settings, as manifests keep them and staging gets them. */
export const Bucket = z.strictObject({
  name: z.string(),
  public: z.boolean(),
  fileSizeLimit: z.number().nullable(),
  allowedMimeTypes: z.array(z.string()).nullable(),
});
export type Bucket = z.infer<typeof Bucket>;

const ListedBucket = z
  .object({
    id: z.string(),
    public: z.boolean().nullish(),
    file_size_limit: z.number().nullish(),
    allowed_mime_types: z.array(z.string()).nullish(),
  })
  .transform((bucket) => ({
    name: bucket.id,
    public: bucket.public ?? false,
    fileSizeLimit: bucket.file_size_limit ?? null,
    allowedMimeTypes: bucket.allowed_mime_types ?? null,
  }));

const Listed = z.object({
  name: z.string(),
  /** Null for a folder. */
  id: z.string().nullish(),
  updated_at: z.string().nullish(),
  metadata: z
    .object({ size: z.number().nullish(), mimetype: z.string().nullish(), eTag: z.string().nullish() })
    .nullish(),
});
export type Listed = z.infer<typeof Listed>;

export type Page = { readonly prefix: string; readonly limit: number; readonly offset: number };

export type StorageClient = {
  readonly url: string;
  /** Empty as well when the key may not see any. */
  buckets(signal: AbortSignal): Promise<Bucket[]>;
  /** One level below `prefix`, by name. A bucket that is not there looks like an empty one. */
  page(bucket: string, page: Page, signal: AbortSignal): Promise<Listed[]>;
  /** Hands the object's body to `take`, or returns false when there is no such object. `take` is repeated when it rejects. */
  read(bucket: string, key: string, take: (response: Response) => Promise<void>, signal: AbortSignal): Promise<boolean>;
  /** Asked for once, whatever comes of it; what is there then has to be read. Why it may not be there, or null. */
  createBucket(bucket: Bucket, signal: AbortSignal): Promise<string | null>;
};

/** Throws a Refusal when the key cannot be one. Nothing is contacted before something is asked. */
export function createStorage(options: StorageOptions): StorageClient {
  const { url, timeout = 15_000 } = options;
  // The error of `fetch` would hold the whole key.
  if (!/^[\x21-\x7e]+$/.test(options.key.open())) {
    const why = `${options.keyFrom} does not hold a key: there is white space in it, or nothing.`;
    throw new Refusal('storage-unauthorized', why, 'Set it to the service_role key, or a secret key, of the project.');
  }

  async function readJson<T>(request: Request, schema: z.ZodType<T>, signal: AbortSignal): Promise<T> {
    const body = await repeated(options, request, signal, async (stop) => {
      const late = AbortSignal.timeout(timeout);
      const reply = await ask(options, request, AbortSignal.any([stop, late]));
      if (reply.is !== 'response') return reply;
      return { is: 'value', value: JSON.parse(await reply.response.text()) as unknown };
    });
    if (body === null) throw new Fault(`${request.activity}: ${url} does not know it`);
    const parsed = schema.safeParse(body);
    if (parsed.success) return parsed.data;
    const [issue] = parsed.error.issues;
    throw new Fault(`${request.activity}: ${issue?.path.join('.')} ${issue?.message ?? 'has another shape'}`);
  }

  return {
    url,
    buckets: (signal) =>
      readJson({ method: 'GET', path: '/bucket', activity: 'reading the buckets' }, z.array(ListedBucket), signal),

    page(bucket, { prefix, limit, offset }, signal) {
      const json = { prefix, limit, offset, sortBy: { column: 'name', order: 'asc' } };
      const activity = `listing ${bucket}/${prefix}`;
      const path = `/object/list/${encodeURIComponent(bucket)}`;
      return readJson({ method: 'POST', path, json, activity }, z.array(Listed), signal);
    },

    async read(bucket, key, take, signal) {
      const path = `/object/${[bucket, ...key.split('/')].map(encodeURIComponent).join('/')}`;
      const request: Request = { method: 'GET', path, activity: `reading ${bucket}/${key}` };
      const found = await repeated(options, request, signal, async (stop) => {
        const stalled = new AbortController();
        const watch = setTimeout(() => stalled.abort(new Error('no byte arrived in time')), timeout);
        try {
          const reply = await ask(options, request, AbortSignal.any([stop, stalled.signal]));
          if (reply.is !== 'response') return reply;
          await take(watched(reply.response, () => watch.refresh()));
          return { is: 'value', value: true };
        } finally {
          clearTimeout(watch);
        }
      });
      return found !== null;
    },

    async createBucket({ name, public: isPublic, fileSizeLimit, allowedMimeTypes }, signal) {
      const json = {
        id: name,
        name,
        public: isPublic,
        file_size_limit: fileSizeLimit,
        allowed_mime_types: allowedMimeTypes,
      };
      const request: Request = { method: 'POST', path: '/bucket', json, activity: `making the bucket ${name}` };
      try {
        const reply = await ask(options, request, AbortSignal.any([signal, AbortSignal.timeout(timeout)]));
        return reply.is === 'again' ? reply.why : null;
      } catch (thrown) {
        signal.throwIfAborted();
        if (thrown instanceof Refusal || thrown instanceof Fault) throw thrown;
        return brokenText(thrown);
      }
    },
  };
}

type Tried<T> = { readonly is: 'value'; readonly value: T } | Exclude<Reply, { is: 'response' }>;

/** The value, or null when there is no such thing. Tries again after whatever may pass. */
async function repeated<T>(
  { tries = 5, pause = 500, url }: StorageOptions,
  { activity }: Request,
  signal: AbortSignal,
  attempt: (stop: AbortSignal) => Promise<Tried<T>>,
): Promise<T | null> {
  for (let tried = 1; ; tried += 1) {
    const reply = await attempt(signal).catch((thrown: unknown): Tried<T> => {
      signal.throwIfAborted();
      if (thrown instanceof Refusal || thrown instanceof Fault) throw thrown;
      return { is: 'again', why: passingText(thrown), afterMs: 0 };
    });
    if (reply.is === 'value') return reply.value;
    if (reply.is === 'absent') return null;
    if (reply.is === 'duplicate') throw new Fault(`${activity}: it is there already`);
    if (tried >= tries) {
      throw new Fault(`${activity}: ${url} did not answer in ${tries} attempts, the last time because ${reply.why}`);
    }
    await sleep(Math.max(reply.afterMs, pause * 2 ** (tried - 1)), signal);
  }
}

function passingText(thrown: unknown): string {
  if (thrown instanceof SyntaxError) return 'its answer broke off';
  if (thrown instanceof DOMException && thrown.name === 'TimeoutError') return 'it took too long';
  return thrown instanceof TypeError ? brokenText(thrown) : reasonOf(thrown);
}

/** The same response; `onBytes` is called as its body arrives. */
function watched(response: Response, onBytes: () => void): Response {
  const meter = new TransformStream<Uint8Array, Uint8Array>({
    transform(chunk, controller) {
      onBytes();
      controller.enqueue(chunk);
    },
  });
  return new Response(response.body?.pipeThrough(meter) ?? null, { headers: response.headers });
}
