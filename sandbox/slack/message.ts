// A message as people read it, made from what local-slack stores.
import { z } from 'zod';
import { nameOfUser } from './workspace.ts';

export type Block = { type: string; [field: string]: unknown };

export type Message = {
  ts: string;
  /** The message this one is a reply to. */
  threadTs: string | undefined;
  channelId: string;
  /** alice, bob, …, holdfast. */
  author: string;
  text: string;
  blocks: readonly Block[];
  /** The only person who sees it; undefined when the whole channel does. */
  ephemeralTo: string | undefined;
  edited: boolean;
  /** Names of attached files. */
  files: readonly string[];
};

export type View = {
  id: string;
  type: string;
  callbackId: string;
  title: string;
  blocks: readonly Block[];
};

const Blocks = z.array(z.looseObject({ type: z.string() }));

const StoredMessage = z.looseObject({
  ts: z.string(),
  channel: z.string(),
  user: z.string().default(''),
  text: z.string().nullish(),
  thread_ts: z.string().optional(),
  blocks: Blocks.nullish(),
  ephemeral_to: z.string().optional(),
  edited: z.unknown().optional(),
  files: z.array(z.looseObject({ name: z.string().optional() })).optional(),
});

const StoredView = z.looseObject({
  id: z.string(),
  type: z.string(),
  callback_id: z.string().default(''),
  title: z.looseObject({ text: z.string() }).optional(),
  blocks: Blocks.default([]),
});

/** Reads a message as local-slack stores it. */
export function readMessage(stored: unknown): Message {
  const message = StoredMessage.parse(stored);
  return {
    ts: message.ts,
    threadTs: message.thread_ts,
    channelId: message.channel,
    author: nameOfUser(message.user),
    text: message.text ?? '',
    blocks: message.blocks ?? [],
    ephemeralTo: message.ephemeral_to === undefined ? undefined : nameOfUser(message.ephemeral_to),
    edited: message.edited !== undefined,
    files: (message.files ?? []).map(({ name }) => name ?? 'file'),
  };
}

/** Reads a modal or a Home tab as local-slack stores it. */
export function readView(stored: unknown): View {
  const view = StoredView.parse(stored);
  return {
    id: view.id,
    type: view.type,
    callbackId: view.callback_id,
    title: view.title?.text ?? '',
    blocks: view.blocks,
  };
}
