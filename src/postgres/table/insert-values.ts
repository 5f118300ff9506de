// Turns the rows of an INSERT, as pg_dump --inserts writes it, into lines of COPY, without running any of it.
import { Refusal } from '../../core/errors.ts';

/** Null for NULL; undefined for DEFAULT, which stands for a generated column. Text is byte by byte (latin1). */
type Value = string | null | undefined;

export type InsertRows = {
  /** Which of the values are DEFAULT, by position: the same in all rows. */
  readonly left: readonly number[];
  /** How many values a row has, those included. */
  readonly width: number;
  /** In COPY's text format. */
  readonly lines: string;
};

/** `text`: an INSERT, byte by byte; `at`: behind its word VALUES. Throws Refusal at anything that is not a plain value. */
export function rowsOfInsert(text: string, at: number, table: string): InsertRows {
  const reader = { text, at, table };
  let lines = '';
  let shape: Pick<InsertRows, 'left' | 'width'> | undefined;
  do {
    const row = readRow(reader);
    const left = row.flatMap((value, index) => (value === undefined ? [index] : []));
    shape ??= { left, width: row.length };
    if (shape.width !== row.length || shape.left.join() !== left.join()) throw notPlain(reader);
    lines += `${row
      .filter((value) => value !== undefined)
      .map(written)
      .join('\t')}\n`;
  } while (take(reader, COMMA) !== null);
  if (take(reader, END) === null) throw notPlain(reader);
  return { ...shape, lines };
}

// Sticky: each is tried at one place only.
const COMMA = /\s*,\s*/y;
const OPENING = /\s*\(\s*/y;
const CLOSING = /\s*\)/y;
const END = /\s*(?:ON CONFLICT DO NOTHING)?\s*$/iy;
const CAST = /\s*::\s*[\w ."[\]]+(?:\(\d+(?:,\s*\d+)?\))?/y;
const WORD = /NULL\b|DEFAULT\b|true\b|false\b|[+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?(?![\w.])/iy;
const PREFIX = /[BXE](?=')/iy;

type Reader = { readonly text: string; at: number; readonly table: string };

function readRow(reader: Reader): Value[] {
  if (take(reader, OPENING) === null) throw notPlain(reader);
  const row: Value[] = [];
  do row.push(readValue(reader));
  while (take(reader, COMMA) !== null);
  if (take(reader, CLOSING) === null) throw notPlain(reader);
  return row;
}

function readValue(reader: Reader): Value {
  const value = readLiteral(reader);
  // The type by which other programs than pg_dump explain a value. The column knows its own.
  while (take(reader, CAST) !== null);
  return value;
}

function readLiteral(reader: Reader): Value {
  if (reader.text[reader.at] === "'") return readString(reader).replaceAll("''", "'");
  const word = take(reader, WORD)?.[0];
  if (word !== undefined) {
    if (/^null$/i.test(word)) return null;
    return /^default$/i.test(word) ? undefined : word;
  }
  const prefix = take(reader, PREFIX)?.[0].toUpperCase();
  if (prefix === undefined) throw notPlain(reader);
  const content = readString(reader, prefix === 'E');
  if (prefix === 'E') return unescaped(reader, content);
  return prefix === 'B' ? content : `x${content}`;
}

/** What stands between the quotes, as it is written. By hand: a regular expression runs out of stack on a megabyte. */
function readString(reader: Reader, escapes = false): string {
  const { text, at } = reader;
  let end = text.indexOf("'", at + 1);
  for (;;) {
    if (end < 0) throw notPlain(reader);
    if (escapes && isEscaped(text, end, at)) end = text.indexOf("'", end + 1);
    else if (text[end + 1] === "'") end = text.indexOf("'", end + 2);
    else break;
  }
  reader.at = end + 1;
  return text.slice(at + 1, end);
}

function isEscaped(text: string, quote: number, opened: number): boolean {
  let first = quote;
  while (first - 1 > opened && text[first - 1] === '\\') first -= 1;
  return (quote - first) % 2 === 1;
}

/** pg_dump writes no other escape than the doubled backslash, and only with standard_conforming_strings off. */
function unescaped(reader: Reader, text: string): string {
  if (/\\[^\\']/.test(text.replaceAll('\\\\', ''))) throw notPlain(reader);
  return text.replaceAll("''", "'").replace(/\\([\\'])/g, '$1');
}

function take(reader: Reader, pattern: RegExp): RegExpExecArray | null {
  pattern.lastIndex = reader.at;
  const found = pattern.exec(reader.text);
  if (found !== null) reader.at = pattern.lastIndex;
  return found;
}

const ESCAPES: Readonly<Record<string, string>> = { '\\': '\\\\', '\n': '\\n', '\r': '\\r', '\t': '\\t' };

function written(value: string | null): string {
  return value === null ? '\\N' : value.replace(/[\\\n\r\t]/g, (letter) => ESCAPES[letter] ?? letter);
}

function notPlain({ table, at }: Reader): Refusal {
  return new Refusal(
    'dump-not-understood',
    `An INSERT into ${table} in this dump holds something else than plain values (at its character ${at + 1}).`,
    'Choose a backup that pg_dump made without --inserts, or restore the whole database beside the live one.',
  );
}
