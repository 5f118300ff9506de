// What is sent to Slack: blocks to look at, and a sentence for notifications and screen readers.
import type { KnownBlock } from '@slack/types';
import { cut, LIMITS } from './blocks.ts';

/** `text` says the essential by itself: a phone's notification shows nothing else. */
export type Message = { readonly text: string; readonly blocks: readonly KnownBlock[] };

/** Null blocks are left out. An address in the text does not become a link. Slack would refuse a 51st block. */
export function message(text: string, blocks: readonly (KnownBlock | null)[]): Message {
  const shown = blocks.filter((block) => block !== null);
  return { text: cut(text.replaceAll('://', ': //'), LIMITS.text), blocks: shown.slice(0, LIMITS.blocks) };
}
