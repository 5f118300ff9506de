// One request to Heroku's API, and what its answer means: a value, an absence, or "ask again".
import { Fault, Refusal, reasonOf } from '../../core/errors.ts';

export type Request = {
  readonly url: string;
  readonly method: 'GET' | 'POST';
  readonly headers: Readonly<Record<string, string>>;
  /** For messages: "/apps/x/releases". */
  readonly path: string;
};

export type Reply =
  | { readonly is: 'body'; readonly body: unknown }
  | { readonly is: 'absent' }
  | { readonly is: 'again'; readonly why: string; readonly limited: boolean; readonly afterMs: number };

const LONGEST_WAIT_MS = 10_000;

/** Asks once. Throws a Refusal when the key is not accepted, and a Fault for answers that asking again cannot mend. */
export async function ask(request: Request, timeoutMs: number, signal?: AbortSignal): Promise<Reply> {
  const limit = AbortSignal.timeout(timeoutMs);
  try {
    const { method, headers } = request;
    const all = signal === undefined ? limit : AbortSignal.any([limit, signal]);
    const response = await fetch(request.url, { method, headers, redirect: 'error', signal: all });
    const text = await response.text();
    return judge(request, response, text);
  } catch (thrown) {
    signal?.throwIfAborted();
    if (thrown instanceof Refusal || thrown instanceof Fault) throw thrown;
    return again(limit.aborted ? `no answer within ${timeoutMs / 1000} s` : brokenText(thrown));
  }
}

function judge({ path }: Request, response: Response, text: string): Reply {
  const { status } = response;
  if (status === 401) {
    throw new Refusal(
      'heroku-unauthorized',
      'Heroku does not accept our API key.',
      'Check HEROKU_API_KEY: it is wrong, or it was revoked.',
    );
  }
  if (status === 403) {
    throw new Refusal(
      'heroku-unauthorized',
      `Heroku does not let us read ${path}.`,
      'Check HEROKU_API_KEY: its owner needs access to the app.',
    );
  }
  if (status === 404) return { is: 'absent' };
  if (status === 429) {
    const seconds = Number(response.headers.get('retry-after') ?? 0);
    const afterMs = Number.isFinite(seconds) ? Math.min(Math.max(0, seconds * 1000), LONGEST_WAIT_MS) : 0;
    return { is: 'again', why: 'too many requests', limited: true, afterMs };
  }
  if (status >= 500) return again(`it answers with ${status}`);
  if (!response.ok) throw new Fault(`reading ${path} of Heroku: it answered with ${status}`);
  try {
    return { is: 'body', body: JSON.parse(text) };
  } catch {
    return again('its answer broke off');
  }
}

function again(why: string): Reply {
  return { is: 'again', why, limited: false, afterMs: 0 };
}

/** `fetch failed` says nothing: the system's code behind it does. */
function brokenText(thrown: unknown): string {
  const cause = thrown instanceof Error ? thrown.cause : undefined;
  const code = typeof cause === 'object' && cause !== null && 'code' in cause ? cause.code : undefined;
  return `the connection broke (${typeof code === 'string' ? code : reasonOf(thrown)})`;
}
