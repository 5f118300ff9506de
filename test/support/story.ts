// A world with Holdfast in it for end-to-end tests: people act, and everything is read back past Holdfast.
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import type { HoldfastProcess } from '../../sandbox/holdfast.ts';
import { secretsIn } from '../../sandbox/secrets-in.ts';
import type { Message } from '../../sandbox/slack/message.ts';
import { connectPeople, type People } from '../../sandbox/slack/people.ts';
import { messageText, readable, renderView } from '../../sandbox/slack/transcript.ts';
import type { PersonName } from '../../sandbox/slack/workspace.ts';
import { appOf } from '../../sandbox/tour/provider.ts';
import { operationIn } from '../../sandbox/tour/stage.ts';
import { startWorld, type World, type WorldOptions } from '../../sandbox/world.ts';

export const PRODUCTION = 'grayledger-production';
export const STAGING = 'grayledger-staging';
/** The words of a card that has come to its end, or to a question. */
export const OVER = ['SUCCEEDED', 'FAILED', 'UNVERIFIED', 'NEEDS A PERSON', 'CANCELLED', 'EXPIRED', 'UNDONE'];

export type Journaled = { seq: number; type: string; at: string; event: Record<string, unknown> };

export type Story = {
  readonly world: World;
  readonly people: People;
  /** Types it in #incidents; resolves to what only this person is told. */
  types(name: PersonName, line: string): Promise<string>;
  /** Types a command that is planned; resolves to the operation's id. */
  asks(name: PersonName, line: string): Promise<string>;
  /** Presses a button of the operation's card; resolves to what only this person is told. */
  clicks(name: PersonName, operation: string, button: string): Promise<string>;
  /** Opens the dialog and types the target's name; resolves to what stands under the input when it is refused, else ''. */
  confirms(name: PersonName, operation: string, typed: string): Promise<string>;
  /** Bob and Carol approve. */
  agree(operation: string): Promise<void>;
  /** Waits until the card shows one of the words; resolves to its text. */
  until(operation: string, words: readonly string[], timeoutMs?: number): Promise<string>;
  card(operation: string): string;
  /** The messages that stand in the channel as cards of the operation: there must be one. */
  cards(operation: string): Message[];
  /** The replies in the thread of its card, as text, oldest first. */
  notes(operation: string): string[];
  /** The status updates on it, as text, oldest first. */
  updates(operation: string): string[];
  /** What Holdfast's own store holds. */
  sql<Row extends pg.QueryResultRow>(text: string, values?: unknown[]): Promise<Row[]>;
  stateOf(operation: string): Promise<string>;
  journal(operation: string): Promise<Journaled[]>;
  app: (name: string) => ReturnType<typeof appOf>;
  /** Rows of a table in the app's live database. */
  rows(app: string, table?: string): Promise<number>;
  /** Names of the app's transfers of a kind: `b` manual backups, `r` restores. */
  transfers(app: string, kind: string): Promise<string[]>;
  /** Throws when a secret of the world was written anywhere. */
  end(): Promise<void>;
};

type StoryOptions = WorldOptions & {
  /** Which processes to start. Default: one that is bot and worker. */
  roles?: readonly ('bot' | 'worker' | 'both')[];
  /** How long an application may take to be healthy; production has 60 seconds. Default: 3. */
  healthSeconds?: number;
  /** Changes the text of the system files before Holdfast reads them. */
  change?: (systemFile: string) => string;
};

/** Starts the world and Holdfast in it. `processes` are in the order of `roles`. */
export async function startStory(options: StoryOptions = {}): Promise<Story & { processes: HoldfastProcess[] }> {
  const { roles = ['both'], healthSeconds = 3, change = (text) => text, ...ofWorld } = options;
  const world = await startWorld({ pace: 'fast', ...ofWorld });
  try {
    await rewriteSystems(world, (text) =>
      change(text.replaceAll('withinSeconds: 60', `withinSeconds: ${healthSeconds}`)),
    );
    const processes = await Promise.all(
      roles.map((role) => (role === 'both' ? world.holdfast() : world.holdfast(role))),
    );
    const people = await connectPeople(world.slack);
    return { ...storyOf(world, people), processes };
  } catch (error) {
    await world.stop();
    throw error;
  }
}

/** Changes the text of the system files; Holdfast reads them when it starts. */
async function rewriteSystems({ env }: World, change: (text: string) => string): Promise<void> {
  const dir = env['SYSTEMS_DIR'] ?? '';
  for (const name of await readdir(dir)) {
    const file = join(dir, name);
    await writeFile(file, change(await readFile(file, 'utf8')));
  }
}

/** Looks again and again until `look` finds something; throws when time runs out. */
export async function eventually<T>(
  what: string,
  look: () => Promise<T | null | undefined | false>,
  timeoutMs = 15_000,
): Promise<T> {
  const deadline = Date.now() + timeoutMs;
  for (;;) {
    const found = await look();
    if (found !== null && found !== undefined && found !== false) return found;
    if (Date.now() > deadline) throw new Error(`waited ${timeoutMs} ms for ${what}`);
    await sleep(20);
  }
}

