// The forms in which a secret may turn up in a text: as it is, URL-encoded, JSON-escaped, base64, and its password part.

const SHORTEST = 4;

/** Every text to look for when `secret` must not be shown. Too short ones are left out: they would blacken innocent words. */
export function formsOf(secret: string): string[] {
  const all = [secret, ...passwordsOf(secret)].filter(({ length }) => length >= SHORTEST).flatMap(encodingsOf);
  return [...new Set(all)].filter(({ length }) => length >= SHORTEST);
}

function encodingsOf(plain: string): string[] {
  const base64 = [0, 1, 2].map((offset) => base64Core(plain, offset));
  return [
    plain,
    encodeURIComponent(plain.toWellFormed()),
    JSON.stringify(plain).slice(1, -1),
    Buffer.from(plain).toString('hex'),
    ...base64,
    ...base64.map((text) => text.replaceAll('+', '-').replaceAll('/', '_')),
  ];
}

/** The characters that are the same wherever the secret stands at this offset (mod 3) within base64 of a longer text. */
function base64Core(plain: string, offset: number): string {
  const bytes = Buffer.concat([Buffer.alloc(offset), Buffer.from(plain)]);
  const whole = bytes.toString('base64').replace(/=+$/, '');
  const end = bytes.length % 3 === 0 ? whole.length : whole.length - 1;
  return whole.slice(offset === 0 ? 0 : offset + 1, end);
}

/** The password of a connection string, encoded and decoded. One that equals the user's name hides nothing. */
function passwordsOf(text: string): string[] {
  if (!URL.canParse(text)) return [];
  const { username, password } = new URL(text);
  if (password === '' || password === username) return [];
  try {
    return [password, decodeURIComponent(password)];
  } catch {
    return [password];
  }
}
