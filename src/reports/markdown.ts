// A document as Markdown. Text of people, databases and providers becomes text there, and nothing else.
import { clean } from '../core/wording.ts';
import { type Block, type Document, type Line, type Piece, spaced, type Task } from './document.ts';

/** A line in a file is no page: whatever is longer was not meant to be read. */
const LONGEST = 2000;

/**
 * Text that means nothing to Markdown: no markup, HTML, table cell, link or mention arises from it, wherever it stands.
 * Markup is escaped; for addresses and mentions, which Markdown cannot escape, characters of the same look are put.
 * @internal
 */
export function escaped(text: string): string {
  return cut(clean(text.slice(0, 4 * LONGEST)))
    .replace(/[\\`*[\]<>|~&$^]/g, '\\$&')
    .replace(/_+/g, (run, at: number, whole: string) =>
      isInWord(whole, at, run.length) ? run : '\\_'.repeat(run.length),
    )
    .replace(/^[#+=-]/, '\\$&')
    .replace(/^(\d+)([.)])/, '$1\\$2')
    .replaceAll('://', '∶//')
    .replace(/www\./gi, (found) => `${found.slice(0, 3)}\u2024`)
    .replaceAll('@', '＠');
}

/** Inside of a word an underscore formats nothing: table_names stay as they are. */
function isInWord(text: string, at: number, length: number): boolean {
  const isLetter = (character: string | undefined) => character !== undefined && /[\p{L}\p{N}]/u.test(character);
  return isLetter(text[at - 1]) && isLetter(text[at + length]);
}

function cut(text: string): string {
  return text.length <= LONGEST ? text : `${text.slice(0, LONGEST - 1).replace(/[\uD800-\uDBFF]$/u, '')}…`;
}

export function markdownOf({ title, blocks }: Document): string {
  const parts = [`# ${escaped(title)}`, ...blocks.map(blockText)];
  return `${parts.filter((part) => part !== '').join('\n\n')}\n`;
}

function blockText(block: Block): string {
  switch (block.is) {
    case 'heading':
      return `## ${escaped(block.text)}`;
    case 'paragraph':
      return lineText(block.line);
    case 'list':
      return block.items.map((item) => `- ${lineText(item)}`).join('\n');
    case 'tasks':
      return block.items.map(taskText).join('\n');
    case 'table':
      return tableText(block.head, block.rows);
    case 'picture':
      return '';
  }
}

function taskText({ done, line, under }: Task): string {
  return [`- [${done ? 'x' : ' '}] ${lineText(line)}`, ...under.map((each) => `  - ${lineText(each)}`)].join('\n');
}

function tableText(head: readonly string[], rows: readonly (readonly Line[])[]): string {
  const row = (cells: readonly string[]) => `| ${cells.join(' | ')} |`;
  const body = rows.map((cells) => row(cells.map(lineText)));
  return [row(head.map(escaped)), row(head.map(() => '---')), ...body].join('\n');
}

function lineText(line: Line): string {
  return typeof line === 'string' ? escaped(line) : line.map(pieceText).join('');
}

function pieceText(piece: Piece): string {
  if (typeof piece === 'string') return spaced(piece, escaped(piece));
  if ('strong' in piece) return wrapped('**', escaped(piece.strong));
  // In a table a bar ends the cell even in code.
  return wrapped('`', clean(piece.code).replaceAll('`', 'ˋ').replaceAll('|', '∣'));
}

function wrapped(mark: string, text: string): string {
  return text === '' ? '' : `${mark}${text}${mark}`;
}
