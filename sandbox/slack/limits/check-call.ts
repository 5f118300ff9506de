// Judges one Web API call by Slack's limits: what would be refused, and what would only be warned of.
import type { z } from 'zod';
import { MessageBlocks, View } from './blocks.ts';

export type Judgement = {
  /** Slack's error word, with what it would say; undefined when the call is fine. */
  refused?: { error: 'invalid_blocks' | 'invalid_arguments' | 'msg_too_long' | 'no_text'; messages: string[] };
  warnings: string[];
};

const MESSAGES = ['chat.postMessage', 'chat.postEphemeral', 'chat.update', 'response_url'];
const VIEWS = ['views.open', 'views.push', 'views.update', 'views.publish'];

/** Checks the arguments of a method that posts a message or a view; every other method is fine. */
export function checkCall(method: string, args: Record<string, unknown>): Judgement {
  if (VIEWS.includes(method)) {
    const messages = problems(View, args['view'], '/view');
    return { warnings: [], ...(messages.length > 0 ? { refused: { error: 'invalid_arguments', messages } } : {}) };
  }
  return MESSAGES.includes(method) ? checkMessage(method, args) : { warnings: [] };
}

function checkMessage(method: string, args: Record<string, unknown>): Judgement {
  const text = typeof args['text'] === 'string' ? args['text'] : '';
  const { blocks } = args;
  const hasBlocks = Array.isArray(blocks) && blocks.length > 0;
  if (text.length > 40_000) {
    const messages = [`text has ${text.length} characters, at most 40000 are allowed`];
    return { refused: { error: 'msg_too_long', messages }, warnings: [] };
  }
  const empty = text === '' && !hasBlocks && !('attachments' in args) && !('delete_original' in args);
  if (empty) return { refused: { error: 'no_text', messages: ['neither text nor blocks'] }, warnings: [] };
  const messages = blocks === undefined ? [] : problems(MessageBlocks, blocks, '/blocks');
  const warnings = [
    ...(text.length > 4000 ? [`${method}: text has ${text.length} characters, over 4000 may be cut`] : []),
    ...(text === '' && hasBlocks ? [`${method}: no top-level text, phones show an empty notification`] : []),
  ];
  return { warnings, ...(messages.length > 0 ? { refused: { error: 'invalid_blocks', messages } } : {}) };
}

function problems(schema: z.ZodType, value: unknown, at: string): string[] {
  const { error } = schema.safeParse(value);
  return (error?.issues ?? []).map(({ message, path }) => {
    const pointer = [at, ...path.map(String)].join('/');
    return `[ERROR] ${message} [json-pointer:${pointer}]`;
  });
}
