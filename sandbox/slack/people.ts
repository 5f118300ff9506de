// Plays people in the sandbox's Slack: they type, click, fill in modals, and read what they see.
import { setTimeout as sleep } from 'node:timers/promises';
import { findButton } from './find-button.ts';
import type { Message, View } from './message.ts';
import { type Answers, modalValues } from './modal-values.ts';
import type { SlackServer } from './start-slack.ts';
import { renderView, transcript } from './transcript.ts';
import { connectUi, type Screen, type UiConnection } from './ui-connection.ts';
import { bot, type ChannelId, type ChannelName, channels, idOfChannel, type PersonName, persons } from './workspace.ts';

/** How long the bot took to acknowledge. From 3000 ms on, real Slack tells the person it failed. */
export type Acknowledged = { ackMs: number };

export type Submitted =
  | { is: 'closed' }
  /** The bot showed another view in its place. */
  | { is: 'replaced'; modal: View }
  /** The bot refused it: by block id, the sentence under that input. */
  | { is: 'refused'; errors: Record<string, string> };

export type Person = {
  /** A slash command, or else a message. Text goes out as typed: Slack's `&amp;` encoding is not played. */
  types(channel: ChannelName | ChannelId, line: string): Promise<Acknowledged>;
  /** Presses a button of a message this person sees (and confirms, if it asks). */
  clicks(message: Message, actionIdOrButtonText: string): Promise<Acknowledged>;
  /** Fills in and submits the modal on screen. Throws where Slack's own window would not let it go. */
  submits(values?: Answers): Promise<Submitted>;
  /** Closes the modal on screen without submitting. */
  closes(): Promise<void>;
  opensHome(): Promise<Acknowledged>;
  /** What is on this person's Home tab. */
  home(): View | null;
  /** The direct conversation with the bot. */
  directMessages(): Message[];
};

export type People = {
  as(name: PersonName): Person;
  /** Everything in a channel in order, ephemeral messages of everyone included. */
  channel(name: ChannelName): Message[];
  /** The modal on top of the screen. local-slack has one screen for everybody. */
  modal(): View | null;
  /** Looks again and again until `look` finds something, and returns it. The error of a timeout shows all that was said. */
  waitFor<Found>(
    description: string,
    look: () => Found | undefined | null | false,
    options?: { timeoutMs?: number },
  ): Promise<Found>;
  /** All channels as text: what an error or a tour shows. */
  transcript(seenBy?: PersonName): string;
  close(): void;
};

/** Connects to a running sandbox Slack. Call `close` at the end. */
export async function connectPeople(slack: Pick<SlackServer, 'url'>): Promise<People> {
  const ui = await connectUi(slack.url);
  const { screen } = ui;
  const modal = () => screen.modals.at(-1) ?? null;
  const everything = (seenBy?: PersonName) => wholeTranscript(screen, seenBy);

  return {
    as: (name) => person(slack.url, ui, name),
    channel: (name) => messagesIn(screen, idOfChannel(name)),
    modal,
    async waitFor(description, look, { timeoutMs = 10_000 } = {}) {
      const deadline = Date.now() + timeoutMs;
      for (;;) {
        const found = look();
        if (found !== undefined && found !== null && found !== false) return found;
        if (Date.now() > deadline) break;
        await sleep(20);
      }
      throw new Error(`waited ${timeoutMs} ms for ${description}. What was said:\n\n${everything()}`);
    },
    transcript: everything,
    close: () => ui.close(),
  };
}

function person(url: string, ui: UiConnection, name: PersonName): Person {
  const user = persons[name].id;
  const { screen } = ui;
  return {
    types(channel, line) {
      const slash = /^(\/\S+)\s*(.*)$/s.exec(line);
      const where = { user, channel: idOfChannel(channel) };
      return slash
        ? control(url, 'command', { ...where, command: slash[1], text: slash[2] })
        : control(url, 'message', { ...where, text: line });
    },
    async clicks(message, actionIdOrButtonText) {
      if (message.ephemeralTo !== undefined && message.ephemeralTo !== name)
        throw new Error(`${name} cannot click on what only ${message.ephemeralTo} sees: "${message.text}"`);
      const { type, action_id, block_id, value, text } = findButton(message, actionIdOrButtonText);
      const action = { type, action_id, block_id, value, text };
      return control(url, 'interact', { user, channel: message.channelId, messageTs: message.ts, action });
    },
    async submits(values = {}) {
      const modal = screen.modals.at(-1);
      if (!modal) throw new Error(`${name} sees no modal to submit`);
      const filled = modalValues(modal, values);
      const answered = ui.next(['view', 'view_errors'], 8_000);
      ui.send({ t: 'view_submit', user, values: filled });
      await answered;
      const left = screen.modals.at(-1);
      if (screen.modalErrors) return { is: 'refused', errors: screen.modalErrors };
      return left ? { is: 'replaced', modal: left } : { is: 'closed' };
    },
    async closes() {
      const gone = ui.next(['view'], 8_000);
      ui.send({ t: 'view_close', user });
      await gone;
    },
    opensHome: () => control(url, 'open-home', { user }),
    home: () => screen.homes.get(user) ?? null,
    directMessages() {
      const direct = [...screen.directs].find(([, members]) => members.includes(user) && members.includes(bot.userId));
      return direct ? messagesIn(screen, direct[0]) : [];
    },
  };
}

async function control(url: string, path: string, body: object): Promise<Acknowledged> {
  const started = performance.now();
  const answer = await fetch(`${url}/_control/${path}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
  if (!answer.ok) throw new Error(`${path}: local-slack answered ${answer.status} ${await answer.text()}`);
  await answer.arrayBuffer();
  return { ackMs: Math.round(performance.now() - started) };
}

function messagesIn(screen: Screen, channelId: string): Message[] {
  return [...(screen.messages.get(channelId)?.values() ?? [])].sort((a, b) => Number(a.ts) - Number(b.ts));
}

function wholeTranscript(screen: Screen, seenBy?: PersonName): string {
  const said = Object.entries(channels).flatMap(([name, { id }]) => {
    const messages = messagesIn(screen, id);
    return messages.length > 0 ? [`#${name}\n\n${transcript(messages, seenBy === undefined ? {} : { seenBy })}`] : [];
  });
  const modal = screen.modals.at(-1);
  return [...said, ...(modal ? [`On screen:\n${renderView(modal)}`] : [])].join('\n\n') || '(nothing)';
}
