// What is sent to Slack: blocks to look at, and a sentence for notifications and screen readers.
import type { KnownBlock, SectionBlock } from '@slack/types';
import { context, cut, LIMITS } from './blocks.ts';

/** `text` says the essential by itself: a phone's notification shows nothing else. */
export type Message = { readonly text: string; readonly blocks: readonly KnownBlock[] };

/** Null blocks are left out. An address in the text does not become a link. Slack would refuse a 51st block. */
export function message(text: string, blocks: readonly (KnownBlock | null)[]): Message {
  const shown = blocks.filter((block) => block !== null).slice(0, LIMITS.blocks - 1);
  return { text: cut(text.replaceAll('://', ': //'), LIMITS.text), blocks: fitted(shown) };
}

/** Slack refuses a message that is too long as a whole, so every section of such a one is cut to its share, and that is said. */
function fitted(blocks: readonly KnownBlock[]): readonly KnownBlock[] {
  const sections = blocks.flatMap((block) => (block.type === 'section' ? [block] : []));
  const length = sections.reduce((sum, block) => sum + lengthOf(block), 0);
  if (length <= LIMITS.whole) return blocks;
  const share = LIMITS.whole / length;
  const cutBlocks = blocks.map((block) => (block.type === 'section' ? cutTo(block, share) : block));
  return [...cutBlocks, context('This message was too long for Slack: texts that end with “…” are cut.')];
}

function lengthOf({ text, fields = [] }: SectionBlock): number {
  return [text, ...fields].reduce((sum, part) => sum + (part?.text.length ?? 0), 0);
}

function cutTo(block: SectionBlock, share: number): SectionBlock {
  const shorter = <T extends { text: string }>(part: T): T => ({
    ...part,
    text: cut(part.text, Math.max(40, part.text.length * share)),
  });
  return {
    ...block,
    ...(block.text === undefined ? {} : { text: shorter(block.text) }),
    ...(block.fields === undefined ? {} : { fields: block.fields.map(shorter) }),
  };
}
