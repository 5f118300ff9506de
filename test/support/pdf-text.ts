// The text of a PDF as a reader would copy it: glyphs of its content streams, by what its fonts say that they mean.
import { inflateSync } from 'node:zlib';

type Glyphs = ReadonlyMap<number, string>;

/** Of files whose fonts have a ToUnicode table, as pdfmake writes them. */
export function textOfPdf(pdf: Uint8Array): string {
  const whole = Buffer.from(pdf).toString('latin1');
  const objects = new Map(
    [...whole.matchAll(/(\d+) 0 obj\n([\s\S]*?)\nendobj/g)].map(([, id = '', body = '']) => [id, body]),
  );
  const fonts = new Map<string, Glyphs>();
  for (const [, name = '', id = ''] of whole.matchAll(/\/(F\d+) (\d+) 0 R/g)) {
    const table = /\/ToUnicode (\d+) 0 R/.exec(objects.get(id) ?? '')?.[1];
    if (table !== undefined) fonts.set(name, glyphsIn(streamOf(objects.get(table) ?? '')));
  }
  const contents = [...objects.values()].map(streamOf).filter((stream) => /\bTf\b/.test(stream));
  return contents.map((stream) => drawnIn(stream, fonts)).join('\n');
}

function streamOf(body: string): string {
  const stream = /stream\n([\s\S]*)\nendstream/.exec(body)?.[1];
  if (stream === undefined) return '';
  return body.includes('/FlateDecode') ? inflateSync(Buffer.from(stream, 'latin1')).toString('latin1') : stream;
}

function drawnIn(stream: string, fonts: ReadonlyMap<string, Glyphs>): string {
  let font: Glyphs = new Map();
  let text = '';
  for (const [, name, digits = ''] of stream.matchAll(/\/(F\d+) [\d.]+ Tf|<([0-9a-f]+)>/gi)) {
    if (name === undefined)
      text += codesIn(digits)
        .map((code) => font.get(code) ?? '')
        .join('');
    else font = fonts.get(name) ?? new Map();
  }
  return text;
}

function codesIn(digits: string): number[] {
  return (digits.match(/.{4}/g) ?? []).map((code) => Number.parseInt(code, 16));
}

/** `<0000> <0012> [<0041> <0066 0069> …]`: what each glyph from the first on means. */
function glyphsIn(table: string): Glyphs {
  const found = new Map<number, string>();
  for (const [, from = '', list = ''] of table.matchAll(/<([0-9a-f]+)> <[0-9a-f]+> \[([^\]]*)\]/gi)) {
    for (const [at, [, digits = '']] of [...list.matchAll(/<([0-9a-f ]*)>/gi)].entries()) {
      const characters = codesIn(digits.replaceAll(' ', '')).map((code) => String.fromCharCode(code));
      found.set(Number.parseInt(from, 16) + at, characters.join(''));
    }
  }
  return found;
}
