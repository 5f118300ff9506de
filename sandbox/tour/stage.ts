// The stage of the tour: people act, what they see is printed, claims are proven and counted.
import { setTimeout as sleep } from 'node:timers/promises';
import type { Ground } from '../ground.ts';
import type { Message } from '../slack/message.ts';
import { choicesIn } from '../slack/modal-values.ts';
import { connectPeople, type People } from '../slack/people.ts';
import { messageText, renderMessage, renderView } from '../slack/transcript.ts';
import type { ChannelName, PersonName } from '../slack/workspace.ts';
import type { World } from '../world.ts';

const CHANNEL: ChannelName = 'incidents';
const CONFIRM_VIEW_ACTION = 'confirm_name';

/** `W` is the world that it plays in. */
export type Stage<W extends Ground = World> = {
  readonly world: W;
  readonly people: People;
  /** Prints a heading. */
  chapter(title: string): void;
  /** A person types a command in #incidents; resolves to the answer that only they see, as text. */
  types(name: PersonName, line: string): Promise<string>;
  /** A person presses a button of an operation's card; resolves to what only they see, or '' when the card alone answers. */
  clicks(name: PersonName, operation: string, button: string): Promise<string>;
  /** Waits until the card of the operation shows one of the words, prints it, and resolves to its text. */
  until(operation: string, words: readonly string[], timeoutMs?: number): Promise<string>;
  /** The person fills in the dialog on screen; closes it when it was refused. */
  submits(name: PersonName, typed: string): Promise<void>;
  /** A person types a command that a dialog answers. */
  opens(name: PersonName, line: string): Promise<void>;
  /** The person ticks what is labelled so in the dialog on screen and submits it. */
  chooses(name: PersonName, labels: readonly string[]): Promise<void>;
  /** Waits for a message whose text looks so, prints it, and resolves to what it is about: `al-3`, `op-41`. */
  appears(text: RegExp, timeoutMs?: number): Promise<string>;
  /** What was last said to this person alone. */
  lastTo(name: PersonName): string;
  /** The names of all files in the channel. */
  filesSaid(): string[];
  /** What the card of the operation says now. */
  cardText(operation: string): string;
  /** What its thread says so far. */
  threadText(operation: string): string;
  /** What the status updates on the operation say. */
  updatesOn(operation: string): string[];
  /** Waits for one more status update on the operation and prints it. */
  nextUpdate(operation: string): Promise<void>;
  /** Kills Holdfast (SIGKILL) and starts it again. */
  crash(): Promise<void>;
  /** Throws when the claim does not hold; prints it when it does. */
  proves(claim: string, holds: () => Promise<unknown> | unknown): Promise<void>;
  proven(): number;
  close(): void;
};

