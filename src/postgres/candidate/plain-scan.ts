// Finds where one SQL statement ends, byte by byte and as psql does it: quotes, dollar quotes, comments, parentheses, BEGIN ATOMIC.
import { Refusal } from '../../core/errors.ts';

export type Scanned =
  /** The statement's first byte, the byte behind its semicolon, and its words without what stands in quotes. */
  | { readonly is: 'statement'; readonly start: number; readonly end: number; readonly skeleton: string }
  /** A line that begins with a backslash: a command of psql. */
  | { readonly is: 'meta'; readonly start: number; readonly end: number }
  /** Nothing but blanks and comments up to `end`; what follows is not here yet. */
  | { readonly is: 'blank'; readonly end: number }
  | { readonly is: 'more' };

type Mode = 'code' | 'quote' | 'escape' | 'escape-end' | 'name' | 'dollar' | 'line' | 'block';

const code = (character: string) => character.charCodeAt(0);
const NEWLINE = code('\n');
const BACKSLASH = code('\\');
const QUOTE = code("'");
const DOUBLE = code('"');
const DOLLAR = code('$');
const DASH = code('-');
const SLASH = code('/');
const STAR = code('*');
const more: Scanned = { is: 'more' };

/**
 * One statement, read from a buffer that starts where the statement before it ended and that may grow between two calls.
 * `standardStrings` is the server's standard_conforming_strings: with `false` a backslash escapes in ordinary strings too.
 */
export class StatementScan {
  readonly #standardStrings: boolean;
  #mode: Mode = 'code';
  #at = 0;
  #start = -1;
  #skeleton = '';
  #parentheses = 0;
  #comments = 0;
  #tag = Buffer.alloc(0);
  #gap: 'none' | 'space' | 'line' = 'none';
  readonly #words: string[] = [];
  #isRoutine = false;
  #blocks = 0;

  constructor(standardStrings: boolean) {
    this.#standardStrings = standardStrings;
  }

  /** True while a statement, a quote or a comment over several lines has no end yet. */
  get isOpen(): boolean {
    return this.#start !== -1 || (this.#mode !== 'code' && this.#mode !== 'line');
  }

  /** Goes on from where it stopped. `last`: nothing will follow these bytes. */
  scan(bytes: Buffer, last: boolean): Scanned {
    while (this.#at < bytes.length) {
      const found = this.#mode === 'code' ? this.#code(bytes, last) : this.#inside(bytes, last);
      if (found === more) break;
      if (found !== null) return found;
    }
    return this.#start === -1 && this.#mode === 'code' ? { is: 'blank', end: this.#at } : more;
  }

