// One HTTPS request to a service outside, and what its answer means: it was taken, refused, or has to be sent again.
import { SLOWLY, type Told } from './notifier.ts';

export type Request = {
  /** As people know it: `PagerDuty`. */
  readonly service: string;
  readonly method: 'GET' | 'POST' | 'PATCH';
  readonly url: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly json?: unknown;
  /** Takes secrets out of what the service says. */
  readonly redact: (text: string) => string;
};

export type Answer =
  | { readonly is: 'ok'; readonly body: unknown }
  /** It was understood and will not be taken, however often it is sent. */
  | { readonly is: 'refused'; readonly status: number; readonly says: string }
  | Extract<Told, { is: 'again' }>;

const TIMEOUT_MS = 10_000;
const LONGEST_WAIT_SECONDS = 3600;
const WAIT_UNTOLD_SECONDS = 30;

/** Asks once, for at most ten seconds. Never rejects. */
export async function ask(request: Request, signal: AbortSignal): Promise<Answer> {
  const { service, method, url, headers = {}, json, redact } = request;
  try {
    const response = await fetch(url, {
      method,
      headers: { accept: 'application/json', ...headers, ...(json === undefined ? {} : JSON_TYPE) },
      ...(json === undefined ? {} : { body: JSON.stringify(json) }),
      // Followed, a redirect would take our key to another host.
      redirect: 'manual',
      signal: AbortSignal.any([signal, AbortSignal.timeout(TIMEOUT_MS)]),
    });
    return judge(service, response, await response.text(), redact);
  } catch (thrown) {
    return again(`${service} did not answer: ${unansweredText(thrown)}`);
  }
}

const JSON_TYPE = { 'content-type': 'application/json' };

function judge(service: string, response: Response, text: string, redact: Request['redact']): Answer {
  const { status } = response;
  const said = redact(harmless(text));
  const why = `${service} answered ${status}${said === '' ? '' : ` (${said})`}`;
  if (response.ok) {
    const body = parsed(text);
    return body === undefined ? again(`${service} answered something that is not JSON`) : { is: 'ok', body };
  }
  // Statuspage says 420 as well.
  if (status === 429 || status === 420) return again(why, waitOf(response) ?? WAIT_UNTOLD_SECONDS);
  if (status === 408 || status >= 500) return again(why, waitOf(response) ?? 0);
  if (status === 401 || status === 403) return again(why, SLOWLY, 'unauthorized');
  if (status < 400) return again(`${why}: a redirect, which our key must not follow`, SLOWLY, 'redirected');
  return { is: 'refused', status, says: said };
}

/** `seconds` is the least to wait; with a `code`, a person has to mend something. */
export function again(why: string, seconds = 0, code: string | null = null): Extract<Told, { is: 'again' }> {
  return { is: 'again', seconds, why, code };
}

/** The header counts seconds or names a moment. Null when it is missing or cannot be read. */
function waitOf(response: Response): number | null {
  const header = response.headers.get('retry-after');
  if (header === null) return null;
  const seconds = /^\s*\d+(\.\d+)?\s*$/.test(header) ? Number(header) : (Date.parse(header) - Date.now()) / 1000;
  return Number.isFinite(seconds) ? Math.min(Math.max(1, Math.ceil(seconds)), LONGEST_WAIT_SECONDS) : null;
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}

/** Without what could steer a terminal or break a line. */
export function harmless(text: string): string {
  return text
    .slice(0, 2000)
    .replaceAll(/[\p{C}\s]+/gu, ' ')
    .trim()
    .slice(0, 200);
}

/** Codes only: the message of `fetch` may hold the very header that it could not send. */
function unansweredText(thrown: unknown): string {
  if (thrown instanceof DOMException) return thrown.name === 'TimeoutError' ? 'it took too long' : 'we were stopped';
  const cause = thrown instanceof Error ? thrown.cause : undefined;
  const code = typeof cause === 'object' && cause !== null && 'code' in cause ? cause.code : undefined;
  return typeof code === 'string' ? `the connection broke (${code})` : 'the request could not be sent';
}
