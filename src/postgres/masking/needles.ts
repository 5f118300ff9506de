// What of a source value is looked for in the candidate, and what is too common to mean anything.
import type { MaskedColumn } from './written.ts';

/** `common` ones count only when few rows have them: categories are not personal. */
export type Needle = {
  readonly text: string;
  /** A whole value, the digits of a phone number, or the words of a name: the last two are found within longer texts. */
  readonly is: 'value' | 'tel' | 'name';
  readonly common: boolean;
};

/** What is hashed of one that is found within texts. */
export const WITHIN = { tel: 'tel:', name: 'name:' } as const;

/** Shorter values stand everywhere. */
const SHORTEST = 4;
const FEWEST_PHONE_DIGITS = 7;

export const EMAIL = String.raw`[A-Za-z0-9._%+-]+@[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)+`;
export const PHONE = String.raw`\+[0-9](?:[ ()/.-]{0,2}[0-9]){6,14}`;

const ADDRESSES = new RegExp(EMAIL, 'g');
const NUMBERS = new RegExp(PHONE, 'g');

/** Types whose values are compared: a date or a number that stands elsewhere too proves nothing. */
export function isCompared({ kind }: Pick<MaskedColumn, 'kind'>): boolean {
  return kind === 'text' || kind === 'json' || kind === 'uuid';
}

/** Finds what is to be looked for in one value. `isOwn` tells what the rules themselves write. Called for every value: no waste. */
export function findNeedles(
  column: MaskedColumn,
  text: string,
  isOwn: (text: string) => boolean,
  found: (needle: Needle) => void,
): void {
  const take = (needle: Needle) => {
    if (needle.is === 'tel' ? needle.text.startsWith('1000000') : needle.text.length < SHORTEST) return;
    if (needle.is === 'tel' || !isOwn(needle.text)) found(needle);
  };
  const value = isContent(column) ? contentOf : wholeOf;
  if (column.kind === 'json') eachText(text, (leaf) => contentOf(column, leaf, take));
  else if (column.array) for (const element of elementsOf(text)) value(column, element, take);
  else value(column, text, take);
}

type Take = (needle: Needle) => void;

function isContent({ as, kind }: MaskedColumn): boolean {
  return kind === 'text' && (as === 'text' || as === 'null');
}

function wholeOf({ as }: MaskedColumn, text: string, take: Take): void {
  take({ text, is: 'value', common: false });
  if (as === 'phone') telOf(text, take);
  if (as === 'name' && /\S \S/.test(text)) take({ text, is: 'name', common: false });
}

/** Free text: all of it, and the addresses and numbers in it. */
function contentOf(_column: MaskedColumn, text: string, take: Take): void {
  if (!isVocabulary(text)) take({ text, is: 'value', common: true });
  if (text.includes('@')) {
    for (const [address] of text.matchAll(ADDRESSES)) take({ text: address, is: 'value', common: false });
  }
  if (text.includes('+')) for (const [number] of text.matchAll(NUMBERS)) telOf(number, take);
}

function telOf(text: string, take: Take): void {
  const digits = text.replaceAll(/[^0-9]/g, '');
  if (digits.length >= FEWEST_PHONE_DIGITS) take({ text: digits, is: 'tel', common: false });
}

/** Single words, numbers, dates and UUIDs are states, amounts and references: rows are full of them. */
function isVocabulary(text: string): boolean {
  return (
    /^[\p{L}\p{M}_.:/-]*$/u.test(text) ||
    /^[-+]?[0-9][0-9.,]*$/.test(text) ||
    /^\d{4}-\d\d-\d\d([T ][\d:.]+([+-][\d:]+|Z)?)?$/.test(text) ||
    /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(text)
  );
}

/** The texts in a json document; one that cannot be read is a text itself. */
function eachText(document: string, take: (text: string) => void): void {
  let content: unknown;
  try {
    content = JSON.parse(document);
  } catch {
    content = document;
  }
  eachTextIn(content, take);
}

function eachTextIn(value: unknown, take: (text: string) => void): void {
  if (typeof value === 'string') take(value);
  else if (typeof value === 'object' && value !== null) for (const each of Object.values(value)) eachTextIn(each, take);
}

/** The elements of an array as PostgreSQL writes it: `{a,"b c",NULL}`. */
function elementsOf(array: string): string[] {
  const elements = array.matchAll(/"((?:[^"\\]|\\[\s\S])*)"|([^{},"]+)/g);
  return [...elements].flatMap(([, inQuotes, plain]) =>
    plain === 'NULL' ? [] : [plain ?? inQuotes?.replaceAll(/\\([\s\S])/g, '$1') ?? ''],
  );
}