  #code(bytes: Buffer, last: boolean): Scanned | null {
    const at = this.#at;
    const byte = bytes[at] ?? 0;
    if (isBlank(byte)) {
      this.#at += 1;
      if (!this.#skeleton.endsWith(' ') && this.#start !== -1) this.#skeleton += ' ';
      return null;
    }
    if (byte === DASH || byte === SLASH) {
      if (at + 1 >= bytes.length && !last) return more;
      const second = byte === DASH ? DASH : STAR;
      if (bytes[at + 1] === second) return this.#comment(byte);
    }
    if (byte === BACKSLASH) return this.#backslash(bytes, last);
    if (isWordStart(byte)) return this.#word(bytes, last);
    if (byte === DOLLAR) return this.#dollar(bytes, last);
    this.#begin();
    this.#at += 1;
    if (byte === QUOTE) return this.#open(this.#standardStrings ? 'quote' : 'escape', "''");
    if (byte === DOUBLE) return this.#open('name', '"');
    const character = String.fromCharCode(byte);
    this.#skeleton += character;
    if (character === '(') this.#parentheses += 1;
    if (character === ')' && this.#parentheses > 0) this.#parentheses -= 1;
    if (character !== ';' || this.#parentheses > 0 || this.#blocks > 0) return null;
    return { is: 'statement', start: this.#start, end: this.#at, skeleton: this.#skeleton };
  }

  #begin(): void {
    if (this.#start === -1) this.#start = this.#at;
  }

  #open(mode: Mode, shown: string): null {
    this.#mode = mode;
    this.#skeleton += shown;
    return null;
  }

  #comment(byte: number): null {
    this.#at += 2;
    this.#comments = 1;
    this.#mode = byte === DASH ? 'line' : 'block';
    return null;
  }

  #backslash(bytes: Buffer, last: boolean): Scanned {
    if (this.#start !== -1) {
      throw new Refusal(
        'plain-meta-command',
        'The dump has a command of psql in the middle of a statement, and such are never run.',
        'Have the dump looked at, or choose another backup.',
      );
    }
    const newline = bytes.indexOf(NEWLINE, this.#at);
    if (newline === -1 && !last) return more;
    return { is: 'meta', start: this.#at, end: newline === -1 ? bytes.length : newline + 1 };
  }

  #word(bytes: Buffer, last: boolean): Scanned | null {
    let end = this.#at + 1;
    while (end < bytes.length && isWordPart(bytes[end] ?? 0)) end += 1;
    if (end === bytes.length && !last) return more;
    const word = bytes.toString('latin1', this.#at, end);
    this.#begin();
    this.#at = end;
    this.#skeleton += word;
    this.#countBlocks(word.toLowerCase());
    if (bytes[end] !== QUOTE || word.toLowerCase() !== 'e') return null;
    this.#at += 1;
    return this.#open('escape', "''");
  }

  /** In CREATE FUNCTION … BEGIN ATOMIC …; …; END; the inner semicolons end nothing. The rule is psql's (psqlscan.l). */
  #countBlocks(word: string): void {
    if (this.#words.length < 4) {
      this.#words.push(word);
      this.#isRoutine = /^create (or replace )?(function|procedure)/.test(this.#words.join(' '));
    }
    if (this.#parentheses > 0 || !this.#isRoutine) return;
    if (word === 'begin' || (word === 'case' && this.#blocks > 0)) this.#blocks += 1;
    if (word === 'end' && this.#blocks > 0) this.#blocks -= 1;
  }

  #dollar(bytes: Buffer, last: boolean): Scanned | null {
    let end = this.#at + 1;
    while (end < bytes.length && isTagPart(bytes[end] ?? 0)) end += 1;
    if (end === bytes.length && !last) return more;
    this.#begin();
    const isTag = bytes[end] === DOLLAR && !isDigit(bytes[this.#at + 1] ?? 0);
    if (!isTag) {
      this.#at += 1;
      this.#skeleton += '$';
      return null;
    }
    // Copied: the buffer that it stands in is given back before the quote may end.
    this.#tag = Buffer.from(bytes.subarray(this.#at, end + 1));
    this.#at = end + 1;
    return this.#open('dollar', '$$');
  }

  #inside(bytes: Buffer, last: boolean): Scanned | null {
    switch (this.#mode) {
      case 'quote':
        return this.#until(bytes, bytes.indexOf(QUOTE, this.#at), 1);
      case 'name':
        return this.#name(bytes);
      case 'dollar':
        return this.#until(bytes, bytes.indexOf(this.#tag, this.#at), this.#tag.length);
      case 'line':
        return this.#line(bytes);
      case 'escape':
        return this.#escape(bytes);
      case 'escape-end':
        return this.#escapeEnd(bytes, last);
      default:
        return this.#block(bytes);
    }
  }

  #until(bytes: Buffer, found: number, length: number): Scanned | null {
    if (found === -1) {
      // The end of a mark may be all that is missing of it.
      this.#at = Math.max(this.#at, bytes.length - length + 1);
      return more;
    }
    this.#at = found + length;
    this.#mode = 'code';
    return null;
  }

  #line(bytes: Buffer): Scanned | null {
    if (this.#start !== -1) this.#skeleton += ' ';
    return this.#until(bytes, bytes.indexOf(NEWLINE, this.#at), 1);
  }

  #name(bytes: Buffer): Scanned | null {
    const end = bytes.indexOf(DOUBLE, this.#at);
    this.#skeleton += bytes.toString('latin1', this.#at, end === -1 ? bytes.length : end + 1);
    this.#at = end === -1 ? bytes.length : end + 1;
    if (end === -1) return more;
    this.#mode = 'code';
    return null;
  }

  #escape(bytes: Buffer): Scanned | null {
    while (this.#at < bytes.length) {
      const byte = bytes[this.#at];
      if (byte === BACKSLASH && this.#at + 1 >= bytes.length) return more;
      this.#at += byte === BACKSLASH ? 2 : 1;
      if (byte !== QUOTE) continue;
      this.#mode = 'escape-end';
      this.#gap = 'none';
      return null;
    }
    return more;
  }

  /** A string goes on behind '' at once, and behind blanks and comments if there is a line break in them. */
  #escapeEnd(bytes: Buffer, last: boolean): Scanned | null {
    const byte = bytes[this.#at] ?? 0;
    if (byte === QUOTE && this.#gap !== 'space') {
      this.#at += 1;
      this.#mode = 'escape';
    } else if (isBlank(byte)) {
      this.#at += 1;
      if (this.#gap !== 'line') this.#gap = byte === NEWLINE ? 'line' : 'space';
    } else if (byte === DASH && (this.#at + 1 < bytes.length ? bytes[this.#at + 1] === DASH : !last)) {
      const newline = bytes.indexOf(NEWLINE, this.#at);
      if (newline === -1) return more;
      this.#at = newline;
    } else {
      this.#mode = 'code';
      if (this.#gap !== 'none') this.#skeleton += ' ';
    }
    return null;
  }

  #block(bytes: Buffer): Scanned | null {
    while (this.#at + 1 < bytes.length) {
      const first = bytes[this.#at];
      const second = bytes[this.#at + 1];
      const opens = first === SLASH && second === STAR;
      const closes = first === STAR && second === SLASH;
      this.#comments += opens ? 1 : closes ? -1 : 0;
      this.#at += opens || closes ? 2 : 1;
      if (this.#comments > 0) continue;
      this.#mode = 'code';
      if (this.#start !== -1) this.#skeleton += ' ';
      return null;
    }
    return more;
  }
}

function isBlank(byte: number): boolean {
  return byte === 32 || (byte >= 9 && byte <= 13);
}

function isDigit(byte: number): boolean {
  return byte >= 48 && byte <= 57;
}

function isWordStart(byte: number): boolean {
  return (byte >= 97 && byte <= 122) || (byte >= 65 && byte <= 90) || byte === 95 || byte >= 128;
}

function isTagPart(byte: number): boolean {
  return isWordStart(byte) || isDigit(byte);
}

function isWordPart(byte: number): boolean {
  return isTagPart(byte) || byte === DOLLAR;
}
