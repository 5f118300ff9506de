// Finds where an SQL statement ends: past strings, quoted names, dollar-quoted bodies and comments.

const NEWLINE = 0x0a;
const QUOTE = 0x27;
const DOUBLE = 0x22;
const DOLLAR = 0x24;
const DASH = 0x2d;
const SLASH = 0x2f;
const STAR = 0x2a;
const SEMICOLON = 0x3b;
const BACKSLASH = 0x5c;
const OPENING = 0x28;
const CLOSING = 0x29;

/** Bytes that neither end a statement nor open anything, and are no blanks. */
const PLAIN = new Uint8Array(256).fill(1);
for (const byte of Buffer.from(' \t\r\f\v\n\'"$-/;\\()')) PLAIN[byte] = 0;

const LINE_END = Buffer.from([NEWLINE]);
const ONE_QUOTE = Buffer.from([QUOTE]);
const TWO_QUOTES = Buffer.from([DOUBLE]);
/** A name is at most 63 bytes long, and so is the tag of a dollar quote. */
const LONGEST_TAG = 80;

/** Where the reading of a statement stands; kept while more of the stream is fetched. */
export type Place = {
  /** The next byte to look at. */
  at: number;
  /** The first byte of the statement; -1 while only blanks and comments were seen. */
  begin: number;
  /** What `at` is in: SQL itself, or something that ends with `until`. `escapes`: E'…', in which \' is no end. */
  inside: 'sql' | 'text' | 'escapes' | 'comment' | 'block';
  until: Buffer;
  opened: number;
  /** Behind the last E'…': a quote there goes on with it. */
  escapesEnd: number;
  /** Block comments nest. */
  depth: number;
  /** Between them a semicolon ends nothing: CREATE RULE … DO (…; …). */
  parentheses: number;
};

export function placeAtStart(): Place {
  return { at: 0, begin: -1, inside: 'sql', until: LINE_END, opened: 0, escapesEnd: -1, depth: 0, parentheses: 0 };
}

/**
 * The index behind the semicolon that ends the statement, or -1 when more bytes are needed. `ended`: there are none.
 * `comment` gets every comment line before the statement.
 */
export function scan(bytes: Buffer, place: Place, ended: boolean, comment: (line: string) => void): number {
  const length = bytes.length;
  while (place.at < length) {
    if (place.inside !== 'sql' && !leave(bytes, place, ended, comment)) return -1;
    let at = place.at;
    while (at < length && PLAIN[bytes[at] ?? 0] === 1) at += 1;
    if (at > place.at && place.begin < 0) place.begin = place.at;
    place.at = at;
    if (at >= length) return -1;
    if (bytes[at] === SEMICOLON) {
      place.at += 1;
      if (place.begin >= 0 && place.parentheses === 0 && !isWithinBody(bytes, place)) return place.at;
    } else if (!enter(bytes, place, ended)) return -1;
  }
  return -1;
}

/** Goes past a blank, or into what begins here; false when that cannot be told before more has been read. */
function enter(bytes: Buffer, place: Place, ended: boolean): boolean {
  const byte = bytes[place.at];
  const next = bytes[place.at + 1];
  switch (byte) {
    case QUOTE:
      return into(place, isEscapeString(bytes, place) ? 'escapes' : 'text', ONE_QUOTE, 1);
    case DOUBLE:
      return into(place, 'text', TWO_QUOTES, 1);
    case DASH:
      if (next === undefined && !ended) return false;
      return next === DASH ? into(place, 'comment', LINE_END, 2) : past(place, true);
    case SLASH:
      if (next === undefined && !ended) return false;
      return next === STAR ? into(place, 'block', LINE_END, 0) : past(place, true);
    case BACKSLASH:
      // A command to psql, at the start of a line: \connect, \restrict.
      return place.begin < 0 ? into(place, 'comment', LINE_END, 1) : past(place, true);
    case OPENING:
    case CLOSING:
      place.parentheses = Math.max(0, place.parentheses + (byte === OPENING ? 1 : -1));
      return past(place, true);
    case DOLLAR:
      return enterDollar(bytes, place, ended);
    default:
      return past(place, false);
  }
}

