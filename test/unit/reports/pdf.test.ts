// The PDF of a document: everything that stands in it can be read, however long it is.
import { expect, it } from 'vitest';
import type { Block, Document } from '../../../src/reports/document.ts';
import { pdfOf } from '../../../src/reports/pdf.ts';
import { textOfPdf } from '../../support/pdf-text.ts';

const words = (name: string, count: number) => Array.from({ length: count }, (_, n) => `${name}${n}`).join(' ');
const heading: Block = { is: 'heading', text: 'A section' };
const LONG: readonly (readonly [string, readonly Block[]])[] = [
  ['paragraphs', Array.from({ length: 12 }, (_, n): Block => ({ is: 'paragraph', line: words(`p${n}x`, 130) }))],
  ['a list', [{ is: 'list', items: Array.from({ length: 14 }, (_, n) => words(`l${n}x`, 120)) }]],
  [
    'tasks',
    [
      {
        is: 'tasks',
        items: Array.from({ length: 8 }, (_, n) => ({
          done: false,
          line: words(`t${n}x`, 90),
          under: [words(`u${n}x`, 90)],
        })),
      },
    ],
  ],
  [
    'a table',
    [
      {
        is: 'table',
        head: ['What', 'Found'],
        rows: Array.from({ length: 15 }, (_, n) => [`row${n}`, words(`c${n}x`, 110)]),
      },
    ],
  ],
  ['one row', [{ is: 'table', head: ['What', 'Found'], rows: [['row', words('r0x', 1_500)]] }]],
];

/** The text as written, without what lies between words. */
const bare = (text: string) => text.replaceAll(/\s+/g, '');

it.each(LONG)('has all of a section of %s that is longer than a page', async (_what, blocks) => {
  const document: Document = { title: 'A report', blocks: [heading, ...blocks, { is: 'heading', text: 'The end' }] };
  const text = bare(textOfPdf(await pdfOf(document, { at: '2025-11-22T14:30:00.000Z', picture: null })));
  const said = JSON.stringify(blocks).match(/[a-z]\d+x\d+/g) ?? [];
  expect(said.length).toBeGreaterThan(500);
  expect(said.filter((word) => !text.includes(word))).toEqual([]);
  expect(text).toContain('Theend');
});
