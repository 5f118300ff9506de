// A document as PDF, A4, with fonts of our own and the picture in it; the same document leads to the same bytes.
import type { Content, TDocumentDefinitions } from 'pdfmake';
import { clean } from '../core/wording.ts';
import { type Block, type Document, type Line, type Piece, spaced } from './document.ts';
import { fontFiles } from './fonts.ts';

type Options = {
  /** The moment that the file bears as its own; not the clock's, so that it can be made again. */
  readonly at: string;
  readonly picture: string | null;
};

/** How wide (points) the picture is. */
const PICTURE = 460;
/** What fits on one page, in lines. */
const PAGE = 40;
const GREY = '#555555';

/** `picture` is an SVG. pdfmake is loaded when it is needed: it is large. */
export async function pdfOf(document: Document, options: Options): Promise<Uint8Array> {
  const { default: pdfmake } = await import('pdfmake');
  const { folder, normal, bold } = fontFiles();
  pdfmake.setUrlAccessPolicy(() => false);
  pdfmake.setLocalAccessPolicy((path) => path.startsWith(folder));
  pdfmake.setFonts({ Roboto: { normal, bold, italics: normal, bolditalics: bold } });
  return new Uint8Array(await pdfmake.createPdf(definitionOf(document, options)).getBuffer());
}

function definitionOf({ title, blocks }: Document, { at, picture }: Options): TDocumentDefinitions {
  return {
    pageSize: 'A4',
    pageMargins: [40, 44, 40, 52],
    info: {
      title: clean(title),
      creator: 'Holdfast',
      producer: 'Holdfast',
      creationDate: new Date(at),
      modDate: new Date(at),
    },
    defaultStyle: { font: 'Roboto', fontSize: 9.5, lineHeight: 1.2 },
    footer: (page, pages) => ({
      columns: [
        { text: clean(title), color: GREY, fontSize: 8 },
        { text: `page ${page} of ${pages}`, alignment: 'right', color: GREY, fontSize: 8, width: 80 },
      ],
      margin: [40, 16, 40, 0],
    }),
    content: [{ text: clean(title), fontSize: 17, bold: true, margin: [0, 0, 0, 10] }, ...sectionsOf(blocks, picture)],
  };
}

/** A heading stays with what it stands above, and a short section on one page. */
function sectionsOf(blocks: readonly Block[], picture: string | null): Content[] {
  const sections: Block[][] = [];
  for (const block of blocks) {
    if (block.is === 'heading' || sections.length === 0) sections.push([block]);
    else sections.at(-1)?.push(block);
  }
  return sections.map((section) => {
    const stack = section.map((block) => contentOf(block, picture));
    return { stack, unbreakable: sum(section.map(heightOf)) <= PAGE };
  });
}

/** How many lines it takes at most: what may not be broken and is longer than a page would be left out. */
function heightOf(block: Block): number {
  switch (block.is) {
    case 'heading':
      return 1 + linesOf(block.text);
    case 'paragraph':
      return 1 + linesOf(block.line);
    case 'list':
      return 1 + sum(block.items.map((item) => linesOf(item)));
    case 'tasks':
      return 1 + sum(block.items.flatMap(({ line, under }) => [line, ...under].map((each) => linesOf(each))));
    case 'table':
      return 2 + sum(block.rows.map(rowHeight));
    case 'picture':
      return 24;
  }
}

/** Letters that fit into a line even when they are wide ones. */
const LETTERS = 70;

function linesOf(line: Line, letters = LETTERS): number {
  return Math.max(1, Math.ceil(plainText(line).length / letters));
}

/** As if all columns were equally wide; rows of a table stand farther apart. */
function rowHeight(cells: readonly Line[]): number {
  return 1 + Math.max(...cells.map((cell) => linesOf(cell, Math.floor(LETTERS / cells.length))), 0);
}

function sum(figures: readonly number[]): number {
  return figures.reduce((all, one) => all + one, 0);
}

function contentOf(block: Block, picture: string | null): Content {
  switch (block.is) {
    case 'heading':
      return { text: clean(block.text), fontSize: 12.5, bold: true, margin: [0, 10, 0, 5] };
    case 'paragraph':
      return { text: textOf(block.line), margin: [0, 0, 0, 5] };
    case 'list':
      return { ul: block.items.map((item) => ({ text: textOf(item), margin: [0, 0, 0, 2] })), margin: [0, 0, 0, 5] };
    case 'tasks':
      return {
        ul: block.items.map(({ line, under }) => ({
          stack: [{ text: textOf(line) }, { ul: under.map((each) => ({ text: textOf(each), color: GREY })) }],
          margin: [0, 0, 0, 4],
        })),
        margin: [0, 0, 0, 5],
      };
    case 'table':
      return tableOf(block.head, block.rows);
    case 'picture':
      return picture === null ? '' : { svg: picture, width: PICTURE, margin: [0, 4, 0, 4] };
  }
}

/** The longest column takes what the others leave. */
function tableOf(head: readonly string[], rows: readonly (readonly Line[])[]): Content {
  const lengths = head.map((_, column) => Math.max(...rows.map((cells) => plainText(cells[column] ?? '').length), 0));
  const widest = lengths.indexOf(Math.max(...lengths));
  const isBroken = rows.some((cells) => rowHeight(cells) > PAGE);
  const titles = head.map((text): Content => ({ text: clean(text), bold: true }));
  return {
    layout: 'lightHorizontalLines',
    fontSize: 8.5,
    table: {
      headerRows: 1,
      keepWithHeaderRows: isBroken ? 0 : 1,
      widths: head.map((_, column) => (column === widest ? '*' : 'auto')),
      dontBreakRows: !isBroken,
      body: [titles, ...rows.map((cells) => cells.map((cell): Content => ({ text: textOf(cell) })))],
    },
    margin: [0, 0, 0, 5],
  };
}

function plainText(line: Line): string {
  if (typeof line === 'string') return line;
  return line
    .map((piece) => (typeof piece === 'string' ? piece : 'strong' in piece ? piece.strong : piece.code))
    .join('');
}

function textOf(line: Line): Content[] {
  return (typeof line === 'string' ? [line] : line).map(pieceOf);
}

function pieceOf(piece: Piece): Content {
  if (typeof piece === 'string') return spaced(piece, clean(piece));
  if ('strong' in piece) return { text: spaced(piece.strong, clean(piece.strong)), bold: true };
  return { text: clean(piece.code), background: '#EEEEEE' };
}
