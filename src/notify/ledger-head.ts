// Cards and status updates carry the head of the ledger: what Slack has seen of it cannot be written anew unnoticed (fault 58).
import type { KnownBlock } from '@slack/types';
import type { Link } from '../core/chain.ts';
import { context, LIMITS } from '../messages/blocks.ts';
import type { Topic } from './topic.ts';

/** The same topic, with the head as it is now in the last line of what is shown for long or comes at intervals. */
export function withHead(topic: Topic, headOf: () => Promise<Link | null>): Topic {
  return async (subject, telling) => {
    const source = await topic(subject, telling);
    if (source === null || (telling.kind !== 'card' && telling.kind !== 'update')) return source;
    const head = await headOf();
    if (head === null) return source;
    const line = `ledger ${head.seq}, ${head.hash.slice(0, 12)}`;
    return {
      ...source,
      compose() {
        const composed = source.compose();
        return composed === null || !('blocks' in composed)
          ? composed
          : { ...composed, blocks: signed(composed.blocks, line) };
      },
    };
  };
}

function signed(blocks: readonly KnownBlock[], line: string): readonly KnownBlock[] {
  const last = blocks.at(-1);
  const [element] = context(line).elements;
  if (element === undefined || last?.type !== 'context' || last.elements.length >= LIMITS.context) return blocks;
  return [...blocks.slice(0, -1), { ...last, elements: [...last.elements, element] }];
}
