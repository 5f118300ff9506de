// Answers that only the person who asked can see.
import type { RespondFn } from '@slack/bolt';
import { reasonOf } from '../core/errors.ts';
import type { Message } from '../messages/message.ts';
import type { Log } from '../operations/deps.ts';
import type { SlackClient } from './tools.ts';

/** `replaces`: the message takes the place of the one that was clicked on. */
export type Reply = (message: Message, how?: { readonly replaces: boolean }) => Promise<void>;

type To = {
  /** Absent in submissions of dialogs. */
  readonly respond: RespondFn | undefined;
  readonly client: SlackClient;
  readonly channel: string | null;
  readonly user: string;
  readonly log: Log;
};

/**
 * Tells one person something, never throwing: what the answer is about has happened already. An address that Slack
 * no longer takes (30 minutes, 5 uses) is got round by a message of our own.
 */
export function replyTo({ respond, client, channel, user, log }: To): Reply {
  return async ({ text, blocks }, { replaces } = { replaces: false }) => {
    const message = { text, blocks: [...blocks] };
    try {
      if (respond === undefined) throw new Error('there is no address to respond to');
      await respond({ ...message, response_type: 'ephemeral', replace_original: replaces });
    } catch (thrown) {
      log.info({ why: reasonOf(thrown) }, 'answering by a message of our own');
      const directly = () => client.chat.postMessage({ ...message, channel: user });
      await (channel === null
        ? directly()
        : client.chat.postEphemeral({ ...message, channel, user }).catch(directly)
      ).catch((err: unknown) => log.warn({ err, user }, 'answer did not reach the person'));
    }
  };
}
