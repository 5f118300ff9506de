// Lines packed into as few sections as hold them; what does not fit is counted, never dropped silently.
import type { SectionBlock } from '@slack/types';
import { cut, LIMITS, section } from './blocks.ts';

const LINE = 900;

/** At most `most` sections. `left` words what was left out: “and 12 more steps”. */
export function paragraphs(lines: readonly string[], most: number, left: (count: number) => string): SectionBlock[] {
  const packs: string[][] = [];
  let room = 0;
  let shown = 0;
  for (const line of lines.map((text) => cut(text, LINE))) {
    // The last section keeps room for the line that says what is missing.
    const size = line.length + 1;
    if (packs.length === 0 || size > room) {
      if (packs.length === most) break;
      packs.push([]);
      room = LIMITS.section - 200;
    }
    packs.at(-1)?.push(line);
    room -= size;
    shown += 1;
  }
  if (shown < lines.length) packs.at(-1)?.push(left(lines.length - shown));
  return packs.map((pack) => section(pack.join('\n')));
}
