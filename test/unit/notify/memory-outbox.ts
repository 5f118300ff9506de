// The outbox's contract in memory, with what became of each item: the real one needs a database.
import type { Outbox, OutboxItem, Telling } from '../../../src/core/ports.ts';

type Row = {
  readonly id: string;
  readonly subject: string;
  readonly telling: Telling;
  dueAt: number;
  attempts: number;
  state: 'waiting' | 'begun' | 'sent' | 'dropped';
  /** The reasons of retries, and of the drop. */
  readonly whys: string[];
  uncertain: boolean;
};

export class MemoryOutbox implements Outbox {
  readonly rows: Row[] = [];
  readonly cards = new Map<string, { channel: string; ts: string; seq: number }>();
  readonly forgotten: string[] = [];

  async add(subject: string, telling: Telling): Promise<void> {
    const same = this.rows.find(
      (row) => row.subject === subject && JSON.stringify(row.telling) === JSON.stringify(telling),
    );
    if (same === undefined) {
      const id = `${subject}/${JSON.stringify(telling)}`;
      this.rows.push({ id, subject, telling, dueAt: 0, attempts: 0, state: 'waiting', whys: [], uncertain: false });
    } else if (telling.kind === 'card' && same.state === 'sent') {
      same.state = 'waiting';
    }
  }

  async take(limit: number): Promise<OutboxItem[]> {
    const due = this.rows.filter((row) => row.state === 'waiting' && row.dueAt <= Date.now()).slice(0, limit);
    return due.map((row) => {
      row.state = 'begun';
      row.attempts += 1;
      const { id, subject, telling, attempts, uncertain } = row;
      return { id, subject, telling, attempts, uncertain, card: this.cards.get(subject) ?? null };
    });
  }

  async sent(id: string, message: { channel: string; ts: string; seq: number }): Promise<void> {
    const row = this.#row(id);
    row.state = 'sent';
    if (row.telling.kind === 'card') this.cards.set(row.subject, message);
  }

  async retry(id: string, seconds: number, why: string): Promise<void> {
    const row = this.#row(id);
    row.state = 'waiting';
    row.dueAt = Date.now() + seconds * 1000;
    row.whys.push(why);
  }

  async drop(id: string, why: string): Promise<void> {
    const row = this.#row(id);
    row.state = 'dropped';
    row.whys.push(why);
  }

  async forgetCard(subject: string): Promise<void> {
    this.cards.delete(subject);
    this.forgotten.push(subject);
  }

  async cardOf(subject: string): Promise<{ channel: string; ts: string } | null> {
    return this.cards.get(subject) ?? null;
  }

  /** What became of the tellings, in the order in which they were added. */
  fates(): string[] {
    return this.rows.map(({ telling, state }) => `${telling.kind} ${state}`);
  }

  #row(id: string): Row {
    const row = this.rows.find((candidate) => candidate.id === id);
    if (row === undefined) throw new Error(`there is no item ${id}`);
    return row;
  }
}
