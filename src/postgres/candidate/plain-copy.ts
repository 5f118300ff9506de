// Sends the rows of one COPY block to the server, over as many connections as are free and as fast as they take them.
import { once } from 'node:events';
import type { CopyStreamQuery } from 'pg-copy-streams';
import type { Crew } from './crew.ts';
import type { Lane } from './lane.ts';
import { troubleWith } from './loading.ts';
import type { Rows } from './plain-parts.ts';
import type { PlainSession } from './plain-session.ts';
import { nameOf } from './plain-statement.ts';

export type Block = { readonly text: string; readonly skeleton: string; rows(): AsyncGenerator<Rows> };

/**
 * Returns when the last rows are on their way; the crew's `idle` tells when they have arrived. Nothing is held in memory but
 * what the connections have not taken yet. Over several connections, `most`, rows of one block arrive in no particular order.
 */
export async function copyTogether(crew: Crew, session: PlainSession, block: Block, most: number): Promise<void> {
  const streams = new Streams(crew, session, block, most);
  try {
    let unfinished: CopyStreamQuery | null = null;
    for await (const { bytes, endsRow } of block.rows()) {
      const stream: CopyStreamQuery = unfinished ?? (await streams.nextFree());
      stream.write(bytes);
      unfinished = endsRow ? null : stream;
      while (unfinished?.writableNeedDrain === true) await crew.changed();
    }
    // Even without rows: the server is to say whether there is such a table.
    if (streams.begun === 0) await streams.nextFree();
  } finally {
    streams.end();
  }
}

/** The same on the one connection where everything keeps its order. Returns when the rows have arrived. */
export async function copyInOrder(session: PlainSession, block: Block): Promise<void> {
  const stream = session.main.copy(session.copyStatement(block.text));
  const arrival = arrivalOf(stream, block.skeleton);
  for await (const { bytes } of block.rows()) {
    if (!stream.write(bytes)) await Promise.race([arrival, once(stream, 'drain')]);
  }
  stream.end();
  await arrival;
}

class Streams {
  begun = 0;
  readonly #crew: Crew;
  readonly #begin: (lane: Lane) => Promise<void>;
  readonly #open: CopyStreamQuery[] = [];
  readonly #most: number;
  #isEnded = false;

  constructor(crew: Crew, session: PlainSession, { text, skeleton }: Block, most: number) {
    this.#crew = crew;
    // In CSV a line break may stand within a value: only the server can tell where a row ends.
    this.#most = /\bCSV\b/i.test(skeleton) ? 1 : most;
    const there = session.there();
    const statement = session.copyStatement(text);
    this.#begin = async (lane) => {
      await there(lane);
      const stream = lane.copy(statement);
      stream.on('drain', () => crew.wake());
      const arrival = arrivalOf(stream, skeleton);
      if (this.#isEnded) stream.end();
      else this.#open.push(stream);
      crew.wake();
      await arrival;
    };
  }

  async nextFree(): Promise<CopyStreamQuery> {
    for (;;) {
      this.#crew.throwFailure();
      const ready = this.#open.find((stream) => !stream.writableNeedDrain);
      if (ready !== undefined) return ready;
      // One after the other: a small table needs no second connection.
      const mayBegin = this.begun === this.#open.length && this.begun < this.#most;
      if (mayBegin && this.#crew.startNow(this.#begin)) this.begun += 1;
      else await this.#crew.changed();
    }
  }

  end(): void {
    this.#isEnded = true;
    for (const stream of this.#open) stream.end();
  }
}

async function arrivalOf(stream: CopyStreamQuery, skeleton: string): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  stream.on('finish', resolve);
  stream.on('error', (thrown) => reject(troubleWith(`running ${nameOf(skeleton)}`, thrown)));
  // It may fail before anybody waits for it.
  promise.catch(() => {});
  return await promise;
}
