// One message to Slack: posted, replied into a thread, or put in place of the one that stands there.
import type { WebClient } from '@slack/web-api';
import { z } from 'zod';
import type { Message } from '../messages/message.ts';
import { failureOf } from './failure-of.ts';

const Posted = z.object({ channel: z.string(), ts: z.string() });
export type Posted = z.infer<typeof Posted>;

export type Place = { readonly channel: string; readonly thread?: string; readonly replaces?: string };

/** Slack will never take these blocks, so the text is sent alone. */
const BLOCKS_REFUSED = ['invalid_blocks', 'invalid_blocks_format', 'msg_blocks_too_long'];

/** Sends the message. When Slack refuses its blocks, `onRefusedBlocks` is called and the bare text is sent. */
export async function post(
  client: WebClient,
  message: Message,
  place: Place,
  onRefusedBlocks: (code: string) => void,
): Promise<Posted> {
  try {
    return await send(client, message, place);
  } catch (thrown) {
    const { code } = failureOf(thrown);
    if (code === null || !BLOCKS_REFUSED.includes(code)) throw thrown;
    onRefusedBlocks(code);
    return await send(client, { text: message.text, blocks: [] }, place);
  }
}

async function send(
  client: WebClient,
  { text, blocks }: Message,
  { channel, thread, replaces }: Place,
): Promise<Posted> {
  const content = { channel, text, blocks: [...blocks] };
  if (replaces !== undefined) {
    await client.chat.update({ ...content, ts: replaces });
    return { channel, ts: replaces };
  }
  const inThread = thread === undefined ? {} : { thread_ts: thread };
  return Posted.parse(
    await client.chat.postMessage({ ...content, ...inThread, unfurl_links: false, unfurl_media: false }),
  );
}
