// What is shown of a stranger's web server: its address, its answer and its errors, without what could do harm.
import { reasonOf } from '../../core/errors.ts';

/** Without what could steer a terminal or break a message, on one line, 200 characters at most. */
export function clean(text: string): string {
  return text
    .replaceAll(/[\p{C}\s]+/gu, ' ')
    .trim()
    .slice(0, 200);
}

/** An address without its query: tokens stand there, if anywhere. `base` resolves a relative one. */
export function shownUrl(url: string, base?: string): string {
  const parsed = URL.parse(url, base);
  return parsed === null ? clean(url) : clean(`${parsed.origin}${parsed.pathname}`);
}

/** The beginning of a body, which may be endless; `whole` tells whether that was all of it. */
export async function startOf(response: Response, bytes: number): Promise<{ text: string; whole: boolean }> {
  const decoder = new TextDecoder();
  let text = '';
  let arrived = 0;
  for await (const chunk of response.body ?? []) {
    text += decoder.decode(chunk.subarray(0, bytes - arrived), { stream: true });
    arrived += chunk.length;
    if (arrived > bytes) return { text, whole: false };
  }
  return { text, whole: true };
}

/** `fetch` itself says only "fetch failed". */
export function causeOf(thrown: unknown): string {
  const cause = thrown instanceof Error && thrown.cause instanceof Error ? thrown.cause : thrown;
  if (cause instanceof Error && 'code' in cause && typeof cause.code === 'string') return cause.code;
  return reasonOf(cause);
}
