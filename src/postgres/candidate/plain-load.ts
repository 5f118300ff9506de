// Loads a plain SQL dump over several connections: statements in their order, rows and indexes side by side.
import type { Readable } from 'node:stream';
import { Refusal } from '../../core/errors.ts';
import { megabytes } from '../../core/wording.ts';
import type { Crew } from './crew.ts';
import { createExtensions } from './extensions.ts';
import { addForeignKey } from './foreign-keys.ts';
import type { Lane } from './lane.ts';
import { type Hooks, type LoadedParts, type Loading, troubleWith, type Unvalidated } from './loading.ts';
import { type Block, copyInOrder, copyTogether } from './plain-copy.ts';
import { Inserts } from './plain-inserts.ts';
import { type Part, plainParts } from './plain-parts.ts';
import { PlainPhases } from './plain-phases.ts';
import { PlainSession } from './plain-session.ts';
import { type Kind, kindOf, nameOf, onlyRemoves } from './plain-statement.ts';
import { createRoles } from './roles.ts';

type Connections = { readonly main: Lane; readonly crew: Crew };

/** Everything that the dump makes and holds. The first error ends it. Foreign keys are there but not yet checked. */
export async function loadPlain(
  loading: Loading,
  { main, crew }: Connections,
  stream: Readable,
  hooks: Hooks,
): Promise<LoadedParts> {
  const load = new PlainLoad(loading, { main, crew }, hooks);
  for await (const part of plainParts(counted(stream, hooks))) await load.take(part);
  return await load.end();
}

const TELL_EVERY = 16_000_000;

async function* counted(stream: Readable, { onProgress }: Hooks): AsyncGenerator<Buffer> {
  let bytes = 0;
  let told = 0;
  for await (const chunk of stream) {
    bytes += chunk.length;
    if (bytes - told > TELL_EVERY) {
      told = bytes;
      onProgress?.({ percent: null, note: `${megabytes(bytes)} of SQL loaded` });
    }
    yield chunk;
  }
}

class PlainLoad {
  readonly #loading: Loading;
  readonly #main: Lane;
  readonly #crew: Crew;
  readonly #session: PlainSession;
  readonly #inserts: Inserts;
  readonly #phases: PlainPhases;
  readonly #leftOut: string[] = [];
  readonly #unvalidated: Unvalidated[] = [];
  /** Otherwise the order of rows may matter: a column that is not named may take its value from a sequence. */
  #byPgDump = false;
  #database: 'unnamed' | 'created' | 'connected' = 'unnamed';

  constructor(loading: Loading, { main, crew }: Connections, hooks: Hooks) {
    this.#loading = loading;
    this.#main = main;
    this.#crew = crew;
    this.#session = new PlainSession(main);
    this.#inserts = new Inserts(crew, this.#session);
    this.#phases = new PlainPhases(hooks, main, async () => {
      await this.#inserts.flush();
      await crew.idle();
    });
  }

  async take(part: Part): Promise<void> {
    if (part.is === 'head') {
      this.#byPgDump = part.byPgDump;
      return;
    }
    if (part.is === 'meta') return this.#meta(part.line);
    const text = await this.#session.decode(part.text);
    const skeleton = await this.#session.decode(Buffer.from(part.skeleton, 'latin1'));
    if (part.is === 'copy') return await this.#copy({ text, skeleton, rows: part.rows });
    if (this.#phases.isFresh && onlyRemoves(skeleton)) return;
    const kind = kindOf(skeleton, text);
    if (kind.is !== 'insert') await this.#inserts.flush();
    await this.#statement(skeleton, text, kind);
    this.#phases.noticeStatement(skeleton, kind);
  }

  async end(): Promise<LoadedParts> {
    await this.#phases.end();
    return { leftOut: this.#leftOut, unvalidated: this.#unvalidated };
  }

  async #statement(skeleton: string, text: string, kind: Kind): Promise<void> {
    switch (kind.is) {
      case 'skipped':
        if (/^CREATE DATABASE\b/i.test(skeleton)) this.#database = 'created';
        return;
      case 'left-out':
        this.#leftOut.push(kind.what);
        return;
      case 'refused':
        throw refusal(kind.why, nameOf(skeleton));
      case 'setting':
        return await this.#session.set(text, skeleton);
      case 'encoding':
        return this.#session.useEncoding(kind.name);
      case 'extension':
        return await this.#extension(kind, text, skeleton);
      case 'insert':
        await this.#phases.enterData();
        if (this.#phases.keepsOrder) return await this.#inOrder(text, skeleton);
        return await this.#inserts.add(text, kind.table, this.#byPgDump);
      case 'index':
        await this.#phases.leaveData();
        return await this.#index(text, skeleton);
      case 'foreign-key':
        await this.#phases.leaveData();
        return await this.#foreignKey(kind, text, skeleton);
      case 'begin':
      case 'end':
        return await this.#inOrder(text, skeleton);
      case 'ordered':
        if (!kind.data) await this.#phases.leaveData();
        await createRoles(this.#loading, skeleton);
        return await this.#inOrder(text, skeleton);
    }
  }

  /** After all that was begun before it. */
  async #inOrder(text: string, skeleton: string): Promise<void> {
    await this.#crew.idle();
    await this.#session.run(text, skeleton);
  }

  async #copy(block: Block): Promise<void> {
    await this.#inserts.flush();
    await this.#phases.enterData();
    const most = this.#byPgDump ? this.#crew.size : 1;
    if (!this.#phases.keepsOrder) return await copyTogether(this.#crew, this.#session, block, most);
    await this.#crew.idle();
    await copyInOrder(this.#session, block);
  }

  async #index(text: string, skeleton: string): Promise<void> {
    if (this.#phases.keepsOrder) return await this.#inOrder(text, skeleton);
    const there = this.#session.there();
    await this.#crew.start(async (lane) => {
      try {
        await there(lane);
        await lane.run(text);
      } catch (thrown) {
        throw troubleWith(`running ${nameOf(skeleton)}`, thrown);
      }
    });
  }

  async #foreignKey(key: Extract<Kind, { is: 'foreign-key' }>, text: string, skeleton: string): Promise<void> {
    await this.#crew.idle();
    try {
      const added = await addForeignKey(this.#main, { ...key, text });
      if (added !== null) this.#unvalidated.push(added);
    } catch (thrown) {
      throw troubleWith(`running ${nameOf(skeleton)}`, thrown);
    }
  }

  async #extension(extension: Extract<Kind, { is: 'extension' }>, text: string, skeleton: string): Promise<void> {
    // With anything of the archive there, its script could be made to run that with the rights of a superuser.
    if (this.#phases.hasObjects) return await this.#inOrder(text, skeleton);
    this.#leftOut.push(...(await createExtensions(this.#loading, [extension])));
  }

  /** Commands of psql are never run. pg_dump writes \restrict in every dump, and \connect with --create. */
  #meta(line: string): void {
    if (/^\\(un)?restrict\b/.test(line)) return;
    if (/^\\connect\b/.test(line) && this.#database === 'created' && !this.#phases.hasObjects) {
      this.#database = 'connected';
      return;
    }
    if (/^\\c(onnect)?\b/.test(line)) throw refusal('it goes on in another database', '\\connect');
    throw refusal('commands of psql are never run', /^\\(?:[a-z_]+|.)/i.exec(line)?.[0] ?? '\\');
  }
}

function refusal(why: string, what: string): Refusal {
  return new Refusal(
    'archive-suspicious',
    `The dump has ${what}, which is not loaded: ${why}.`,
    'Find out who made this dump before anything of it is used, or choose another backup.',
  );
}
