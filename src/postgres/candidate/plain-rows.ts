// The data between COPY … FROM stdin and the line `\.`: found by that line alone, whatever the rows look like.
import { READ_BYTES } from './plain-text.ts';

const NEWLINE = 10;
const BACKSLASH = 92;
const DOT = 46;
/** A row that is longer than this is passed on in pieces. */
const HELD_BYTES = 8 * READ_BYTES;

export type Found = {
  /** How many of the bytes are data that can be passed on. */
  readonly upTo: number;
  /** False when the data ends in the middle of a row. */
  readonly endsRow: boolean;
  /** The length of the line `\.` behind the data; 0 when it is not there yet. */
  readonly mark: number;
};

/** `midRow`: the first byte is not the first of a row. `last`: nothing will follow these bytes. */
export function findRows(bytes: Buffer, { midRow, last }: { readonly midRow: boolean; readonly last: boolean }): Found {
  const first = !midRow && bytes[0] === BACKSLASH && bytes[1] === DOT ? 0 : markBehind(bytes, 0);
  for (let at = first; at !== -1; at = markBehind(bytes, at)) {
    const mark = /^\\\.\r?(\n|$)/.exec(bytes.toString('latin1', at, at + 4));
    if (mark === null) continue;
    const isWhole = mark[1] === '\n' || (last && at + mark[0].length === bytes.length);
    if (isWhole) return { upTo: at, endsRow: true, mark: mark[0].length };
  }
  return { ...wholeRows(bytes), mark: 0 };
}

function markBehind(bytes: Buffer, at: number): number {
  const found = bytes.indexOf('\n\\.', at);
  return found === -1 ? -1 : found + 1;
}

function wholeRows(bytes: Buffer): { upTo: number; endsRow: boolean } {
  let newline = bytes.lastIndexOf(NEWLINE);
  while (newline >= 0 && backslashesBefore(bytes, newline) % 2 === 1) {
    // This line break is part of a value.
    newline = newline === 0 ? -1 : bytes.lastIndexOf(NEWLINE, newline - 1);
  }
  if (newline >= 0) return { upTo: newline + 1, endsRow: true };
  if (bytes.length <= HELD_BYTES) return { upTo: 0, endsRow: false };
  // Backslashes are kept back, so that the byte that they belong to is seen together with them.
  return { upTo: bytes.length - backslashesBefore(bytes, bytes.length), endsRow: false };
}

function backslashesBefore(bytes: Buffer, end: number): number {
  let at = end;
  while (at > 0 && bytes[at - 1] === BACKSLASH) at -= 1;
  return end - at;
}
