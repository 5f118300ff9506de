// What a failed call to Slack means for the message: it certainly did not arrive, or nobody knows.
import {
  ErrorCode,
  WebAPIHTTPError,
  WebAPIPlatformError,
  WebAPIRateLimitedError,
  WebAPIRequestError,
} from '@slack/web-api';
import { reasonOf } from '../core/errors.ts';

export type Failure = {
  /** `unknown`: the request was sent and no usable answer came back. */
  readonly is: 'not_delivered' | 'unknown';
  readonly why: string;
  /** Slack's own word for it, such as `channel_not_found`; null when Slack did not answer. */
  readonly code: string | null;
  /** What else will fail for the same reason: nothing, everything in this channel, or everything. */
  readonly scope: 'message' | 'channel' | 'slack';
  /** How many seconds Slack asked to wait; null when it did not ask. */
  readonly retryAfter: number | null;
};

/** Errors after which, by Slack's documentation, "some aspect of the operation" may have succeeded. */
const HALF_DONE = ['fatal_error', 'internal_error'];
const ABOUT_THE_CHANNEL = [
  'channel_not_found',
  'is_archived',
  'not_in_channel',
  'ratelimited',
  'rate_limited',
  'restricted_action',
  'restricted_action_read_only_channel',
];
const ABOUT_SLACK = [
  'account_inactive',
  'invalid_auth',
  'missing_scope',
  'not_authed',
  'service_unavailable',
  'team_added_to_org',
  'token_expired',
  'token_revoked',
];
/** The connection was never made, so nothing was sent. */
const NEVER_SENT = ['ECONNREFUSED', 'ENOTFOUND', 'EAI_AGAIN', 'EHOSTUNREACH', 'ENETUNREACH', 'UND_ERR_CONNECT_TIMEOUT'];
const AWAY: readonly string[] = [ErrorCode.RequestError, ErrorCode.HTTPError, ErrorCode.RateLimitedError];
const WAIT_UNTOLD_SECONDS = 30;
const LONGEST_WHY = 200;

/** Classifies whatever a call of the Slack client threw. What is not known to be harmless counts as unknown. */
export function failureOf(thrown: unknown): Failure {
  const why = reasonOf(thrown).slice(0, LONGEST_WHY);
  const unanswered: Failure = { is: 'unknown', why, code: null, scope: 'slack', retryAfter: null };
  if (thrown instanceof WebAPIRateLimitedError) return rateLimited(why, Math.max(1, thrown.retryAfter));
  if (thrown instanceof WebAPIHTTPError) return { ...unanswered, is: 'not_delivered' };
  if (thrown instanceof WebAPIPlatformError) return answered(thrown.data.error, unanswered);
  if (thrown instanceof WebAPIRequestError && neverSent(thrown.original)) return { ...unanswered, is: 'not_delivered' };
  // The client throws a bare Error for a 429 that does not say for how long.
  if (why.startsWith('Retry header did not contain')) return rateLimited(why, WAIT_UNTOLD_SECONDS);
  return unanswered;
}

/** Whether Slack itself could not be asked, or had no answer: anything that it did answer, such as a wrong token, stays so. */
export function slackIsAway(thrown: unknown): boolean {
  if (!(thrown instanceof Error)) return false;
  // By its code: Bolt throws errors of classes of its own copy.
  if ('code' in thrown && AWAY.includes(String(thrown.code))) return true;
  if (thrown instanceof WebAPIPlatformError) return [...HALF_DONE, 'service_unavailable'].includes(thrown.data.error);
  return slackIsAway(thrown.cause);
}

function rateLimited(why: string, retryAfter: number): Failure {
  return { is: 'not_delivered', why, code: 'ratelimited', scope: 'channel', retryAfter };
}

function answered(error: string, unanswered: Failure): Failure {
  // Anything but a code is a page that something between us and Slack wrote, or an answer that was cut off.
  if (!/^[a-z][a-z0-9_]{1,60}$/.test(error)) return { ...unanswered, why: 'the answer could not be read' };
  if (HALF_DONE.includes(error)) return { ...unanswered, code: error };
  const scope = ABOUT_SLACK.includes(error) ? 'slack' : ABOUT_THE_CHANNEL.includes(error) ? 'channel' : 'message';
  return { ...unanswered, is: 'not_delivered', code: error, scope };
}

/** Looks through the causes: fetch wraps the socket's error, and a host with several addresses gives several. */
function neverSent(error: unknown): boolean {
  if (error instanceof AggregateError) return error.errors.length > 0 && error.errors.every(neverSent);
  if (!(error instanceof Error)) return false;
  if ('code' in error && typeof error.code === 'string' && NEVER_SENT.includes(error.code)) return true;
  return neverSent(error.cause);
}
