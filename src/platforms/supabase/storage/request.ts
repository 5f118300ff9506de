// One request to the Storage API, and what its answer means: a response, an absence, a duplicate, or "ask again".
import { z } from 'zod';
import { Fault, Refusal, reasonOf } from '../../../core/errors.ts';
import type { Secret } from '../../../core/secret.ts';

export type Project = {
  /** `https://abcdefghijklmnopqrst.supabase.co` */
  readonly url: string;
  readonly key: Secret;
  /** The variable that the key is from, for messages. */
  readonly keyFrom: string;
};

export type Request = {
  readonly method: 'GET' | 'POST';
  /** Below /storage/v1, encoded. */
  readonly path: string;
  readonly json?: unknown;
  /** Reads after "while": "listing the bucket uploads". */
  readonly activity: string;
};

export type Reply =
  | { readonly is: 'response'; readonly response: Response }
  | { readonly is: 'absent' }
  | { readonly is: 'duplicate' }
  | { readonly is: 'again'; readonly why: string; readonly afterMs: number };

const LONGEST_WAIT_MS = 10_000;
/** `Invalid Compact JWS`, `InvalidJWT`, `jwt malformed`: told with any status. */
const BAD_TOKEN = /^(?:invalid ?(?:compact )?)?jw[st]/i;

/** The service's own status: the answer's is 400 for nearly everything that is refused. */
const Refused = z.object({
  statusCode: z.coerce.number().optional(),
  error: z.string().optional(),
  message: z.string().optional(),
});

/** Asks once. Throws a Refusal when the key is not accepted, and a Fault for answers that asking again cannot mend. */
export async function ask(project: Project, request: Request, signal: AbortSignal): Promise<Reply> {
  const { method, path, json } = request;
  const response = await fetch(`${project.url}/storage/v1${path}`, {
    method,
    headers: {
      apikey: project.key.open(),
      authorization: `Bearer ${project.key.open()}`,
      // What is stored, byte by byte.
      'accept-encoding': 'identity',
      ...(json === undefined ? {} : { 'content-type': 'application/json' }),
    },
    ...(json === undefined ? {} : { body: JSON.stringify(json) }),
    // Followed, a redirect would take the key to another host.
    redirect: 'manual',
    signal,
  });
  return response.ok ? { is: 'response', response } : await judge(project, request, response);
}

async function judge(project: Project, { activity }: Request, response: Response): Promise<Reply> {
  const said = await refusedBy(response);
  const status = response.status === 400 ? (said.statusCode ?? 400) : response.status;
  const why = `it answers with ${status}${said.message === undefined ? '' : ` (${harmless(said.message)})`}`;
  if (status === 401 || status === 403 || BAD_TOKEN.test(said.error ?? '') || BAD_TOKEN.test(said.message ?? '')) {
    throw new Refusal(
      'storage-unauthorized',
      `The Storage API of ${project.url} does not accept our key: ${why}.`,
      `Check ${project.keyFrom}: it must hold the service_role key, or a secret key, of this project.`,
    );
  }
  if (status === 404) return { is: 'absent' };
  if (status === 409) return { is: 'duplicate' };
  if (status === 429) return { is: 'again', why, afterMs: waitOf(response) };
  if (status >= 500) return { is: 'again', why, afterMs: 0 };
  if (status < 400) throw new Fault(`${activity}: ${why}, a redirect that our key must not follow`);
  throw new Fault(`${activity}: ${why}`);
}

async function refusedBy(response: Response): Promise<z.infer<typeof Refused>> {
  try {
    return Refused.parse(await response.json());
  } catch {
    return {};
  }
}

function waitOf(response: Response): number {
  const seconds = Number(response.headers.get('retry-after') ?? 0);
  return Number.isFinite(seconds) ? Math.min(Math.max(0, seconds * 1000), LONGEST_WAIT_MS) : 0;
}

/** Without what could steer a terminal or break a message. */
function harmless(text: string): string {
  return text
    .replaceAll(/[\p{C}\s]+/gu, ' ')
    .trim()
    .slice(0, 200);
}

/** `fetch failed` says nothing: the system's code behind it does. */
export function brokenText(thrown: unknown): string {
  const cause = thrown instanceof Error ? thrown.cause : undefined;
  const code = typeof cause === 'object' && cause !== null && 'code' in cause ? cause.code : undefined;
  return `the connection broke (${typeof code === 'string' ? code : reasonOf(thrown)})`;
}
