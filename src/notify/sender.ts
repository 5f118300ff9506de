// Takes what the outbox holds and tells it in Slack, one message at a time; Slack being away hurts nobody else.
import type { WebClient } from '@slack/web-api';
import type { Outbox, OutboxItem } from '../core/ports.ts';
import type { Log } from '../lib/log.ts';
import { ChannelPace } from './channel-pace.ts';
import { type Delivery, deliver } from './deliver.ts';
import { type Source, type Topics, topicOf } from './topic.ts';

type Options = {
  /** Without retries of its own, see `slackClient`. */
  readonly client: WebClient;
  readonly outbox: Outbox;
  readonly topics: Topics;
  readonly log: Log;
  /** How long to wait when there was nothing to send. */
  readonly intervalMs: number;
};

export type Sender = {
  /** Returns when the message in flight is dealt with; nothing is sent afterwards. */
  stop(): Promise<void>;
};

type Outcome =
  | { readonly is: 'sent'; readonly message: { readonly channel: string; readonly ts: string; readonly seq: number } }
  | Exclude<Delivery, { readonly is: 'sent' }>;

const UNTIL_THE_CARD_SECONDS = 2;
const COMPOSE_AGAIN_SECONDS = 60;
const RECORD_TRIES = 5;
const BETWEEN_RECORD_TRIES_MS = 500;

/** Starts sending. Never throws and never ends by itself: what goes wrong is logged and tried again. */
export function startSender(options: Options): Sender {
  const stopping = new AbortController();
  const running = run(options, stopping.signal);
  return {
    stop() {
      stopping.abort();
      return running;
    },
  };
}

async function run(options: Options, stopping: AbortSignal): Promise<void> {
  const pace = new ChannelPace();
  const unsent = new Set<string>();
  while (!stopping.aborted) {
    const found = await takeOne(options, { pace, unsent, stopping });
    if (!found) await pause(options.intervalMs, stopping);
  }
}

type Loop = {
  readonly pace: ChannelPace;
  /** Items that certainly did not arrive, although that could not be recorded. */
  readonly unsent: Set<string>;
  readonly stopping: AbortSignal;
};

/** One at a time: what is taken counts as begun, so a crash leaves no more than one message in doubt. */
async function takeOne(options: Options, loop: Loop): Promise<boolean> {
  const { outbox, log } = options;
  try {
    const [taken] = await outbox.take(1);
    if (taken === undefined) return false;
    const item = { ...taken, uncertain: taken.uncertain && !loop.unsent.has(taken.id) };
    loop.unsent.add(item.id);
    const outcome = await outcomeOf(options, item, loop);
    if (outcome.is !== 'again') loop.unsent.delete(item.id);
    await record(() => settle(outbox, item, outcome), item, log);
    loop.unsent.delete(item.id);
    return true;
  } catch (err) {
    log.error({ err }, 'outbox could not be worked on');
    return false;
  }
}

/** Throws only when the store fails, and then nothing was sent. */
async function outcomeOf(options: Options, item: OutboxItem, loop: Loop): Promise<Outcome> {
  const { client, outbox, topics, log } = options;
  const { kind } = item.telling;
  if (item.uncertain && kind !== 'card') {
    return { is: 'dropped', why: 'a former attempt may have arrived, and it must not be said twice' };
  }
  if (kind === 'note' && item.card === null) {
    return { is: 'again', seconds: UNTIL_THE_CARD_SECONDS, why: 'its card is not posted yet' };
  }
  const source = await topicOf(topics, item.subject)(item.subject, item.telling);
  if (source === null) {
    log.error({ subject: item.subject }, 'message about something that is not known here');
    return { is: 'dropped', why: 'what it is about is not known here' };
  }
  const content = composed(source, item, log);
  if ('is' in content) return content;

  const apart = source.apart === true || kind === 'update' || kind === 'files';
  const placed = apart ? { ...item, card: null } : item;
  const channel = placed.card?.channel ?? source.channel;
  const rest = loop.pace.restSeconds(channel);
  if (rest > 0) return { is: 'again', seconds: rest, why: 'its channel is left alone for a while' };
  if (kind !== 'card' || placed.card === null) await pause(loop.pace.msToNextPost(channel), loop.stopping);
  const delivery = await deliver(placed, content, channel, { client, outbox, pace: loop.pace, log });
  if (delivery.is !== 'sent') return delivery;
  return { is: 'sent', message: { ...delivery.posted, seq: source.seq } };
}

/** What to send, or what becomes of an item for which there is nothing. A defect in composing must not stop the others. */
function composed({ compose }: Source, item: OutboxItem, log: Log) {
  try {
    return compose() ?? ({ is: 'dropped', why: 'there is nothing to say about it' } as const);
  } catch (err) {
    log.error({ err, subject: item.subject, telling: item.telling }, 'message could not be composed');
    return { is: 'again', seconds: COMPOSE_AGAIN_SECONDS, why: 'it could not be composed' } as const;
  }
}

function settle(outbox: Outbox, item: OutboxItem, outcome: Outcome): Promise<void> {
  switch (outcome.is) {
    case 'sent':
      return outbox.sent(item.id, outcome.message);
    case 'again':
      return outbox.retry(item.id, outcome.seconds, outcome.why);
    case 'dropped':
      return outbox.drop(item.id, outcome.why);
  }
}

/** Records with some patience: unrecorded, a card would be posted a second time. */
async function record(write: () => Promise<void>, item: OutboxItem, log: Log): Promise<void> {
  for (let tries = 1; ; tries += 1) {
    try {
      return await write();
    } catch (err) {
      if (tries >= RECORD_TRIES) throw err;
      log.warn({ err, subject: item.subject, telling: item.telling }, 'what became of a message is not recorded yet');
      await new Promise((resolve) => setTimeout(resolve, BETWEEN_RECORD_TRIES_MS));
    }
  }
}

/** Waits, or returns early when the sender is stopped. */
function pause(ms: number, stopping: AbortSignal): Promise<void> {
  if (ms <= 0 || stopping.aborted) return Promise.resolve();
  return new Promise((resolve) => {
    const end = () => {
      clearTimeout(timer);
      stopping.removeEventListener('abort', end);
      resolve();
    };
    const timer = setTimeout(end, ms);
    stopping.addEventListener('abort', end, { once: true });
  });
}