/** Starts Holdfast in the world and connects as the people in it. */
export async function openStage<W extends Ground>(world: W, print: (text: string) => void): Promise<Stage<W>> {
  let holdfast = await world.holdfast();
  const people = await connectPeople(world.slack);
  let proven = 0;

  const seen = () => people.channel(CHANNEL);
  const privateTo = (name: PersonName) => seen().filter(({ ephemeralTo }) => ephemeralTo === name);
  const card = (subject: string) => seen().find((message) => isRoot(message) && subjectOf(message) === subject);

  const updates = (operation: string) =>
    seen().filter(
      (message) => isRoot(message) && new RegExp(`^(?:Update \\d+|Last update) on ${operation}\\b`).test(message.text),
    );

  const answerTo = async (name: PersonName, before: number, patience: number) => {
    const [answer] = await people
      .waitFor(
        `an answer for ${name}`,
        () => privateTo(name).slice(before).length > 0 && privateTo(name).slice(before),
        {
          timeoutMs: patience,
        },
      )
      .catch((error: unknown) => {
        if (patience > 5_000) throw error;
        return [];
      });
    if (answer === undefined) return '';
    print(renderMessage(answer));
    return messageText(answer);
  };

  return {
    world,
    people,
    chapter: (title) => print(`\n━━ ${title} ${'━'.repeat(Math.max(3, 90 - title.length))}\n`),
    async types(name, line) {
      const before = privateTo(name).length;
      print(`${name} types: ${line}`);
      await people.as(name).types(CHANNEL, line);
      return answerTo(name, before, 30_000);
    },
    async clicks(name, operation, button) {
      const message = await people.waitFor(`the card of ${operation}`, () => card(operation));
      const before = privateTo(name).length;
      print(`${name} clicks [${button}] on ${operation}`);
      await people.as(name).clicks(message, button);
      return answerTo(name, before, 1_200);
    },
    async until(operation, words, timeoutMs = 90_000) {
      const message = await people.waitFor(
        `${operation} to be ${words.join(' or ')}`,
        () => {
          const now = card(operation);
          return now !== undefined && words.some((word) => messageText(now).includes(word)) && now;
        },
        { timeoutMs },
      );
      // The card is edited at most every three seconds; what belongs to it in the thread comes with it.
      await sleep(300);
      print(renderMessage(message));
      return messageText(message);
    },
    async submits(name, typed) {
      const modal = await people.waitFor('a dialog', () => people.modal());
      print(renderView(modal));
      print(`${name} types “${typed}”`);
      const inputs = modal.blocks.filter(({ type }) => type === 'input').map((block) => String(block['block_id']));
      const answers = inputs.map((block) => [block, { [CONFIRM_VIEW_ACTION]: typed }]);
      const submitted = await people.as(name).submits(Object.fromEntries(answers));
      if (submitted.is !== 'refused') return;
      print(`   ${Object.values(submitted.errors).join(' ')}`);
      await people.as(name).closes();
    },
    async opens(name, line) {
      print(`${name} types: ${line}`);
      await people.as(name).types(CHANNEL, line);
    },
    async chooses(name, labels) {
      const modal = await people.waitFor('a dialog', () => people.modal());
      print(renderView(modal));
      print(`${name} chooses ${labels.map((label) => `“${label}”`).join(', ')}`);
      await people.as(name).submits(choicesIn(modal, labels));
      await sleep(500);
    },
    async appears(text, timeoutMs = 60_000) {
      const message = await people.waitFor(
        `a message that says ${text}`,
        () => seen().find((one) => isRoot(one) && text.test(one.text)),
        { timeoutMs },
      );
      print(renderMessage(message));
      return subjectOf(message);
    },
    lastTo: (name) => privateTo(name).map(messageText).at(-1) ?? '',
    filesSaid: () => seen().flatMap(({ files }) => files),
    cardText: (operation) => {
      const now = card(operation);
      return now === undefined ? '' : messageText(now);
    },
    threadText: (operation) => {
      const root = card(operation);
      const replies = seen().filter(({ ts, threadTs }) => root !== undefined && threadTs === root.ts && ts !== root.ts);
      return replies.map(messageText).join('\n');
    },
    updatesOn: (operation) => updates(operation).map(({ text }) => text),
    async nextUpdate(operation) {
      const before = updates(operation).length;
      const update = await people.waitFor('a status update', () => updates(operation)[before], { timeoutMs: 30_000 });
      print(renderMessage(update));
    },
    async crash() {
      print('Holdfast is killed (SIGKILL) and started again.');
      await holdfast.kill();
      holdfast = await world.holdfast();
    },
    async proves(claim, holds) {
      if ((await holds()) === false) throw new Error(`not so: ${claim}\n\n${people.transcript()}`);
      proven += 1;
      print(`   ✓ ${claim}`);
    },
    proven: () => proven,
    close: () => people.close(),
  };
}

/** What a card is about: every card's text begins with it. */
function subjectOf({ text }: Message): string {
  return /^(?:op|inc|al)-\d+/.exec(text)?.[0] ?? '';
}

function isRoot({ threadTs, ts, ephemeralTo, author }: Message): boolean {
  return author === 'holdfast' && ephemeralTo === undefined && (threadTs === undefined || threadTs === ts);
}

/** How an operation can end, or stop for a person, as its card says it. */
export const END = ['SUCCEEDED', 'FAILED', 'UNVERIFIED', 'NEEDS A PERSON', 'CANCELLED'];

/** Both approvers agree as soon as they are asked. */
export async function agree(stage: Pick<Stage, 'until' | 'clicks'>, operation: string): Promise<void> {
  await stage.until(operation, ['WAITING FOR APPROVAL']);
  await stage.clicks('bob', operation, 'Approve');
  await stage.clicks('carol', operation, 'Approve');
}

/** The id of the operation that an answer speaks of. */
export function operationIn(answer: string): string {
  const [id] = /op-\d+/.exec(answer) ?? [];
  if (id === undefined) throw new Error(`no operation was planned: ${answer}`);
  return id;
}
