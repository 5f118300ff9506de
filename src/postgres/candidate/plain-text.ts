// A stream of text, read ahead in pieces of a useful size; its last bytes are remembered.

/** So much is read before it is looked at, however small the pieces are in which it comes. */
export const READ_BYTES = 131_072;
const TAIL_BYTES = 512;
const NEWLINE = 10;

/** `bytes` are those that were read and not yet taken. */
export class PlainText {
  bytes: Buffer = Buffer.alloc(0);
  ended = false;
  #tail: Buffer = Buffer.alloc(0);
  readonly #source: AsyncIterator<Buffer>;

  constructor(stream: AsyncIterable<Buffer>) {
    this.#source = stream[Symbol.asyncIterator]();
  }

  /** The last bytes of all that were read. */
  get tail(): Buffer {
    return this.#tail;
  }

  async more(): Promise<void> {
    const chunks: Buffer[] = [];
    for (let read = 0; read < READ_BYTES && !this.ended; ) {
      const next = await this.#source.next();
      if (next.done === true) {
        this.ended = true;
      } else {
        chunks.push(next.value);
        read += next.value.length;
      }
    }
    const read = Buffer.concat(chunks);
    this.bytes = this.bytes.length === 0 ? read : Buffer.concat([this.bytes, read]);
    this.#tail = Buffer.concat([this.#tail, read.subarray(-TAIL_BYTES)]).subarray(-TAIL_BYTES);
  }

  take(length: number): Buffer {
    const taken = this.bytes.subarray(0, length);
    this.bytes = this.bytes.subarray(length);
    return taken;
  }

  /** The rest of the line, its end included; of a very long line only a part. */
  async takeLine(): Promise<Buffer> {
    while (!this.bytes.includes(NEWLINE) && !this.ended && this.bytes.length < READ_BYTES) await this.more();
    const newline = this.bytes.indexOf(NEWLINE);
    return this.take(newline === -1 ? this.bytes.length : newline + 1);
  }

  /** Must be called when nothing more is read: the stream may hold a file or a program. */
  async close(): Promise<void> {
    await this.#source.return?.();
  }
}
