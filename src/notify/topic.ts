// What the sender has to know about a kind of subject: where it is told, and how a reference becomes something to send.
import type { Telling } from '../core/ports.ts';
import type { Message } from '../messages/message.ts';

/** A file to be uploaded. `alt` says what a picture shows. */
export type FileToSend = {
  readonly name: string;
  readonly title: string;
  readonly data: Uint8Array;
  readonly alt: string | null;
};

/** Files with the sentence that introduces them, in Slack's markup. */
export type Upload = { readonly comment: string; readonly files: readonly [FileToSend, ...FileToSend[]] };

/** A subject as it is at this moment. */
export type Source = {
  readonly channel: string;
  /** Told by itself, not as a reply to the card: another channel than the card's. */
  readonly apart?: boolean;
  /** Up to which entry of its log a message tells it. */
  readonly seq: number;
  /** Null when there is nothing to say. Throws only by a defect. */
  compose(): Message | Upload | null;
};

/** Loads what a telling is about; null when that is not known here. Throws when it could not be read. */
export type Topic = (subject: string, telling: Telling) => Promise<Source | null>;

/** By the prefix of the subject: `op-41`, `inc-7`, `al-12`, `rep-3`. */
export type Topics = Readonly<Record<'op' | 'inc' | 'al' | 'rep', Topic>>;

export function topicOf(topics: Topics, subject: string): Topic {
  const [, prefix] = /^(op|inc|al|rep)-/.exec(subject) ?? [];
  return topics[prefix as keyof Topics] ?? (async () => null);
}
