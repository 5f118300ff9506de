// Reads a mail as it came over the wire: its headers unfolded and decoded, and its plain text.

export type Mail = {
  readonly from: string;
  readonly to: readonly string[];
  /** By lower-case name; of several, all of them. */
  readonly headers: Readonly<Record<string, readonly string[]>>;
  readonly subject: string;
  readonly text: string;
  readonly raw: string;
};

/** `from` and `to` are those of the envelope. One part, in UTF-8. */
export function readMail(raw: string, from: string, to: readonly string[]): Mail {
  const at = raw.indexOf('\r\n\r\n');
  const head = at < 0 ? raw : raw.slice(0, at);
  const headers: Record<string, string[]> = {};
  for (const line of head.replaceAll(/\r\n(?=[ \t])/g, '').split('\r\n')) {
    const colon = line.indexOf(':');
    const name = line.slice(0, Math.max(0, colon)).toLowerCase();
    headers[name] = [...(headers[name] ?? []), decodedWords(line.slice(colon + 1).trim())];
  }
  const encoding = headers['content-transfer-encoding']?.[0] ?? '7bit';
  const text = at < 0 ? '' : decodedBody(raw.slice(at + 4), encoding).replaceAll('\r\n', '\n');
  return { from, to, headers, subject: headers['subject']?.[0] ?? '', text, raw };
}

/** `=?UTF-8?Q?Gr=C3=BC=C3=9Fe?=`; the white space between two encoded words is none. */
function decodedWords(value: string): string {
  return value
    .replaceAll(/\?=\s+=\?/g, '?==?')
    .replaceAll(/=\?utf-8\?([qb])\?([^?]*)\?=/gi, (_whole, kind: string, word: string) =>
      kind.toLowerCase() === 'b'
        ? Buffer.from(word, 'base64').toString()
        : decodedBody(word.replaceAll('_', ' '), 'quoted-printable'),
    );
}

function decodedBody(body: string, encoding: string): string {
  if (encoding === 'base64') return Buffer.from(body, 'base64').toString();
  if (encoding !== 'quoted-printable') return Buffer.from(body, 'latin1').toString();
  const bytes = body
    .replaceAll(/=\r\n/g, '')
    .replaceAll(/=([0-9a-f]{2})/gi, (_whole, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));
  return Buffer.from(bytes, 'latin1').toString();
}
