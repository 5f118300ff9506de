// Where a plain dump has got to: tables, then rows, then indexes. Rows out of that order would escape masking.
import { Refusal } from '../../core/errors.ts';
import type { Lane } from './lane.ts';
import type { Hooks } from './loading.ts';
import type { Kind } from './plain-statement.ts';

const HARMLESS = /^(CREATE|ALTER) (SCHEMA|COLLATION)\b|^COMMENT ON\b/i;

export class PlainPhases {
  /** Nothing was made yet. */
  isFresh = true;
  /** Something of the archive is there that could run. */
  hasObjects = false;
  readonly #hooks: Hooks;
  readonly #main: Lane;
  readonly #settle: () => Promise<void>;
  #phase: 'schema' | 'data' | 'rest' = 'schema';
  /** Foreign keys or triggers are there; it matters when rows follow. */
  #couples = false;
  #isCoupled = false;
  #isTransaction = false;

  /** `settle` returns when everything that was begun is done. */
  constructor(hooks: Hooks, main: Lane, settle: () => Promise<void>) {
    this.#hooks = hooks;
    this.#main = main;
    this.#settle = settle;
  }

  /** Nothing may run side by side: rows of one table may depend on those of another, or all is one transaction. */
  get keepsOrder(): boolean {
    return this.#isCoupled || this.#isTransaction;
  }

  noticeStatement(skeleton: string, kind: Kind): void {
    if (kind.is === 'begin') this.#isTransaction = true;
    if (kind.is === 'end') this.#isTransaction = false;
    if (kind.is === 'foreign-key' || (kind.is === 'ordered' && kind.couples)) this.#couples = true;
    const isMade = kind.is === 'ordered' || kind.is === 'index' || kind.is === 'extension';
    if (isMade) this.isFresh = false;
    if (isMade && kind.is !== 'extension' && !HARMLESS.test(skeleton)) this.hasObjects = true;
  }

  async enterData(): Promise<void> {
    this.#isCoupled = this.#couples;
    if (this.#phase === 'data') return;
    if (this.#phase === 'schema') {
      await this.#settle();
      await this.#hooks.beforeData?.(this.#query);
      this.#phase = 'data';
      return;
    }
    if (this.#hooks.beforeData === undefined && this.#hooks.afterData === undefined) return;
    throw new Refusal(
      'plain-order',
      'The dump has rows behind indexes or further tables, where they could not be masked.',
      'Have a new one made by pg_dump, whose dumps have all rows in one place.',
    );
  }

  async leaveData(): Promise<void> {
    if (this.#phase !== 'data') return;
    await this.#settle();
    await this.#hooks.afterData?.(this.#query);
    this.#phase = 'rest';
  }

  async end(): Promise<void> {
    await this.#settle();
    if (this.#phase === 'schema') await this.enterData();
    await this.leaveData();
  }

  readonly #query = <Row extends object>(sql: string, values: readonly unknown[] = []) =>
    this.#main.rows<Row & Record<string, unknown>>(sql, values);
}
