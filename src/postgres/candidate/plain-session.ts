// The session in which the statements of a dump run: its settings, brought to every connection, and its encoding.
import { Refusal } from '../../core/errors.ts';
import type { Lane } from './lane.ts';
import { troubleWith } from './loading.ts';
import { nameOf } from './plain-statement.ts';

/** In these a byte of another character may look like a quote or a backslash. */
const UNSAFE = /^(BIG5|GB18030|GBK|JOHAB|SJIS|SHIFT_JIS_2004|UHC)$/;

export class PlainSession {
  readonly main: Lane;
  readonly #settings: string[] = [];
  readonly #applied = new WeakMap<Lane, number>();
  #encoding = 'UTF8';

  constructor(main: Lane) {
    this.main = main;
  }

  /** One statement, on the connection on which everything runs that has its order. */
  async run(text: string, skeleton: string): Promise<void> {
    try {
      await this.main.run(text);
    } catch (thrown) {
      throw troubleWith(`running ${nameOf(skeleton)}`, thrown);
    }
  }

  async set(text: string, skeleton: string): Promise<void> {
    await this.run(text, skeleton);
    this.#settings.push(text);
  }

  /**
   * To be called where a piece of the dump stands, before it is begun on another connection, which must see the settings of
   * that place.
   */
  there(): (lane: Lane) => Promise<void> {
    const count = this.#settings.length;
    return async (lane) => {
      for (const setting of this.#settings.slice(this.#applied.get(lane) ?? 0, count)) await lane.run(setting);
      this.#applied.set(lane, count);
    };
  }

  /** COPY … FROM stdin for rows that are sent as they were written, in the encoding of the dump. */
  copyStatement(text: string): string {
    if (this.#encoding === 'UTF8') return text;
    const bare = /\bfrom\s+stdin\s*;$/i;
    const options = /\bfrom\s+stdin\s+(?:with\s*)?\((?=[^()]*\)\s*;$)/i;
    if (bare.test(text)) return text.replace(/;$/, ` with (encoding '${this.#encoding}');`);
    if (options.test(text)) return text.replace(options, `$&encoding '${this.#encoding}', `);
    throw new Refusal(
      'plain-encoding',
      `The dump has rows in ${this.#encoding} in a form in which they cannot be converted.`,
      'Have a new one made with: pg_dump --encoding=UTF8',
    );
  }

  useEncoding(name: string): void {
    if (UNSAFE.test(name)) {
      throw new Refusal(
        'plain-encoding',
        `The dump is written in ${name}, in which quotes cannot be told from other characters for certain.`,
        'Have a new one made with: pg_dump --encoding=UTF8',
      );
    }
    this.#encoding = name.replace('UTF-8', 'UTF8').replace('UNICODE', 'UTF8');
  }

  /** Statements are always sent in UTF-8; the server itself converts those of another encoding. */
  async decode(text: Buffer): Promise<string> {
    if (this.#encoding === 'UTF8' || this.#encoding === 'SQL_ASCII') return utf8(text);
    if (text.every((byte) => byte < 128)) return text.toString('latin1');
    const [row] = await this.main.rows<{ text: string }>('select pg_catalog.convert_from($1, $2) as text', [
      text,
      this.#encoding,
    ]);
    return row?.text ?? '';
  }
}

function utf8(text: Buffer): string {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(text);
  } catch {
    throw new Refusal(
      'plain-encoding',
      'A statement of the dump is not UTF-8, as the dump says it is.',
      'Have a new one made with: pg_dump --encoding=UTF8',
    );
  }
}
