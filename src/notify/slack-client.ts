// The Slack client for whoever has a retry policy of its own: every call is one request, answered within ten seconds.
import { type Logger, WebClient } from '@slack/web-api';
import type { Secret } from '../core/secret.ts';
import { hidingFetch } from '../lib/hiding-fetch.ts';

const TIMEOUT_MS = 10_000;

type Options = {
  readonly token: Secret;
  readonly apiUrl: string;
  readonly logger: Logger;
  /** What is told goes through it. */
  redact(text: string): string;
};

/** A client that never repeats a call and hands "too many requests" to its caller at once. */
export function slackClient({ token, apiUrl, logger, redact }: Options): WebClient {
  return new WebClient(token.open(), {
    slackApiUrl: apiUrl,
    logger,
    fetch: hidingFetch(redact),
    timeout: TIMEOUT_MS,
    retryConfig: { retries: 0 },
    rejectRateLimitedCalls: true,
  });
}