/** CREATE FUNCTION … BEGIN ATOMIC …; …; END: pg_dump writes this END, and no other, at the start of a line. */
function isWithinBody(bytes: Buffer, { begin, at }: Place): boolean {
  if (((bytes[begin] ?? 0) | 0x20) !== 0x63) return false;
  const text = bytes.toString('latin1', begin, at - 1);
  if (!/^CREATE\s+(?:OR\s+REPLACE\s+)?(?:FUNCTION|PROCEDURE)\s/i.test(text)) return false;
  return /\sBEGIN\s+ATOMIC\s/i.test(text) && !/\nEND\s*$/i.test(text);
}

function past(place: Place, begins: boolean): true {
  if (begins && place.begin < 0) place.begin = place.at;
  place.at += 1;
  return true;
}

function into(place: Place, inside: Place['inside'], until: Buffer, length: number): true {
  if (place.begin < 0 && (inside === 'text' || inside === 'escapes')) place.begin = place.at;
  place.opened = place.at;
  place.inside = inside;
  place.until = until;
  place.at += length;
  return true;
}

function enterDollar(bytes: Buffer, place: Place, ended: boolean): boolean {
  if (isInName(bytes, place.at - 1)) return past(place, true);
  const text = bytes.toString('latin1', place.at, place.at + LONGEST_TAG);
  const [tag, end] = /^\$(?:[A-Za-z_\x80-\xff][\w\x80-\xff]*)?(\$|$)/.exec(text) ?? [];
  if (end === '' && text.length < LONGEST_TAG && !ended) return false;
  if (tag === undefined || end !== '$') return past(place, true);
  return into(place, 'text', Buffer.from(tag, 'latin1'), tag.length);
}

/** Goes behind the end of what `place` is in; false when that end has not been read. */
function leave(bytes: Buffer, place: Place, ended: boolean, comment: (line: string) => void): boolean {
  if (place.inside === 'block') return leaveBlock(bytes, place);
  const { inside, until, opened } = place;
  let end = bytes.indexOf(until, place.at);
  while (end >= 0 && inside === 'escapes' && isEscaped(bytes, end, opened)) end = bytes.indexOf(until, end + 1);
  if (end < 0 && !(ended && inside === 'comment')) {
    place.at = Math.max(place.at, bytes.length - until.length + 1);
    return false;
  }
  place.at = end < 0 ? bytes.length : end + until.length;
  if (inside === 'comment' && place.begin < 0) {
    comment(bytes.toString('latin1', opened, Math.min(place.at, opened + LONGEST_TAG)));
  }
  if (inside === 'escapes') place.escapesEnd = place.at;
  place.inside = 'sql';
  return true;
}

function leaveBlock(bytes: Buffer, place: Place): boolean {
  for (;;) {
    const [opening, closing] = [bytes.indexOf('/*', place.at, 'latin1'), bytes.indexOf('*/', place.at, 'latin1')];
    if (opening < 0 && closing < 0) {
      place.at = Math.max(place.at, bytes.length - 1);
      return false;
    }
    const opens = opening >= 0 && (closing < 0 || opening < closing);
    place.depth += opens ? 1 : -1;
    place.at = (opens ? opening : closing) + 2;
    if (place.depth > 0) continue;
    place.inside = 'sql';
    return true;
  }
}

function isEscapeString(bytes: Buffer, { at, escapesEnd }: Place): boolean {
  if (at === escapesEnd) return true;
  const letter = bytes[at - 1];
  return (letter === 0x45 || letter === 0x65) && !isInName(bytes, at - 2);
}

function isInName(bytes: Buffer, at: number): boolean {
  const byte = at < 0 ? undefined : bytes[at];
  return byte !== undefined && (byte >= 0x80 || /[\w$]/.test(String.fromCharCode(byte)));
}

function isEscaped(bytes: Buffer, quote: number, opened: number): boolean {
  let first = quote;
  while (first - 1 > opened && bytes[first - 1] === BACKSLASH) first -= 1;
  return (quote - first) % 2 === 1;
}