function storyOf(world: World, people: People): Story {
  const seen = () => people.channel('incidents');
  const privateTo = (name: PersonName) => seen().filter(({ ephemeralTo }) => ephemeralTo === name);
  const roots = () => seen().filter(isRoot);
  const cards = (subject: string) => roots().filter(({ text }) => /^(?:op|inc|al)-\d+/.exec(text)?.[0] === subject);
  const card = (operation: string) => cards(operation)[0];

  async function told(name: PersonName, act: () => Promise<unknown>): Promise<string> {
    const before = privateTo(name).length;
    await act();
    const answer = await people.waitFor(`an answer for ${name}`, () => privateTo(name)[before], { timeoutMs: 30_000 });
    return messageText(answer);
  }

  const types = (name: PersonName, line: string) => told(name, () => people.as(name).types('incidents', line));
  const buttonOf = (operation: string, label: string) =>
    people.waitFor(`the button ${label} of ${operation}`, () => {
      const now = card(operation);
      return now !== undefined && messageText(now).includes(`[${label}]`) && now;
    });
  const clicks = async (name: PersonName, operation: string, label: string) => {
    const message = await buttonOf(operation, label);
    return told(name, () => people.as(name).clicks(message, label));
  };

  async function sql<Row extends pg.QueryResultRow>(text: string, values: unknown[] = []): Promise<Row[]> {
    const client = new pg.Client({ connectionString: world.store.url });
    client.on('error', () => {});
    await client.connect();
    try {
      return (await client.query<Row>(text, values)).rows;
    } finally {
      await client.end();
    }
  }

  return {
    world,
    people,
    types,
    clicks,
    cards,
    sql,
    async asks(name, line) {
      const answer = await types(name, line);
      if (!answer.startsWith('Planned as')) throw new Error(`“${line}” was not planned: ${answer}`);
      return operationIn(answer);
    },
    async confirms(name, operation, typed) {
      const message = await buttonOf(operation, 'Confirm…');
      await people.as(name).clicks(message, 'Confirm…');
      const modal = await people.waitFor('a dialog', () => people.modal());
      const inputs = modal.blocks.filter(({ type }) => type === 'input').map((block) => String(block['block_id']));
      const values = Object.fromEntries(inputs.map((block) => [block, { confirm_name: typed }]));
      const submitted = await people.as(name).submits(values);
      if (submitted.is === 'closed') return '';
      await people.as(name).closes();
      return submitted.is === 'refused' ? Object.values(submitted.errors).join(' ') : renderView(submitted.modal);
    },
    async agree(operation) {
      await clicks('bob', operation, 'Approve');
      await clicks('carol', operation, 'Approve');
    },
    async until(operation, words, timeoutMs = 60_000) {
      const message = await people.waitFor(
        `${operation} to be ${words.join(' or ')}`,
        () => {
          const now = card(operation);
          return now !== undefined && words.some((word) => headline(now).startsWith(word)) && now;
        },
        { timeoutMs },
      );
      return messageText(message);
    },
    card: (operation) => {
      const now = card(operation);
      return now === undefined ? '' : messageText(now);
    },
    notes(operation) {
      const root = card(operation)?.ts;
      return seen()
        .filter(({ threadTs, ts }) => root !== undefined && threadTs === root && ts !== root)
        .map(messageText);
    },
    updates: (operation) =>
      roots()
        .map(({ text }) => readable(text))
        .filter((text) => new RegExp(`^(?:Update \\d+|Last update) on ${operation}\\b`).test(text)),
    async stateOf(operation) {
      const [row] = await sql<{ state: string }>('select state from holdfast.operations where id = $1', [operation]);
      return row?.state ?? 'unknown';
    },
    async journal(operation) {
      const rows = await sql<{ seq: number; at: Date; event: Record<string, unknown> }>(
        'select seq, at, event from holdfast.journal where operation = $1 order by seq',
        [operation],
      );
      return rows.map(({ seq, at, event }) => ({ seq, at: at.toISOString(), type: String(event['type']), event }));
    },
    app: (name) => appOf(world, name),
    async rows(name, table = 'entries') {
      const { live, addons } = await appOf(world, name);
      return world.countRows(addons.find((addon) => addon.name === live)?.database ?? '', table);
    },
    async transfers(name, kind) {
      const { transfers } = await appOf(world, name);
      return transfers.map((transfer) => transfer.name).filter((id) => id.startsWith(kind));
    },
    async end() {
      people.close();
      try {
        const leaked = await secretsIn(world);
        if (leaked.length > 0) throw new Error(`secrets were written: ${leaked.join('; ')}`);
      } finally {
        await world.stop();
      }
    },
  };
}

function isRoot({ threadTs, ts, ephemeralTo, author }: Message): boolean {
  return author === 'holdfast' && ephemeralTo === undefined && (threadTs === undefined || threadTs === ts);
}

/** `── SUCCEEDED: Restore … ──` without its frame. */
function headline(message: Message): string {
  return messageText(message).replace(/^── /, '');
}
