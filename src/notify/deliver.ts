// Carries out one item of the outbox, and decides what a failure means: try again, post anew, or leave it.
import type { WebClient } from '@slack/web-api';
import type { Outbox, OutboxItem } from '../core/ports.ts';
import type { Log } from '../lib/log.ts';
import type { Message } from '../messages/message.ts';
import { backoffSeconds, type ChannelPace } from './channel-pace.ts';
import { type Failure, failureOf } from './failure-of.ts';
import { type Place, type Posted, post } from './post.ts';
import type { Upload } from './topic.ts';
import { NotUploaded, upload } from './upload.ts';

/** What one item came to. `again` counts seconds. */
export type Delivery =
  | { readonly is: 'sent'; readonly posted: Posted }
  | { readonly is: 'again'; readonly seconds: number; readonly why: string }
  | { readonly is: 'dropped'; readonly why: string };

type Tools = {
  readonly client: WebClient;
  readonly outbox: Outbox;
  readonly pace: ChannelPace;
  readonly log: Log;
};

/** The card cannot be edited any more: it was deleted, or belongs to another time or bot. */
const CARD_IS_GONE = ['message_not_found', 'cant_update_message', 'edit_window_closed'];
const THREAD_IS_GONE = ['message_not_found', 'thread_not_found', 'cannot_reply_to_message'];
const AFTER_A_NEW_CARD_SECONDS = 5;

/** Sends one composed item to Slack. Whatever goes wrong there is in the returned value, never thrown. */
export async function deliver(
  item: OutboxItem,
  content: Message | Upload,
  channel: string,
  tools: Tools,
): Promise<Delivery> {
  const place = placeOf(item, channel);
  const sent = await attempt(item, content, place, tools);
  if (!('is' in sent)) return { is: 'sent', posted: sent };
  if (place.replaces !== undefined && isOneOf(CARD_IS_GONE, sent.code)) {
    tools.log.warn({ subject: item.subject, code: sent.code }, 'card is gone, posting it anew');
    await tools.outbox.forgetCard(item.subject);
    return deliver({ ...item, card: null }, content, channel, tools);
  }
  if (place.thread !== undefined && isOneOf(THREAD_IS_GONE, sent.code)) {
    await tools.outbox.forgetCard(item.subject);
    await tools.outbox.add(item.subject, { kind: 'card' });
    return { is: 'again', seconds: AFTER_A_NEW_CARD_SECONDS, why: 'the card of its thread is gone' };
  }
  return afterFailure(item, sent, place, tools);
}

async function attempt(
  item: OutboxItem,
  content: Message | Upload,
  place: Place,
  tools: Tools,
): Promise<Posted | Failure> {
  const { client, pace } = tools;
  try {
    if (place.replaces === undefined) pace.posted(place.channel);
    const posted = await ('files' in content
      ? uploaded(client, content, place.channel)
      : post(client, content, place, (code) => refused(item, code, tools)));
    pace.succeeded(place.channel);
    return posted;
  } catch (thrown) {
    return thrown instanceof NotUploaded ? thrown.failure : failureOf(thrown);
  }
}

/** Slack does not tell at which moment files appear in a channel: what is remembered of them is the first one's id. */
async function uploaded(client: WebClient, files: Upload, channel: string): Promise<Posted> {
  return { channel, ts: await upload(client, files, channel) };
}

function refused({ subject, telling }: OutboxItem, code: string, { log }: Tools): void {
  log.error({ subject, telling, code }, 'Slack refused the blocks of a message');
}

function placeOf({ telling, card }: OutboxItem, channel: string): Place {
  if (card === null) return { channel };
  return telling.kind === 'card' ? { channel, replaces: card.ts } : { channel, thread: card.ts };
}

function afterFailure(item: OutboxItem, failure: Failure, place: Place, { pace, log }: Tools): Delivery {
  const { channel } = place;
  const rest = failure.scope === 'message' ? 0 : pace.failed(channel, failure.retryAfter ?? 0);
  const seconds = failure.code === null || failure.code === 'ratelimited' ? rest : slowly(failure, item);
  const fields = { subject: item.subject, telling: item.telling, channel, code: failure.code, why: failure.why };
  // An edit can be repeated without harm, and a card must stand: both are tried again even when nobody knows.
  if (failure.is === 'unknown' && item.telling.kind !== 'card') {
    log.warn(fields, 'message may have arrived, not posting it twice');
    return { is: 'dropped', why: `nobody knows whether it arrived: ${failure.why}` };
  }
  if (failure.code !== null && failure.code !== 'ratelimited' && pace.isNews(channel, failure.code)) {
    log.error(fields, 'Slack does not take messages for a channel');
  } else {
    log.warn({ ...fields, seconds }, 'message not delivered, trying again');
  }
  return { is: 'again', seconds: Math.max(1, seconds), why: failure.why };
}

/** What Slack refused by name is rarely mended within seconds. */
function slowly(failure: Failure, item: OutboxItem): number {
  return failure.scope === 'message' ? backoffSeconds(item.attempts) : backoffSeconds(Number.POSITIVE_INFINITY);
}

function isOneOf(codes: readonly string[], code: string | null): boolean {
  return code !== null && codes.includes(code);
}
