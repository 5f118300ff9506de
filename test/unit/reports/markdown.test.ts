// Whatever people, providers and databases write: in a report it is text, and nothing arises from it.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Block, labelled, listOr, paragraph, sentence } from '../../../src/reports/document.ts';
import { escaped, markdownOf } from '../../../src/reports/markdown.ts';

const pieces = fc.constantFrom(
  ...['[', ']', '(', ')', '<', '>', '`', '*', '_', '__', '~~', '|', '#', '-', '+', '=', '1.', '12)', '!', '&', '\\'],
  ...['\n', '\n\n', '    ', '\t', '\u202e', '\u0000', '\ud83d', '^', '$', ':', '//', ' ', 'a', 'ä', '7'],
  ...['https://evil.example', 'www.evil.example', 'WWW.evil', 'a@b.co', '@team', '<script>', '[x](javascript:1)'],
);
const hostile = fc.oneof(
  fc.array(pieces, { maxLength: 30 }).map((some) => some.join('')),
  fc.string({ maxLength: 80 }),
);

/** A space for each escaped character, which still stands between its neighbours: what Markdown acts on is left. */
const bare = (text: string) => text.replace(/\\[\\`*_[\]<>|~&$^#+=.)-]/g, ' ');

describe('text of others', () => {
  it('has no character left that Markdown would act on', () => {
    fc.assert(
      fc.property(hostile, (text) => {
        const left = bare(escaped(text));
        expect(left).not.toMatch(/[\\`*[\]<>|~&$^@\n\r]/);
        expect(left).not.toMatch(/(?<![\p{L}\p{N}_])_|_(?![\p{L}\p{N}_])/u);
        expect(left).not.toMatch(/:\/\/|www\./i);
        expect(escaped(text)).not.toMatch(/^(?:[#+=-]|\d+[.)]|\s)/);
      }),
      { numRuns: 500 },
    );
  });

  it('never adds a line, a cell or an item to the page', () => {
    fc.assert(
      fc.property(hostile, (text) => {
        const blocks: Block[] = [
          { is: 'table', head: ['a', text], rows: [[text, [{ code: text }, { strong: text }]]] },
          { is: 'list', items: [text] },
        ];
        const lines = markdownOf({ title: text, blocks }).split('\n');
        expect(lines).toHaveLength(8);
        const [header = '', , row = ''] = lines.slice(2);
        expect(header.match(/(?<!\\)(?:\\\\)*\|/g)).toHaveLength(3);
        expect(row.match(/(?<!\\)(?:\\\\)*\|/g)).toHaveLength(3);
      }),
      { numRuns: 300 },
    );
  });

  it.each([
    ['a link', '[pay](https://evil.example)', '\\[pay\\](https∶//evil.example)'],
    ['HTML', '<img src=x onerror=alert(1)>', '\\<img src=x onerror=alert(1)\\>'],
    ['emphasis', '**now** _or_ ~~never~~', '\\*\\*now\\*\\* \\_or\\_ \\~\\~never\\~\\~'],
    ['a heading', '# Result: PASS', '\\# Result: PASS'],
    ['a list', '1. first', '1\\. first'],
    ['lines', 'one\n\n## two\u202e', 'one ## two'],
    ['a mention', 'mail @everyone', 'mail ＠everyone'],
    ['an entity', '&lt;b&gt;', '\\&lt;b\\&gt;'],
  ])('shows %s as it was written', (_, text, shown) => {
    expect(escaped(text)).toBe(shown);
  });

  it('leaves the names of tables as they are', () => {
    expect(escaped('line_items of public.entries_backup_2025, _private')).toBe(
      'line_items of public.entries_backup_2025, \\_private',
    );
  });

  it('is cut where no page would end', () => {
    const long = escaped('x'.repeat(10_000));
    expect(long).toHaveLength(2000);
    expect(long.endsWith('…')).toBe(true);
  });
});

describe('a sentence', () => {
  it('shows its commands as code and its people as what they are', () => {
    const line = sentence('<@U02BOB> ran `/dr drill monthly`; `rm -rf /` and <@nobody> are text.', { U02BOB: 'lead' });
    expect(markdownOf({ title: 'T', blocks: [paragraph(...line)] })).toBe(
      '# T\n\nlead (U02BOB) ran `/dr drill monthly`; \\`rm -rf /\\` and \\<＠nobody\\> are text.\n',
    );
  });

  it('shows people whom nobody knows by their id', () => {
    expect(sentence('<@U09EVE> joined, <@9> did not')).toEqual(['U09EVE', ' joined, <@9> did not']);
  });
});

describe('a page', () => {
  it('has headings, labels, tasks and tables, and no place for a picture', () => {
    const blocks: Block[] = [
      labelled('Result', 'PASS'),
      { is: 'picture' },
      { is: 'heading', text: 'Parts' },
      {
        is: 'tasks',
        items: [
          { done: true, line: ['one: ', { strong: 'PASS' }], under: ['read'] },
          { done: false, line: 'two', under: [] },
        ],
      },
      { is: 'table', head: ['a'], rows: [[[{ code: 'a|b`c' }]]] },
      listOr([], 'None.'),
      listOr(['x', ['y ', { strong: '' }]], 'None.'),
    ];
    expect(markdownOf({ title: 'Page', blocks })).toBe(
      [
        '# Page',
        '**Result:** PASS',
        '## Parts',
        '- [x] one: **PASS**\n  - read\n- [ ] two',
        '| a |\n| --- |\n| `a∣bˋc` |',
        'None.',
        '- x\n- y ',
      ]
        .join('\n\n')
        .concat('\n'),
    );
  });
});
