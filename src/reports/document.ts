// A report as headings, lines and tables, before it becomes Markdown or a PDF: both say the same since both are made of it.
import { UserId } from '../core/names.ts';

/** A plain string is text of anybody: whoever renders it makes it harmless. */
export type Piece = string | { readonly strong: string } | { readonly code: string };
export type Line = string | readonly Piece[];

export type Task = { readonly done: boolean; readonly line: Line; readonly under: readonly Line[] };

export type Block =
  | { readonly is: 'heading'; readonly text: string }
  | { readonly is: 'paragraph'; readonly line: Line }
  | { readonly is: 'list'; readonly items: readonly Line[] }
  /** Things that are done or not, each with what is said about it. */
  | { readonly is: 'tasks'; readonly items: readonly Task[] }
  | { readonly is: 'table'; readonly head: readonly string[]; readonly rows: readonly (readonly Line[])[] }
  /** Where the picture stands, for renderers that show one. */
  | { readonly is: 'picture' };

export type Document = { readonly title: string; readonly blocks: readonly Block[] };

/** What people are, by id: `engineering-lead`. */
export type People = Readonly<Record<string, string>>;

/** `engineering-lead (U02BOB)`: outside of Slack an id says little. Nobody's id is shown as it is. */
export function personText(id: string, people: People): string {
  const title = people[id];
  return title === undefined ? id : `${title} (${id})`;
}

/** Commands that our sentences quote: `/dr audit op-41`; and people as Slack mentions them. */
const MARKED = /`(\/dr(?: [\w<>[\]|.-]+)*)`|<@([A-Z0-9]+)>/g;

/** A sentence composed by the core, which may quote commands, mention people, and contain text of others. */
export function sentence(text: string, people: People = {}): Piece[] {
  const pieces: Piece[] = [];
  let from = 0;
  for (const found of text.matchAll(MARKED)) {
    const [whole, command, id] = found;
    const piece = command === undefined ? personIn(id, people) : { code: command };
    if (piece === null) continue;
    pieces.push(text.slice(from, found.index), piece);
    from = found.index + whole.length;
  }
  return [...pieces, text.slice(from)].filter((piece) => piece !== '');
}

function personIn(id: string | undefined, people: People): string | null {
  const known = UserId.safeParse(id);
  return known.success ? personText(known.data, people) : null;
}

/** `text` is what became of the piece: cleaned, it has lost the blanks that keep it apart from its neighbours. */
export function spaced(piece: string, text: string): string {
  return `${/^\s/.test(piece) ? ' ' : ''}${text}${/\S\s$/.test(piece) ? ' ' : ''}`;
}

export function heading(text: string): Block {
  return { is: 'heading', text };
}

export function paragraph(...line: readonly Piece[]): Block {
  return { is: 'paragraph', line };
}

/** `Result: PASS`, the label in bold. */
export function labelled(label: string, text: string): Block {
  return paragraph({ strong: `${label}:` }, ` ${text}`);
}

/** A list; without items the sentence that says so. */
export function listOr(items: readonly Line[], none: string): Block {
  return items.length === 0 ? paragraph(none) : { is: 'list', items };
}
