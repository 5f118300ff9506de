// Gathers the INSERT statements of a dump, so that hundreds of them take one way to the server.
import type { Crew } from './crew.ts';
import { troubleWith } from './loading.ts';
import type { PlainSession } from './plain-session.ts';

const MOST_CHARACTERS = 500_000;

export class Inserts {
  readonly #crew: Crew;
  readonly #session: PlainSession;
  #statements: string[] = [];
  #characters = 0;
  #table = '';
  #anyOrder = false;
  /** Ends when the last piece of a table has ended, however it did. */
  readonly #before = new Map<string, Promise<void>>();

  constructor(crew: Crew, session: PlainSession) {
    this.#crew = crew;
    this.#session = session;
  }

  /** `anyOrder`: what is gathered may overtake what was gathered of the same table before. */
  async add(text: string, table: string, anyOrder: boolean): Promise<void> {
    if (table !== this.#table) await this.flush();
    this.#table = table;
    this.#anyOrder = anyOrder;
    this.#statements.push(text);
    this.#characters += text.length;
    if (this.#characters > MOST_CHARACTERS) await this.flush();
  }

  /** Returns when what was gathered is on its way. */
  async flush(): Promise<void> {
    if (this.#statements.length === 0) return;
    const together = this.#statements.join('\n');
    const table = this.#table;
    this.#statements = [];
    this.#characters = 0;
    const there = this.#session.there();
    const before = this.#anyOrder ? undefined : this.#before.get(table);
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#before.set(table, promise);
    await this.#crew.start(async (lane) => {
      try {
        await before;
        await there(lane);
        await lane.runAll(together);
      } catch (thrown) {
        throw troubleWith(`running INSERT INTO ${table}`, thrown);
      } finally {
        resolve();
      }
    });
  }
}
