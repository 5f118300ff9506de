// The WebSocket that local-slack's own page uses: follows what is on screen and acts on it.
import { z } from 'zod';
import { type Message, readMessage, readView, type View } from './message.ts';

const Channel = z.looseObject({ id: z.string(), is_im: z.boolean().default(false), members: z.array(z.string()) });

const Event = z.looseObject({
  t: z.string(),
  message: z.unknown().optional(),
  stack: z.array(z.unknown()).optional(),
  errors: z.record(z.string(), z.string()).optional(),
  user: z.string().optional(),
  view: z.unknown().optional(),
  channel: z.union([Channel, z.string()]).optional(),
  ts: z.string().optional(),
  state: z
    .looseObject({
      channels: z.array(Channel),
      messages: z.record(z.string(), z.array(z.unknown())),
      modalStack: z.array(z.unknown()),
      homeViews: z.record(z.string(), z.record(z.string(), z.unknown())),
    })
    .optional(),
});

/** What is on screen now. */
export type Screen = {
  /** By channel id, in the order of time. */
  messages: Map<string, Map<string, Message>>;
  /** Direct conversations: channel id to members. */
  directs: Map<string, readonly string[]>;
  /** local-slack keeps one stack of modals for the whole workspace, not one per person. */
  modals: readonly View[];
  /** What the bot said was wrong with the last submission, by block id. */
  modalErrors: Record<string, string> | undefined;
  /** By user id. */
  homes: Map<string, View>;
};

export type UiConnection = {
  screen: Screen;
  send(message: Record<string, unknown>): void;
  /** Resolves at the next event of one of these kinds; rejects after `timeoutMs`. */
  next(kinds: readonly string[], timeoutMs: number): Promise<void>;
  close(): void;
};

/** Connects to the page's WebSocket behind `url` and returns when the whole state has arrived. */
export async function connectUi(url: string): Promise<UiConnection> {
  const screen: Screen = {
    messages: new Map(),
    directs: new Map(),
    modals: [],
    modalErrors: undefined,
    homes: new Map(),
  };
  const events = new EventTarget();
  const socket = new WebSocket(`${url.replace(/^http/, 'ws')}/ui`);
  socket.addEventListener('message', ({ data }) => {
    const event = Event.parse(JSON.parse(String(data)));
    show(screen, event);
    events.dispatchEvent(new globalThis.Event(event.t));
  });

  const next = (kinds: readonly string[], timeoutMs: number) =>
    new Promise<void>((resolve, reject) => {
      const finished = new AbortController();
      const timer = setTimeout(() => {
        finished.abort();
        reject(new Error(`local-slack sent no ${kinds.join(' or ')} within ${timeoutMs} ms`));
      }, timeoutMs);
      const arrived = () => {
        clearTimeout(timer);
        finished.abort();
        resolve();
      };
      for (const kind of kinds) events.addEventListener(kind, arrived, { signal: finished.signal });
    });

  await next(['init'], 10_000);
  return { screen, next, send: (message) => socket.send(JSON.stringify(message)), close: () => socket.close() };
}

function show(screen: Screen, event: z.infer<typeof Event>): void {
  const { t, state, channel } = event;
  if (t === 'init' && state) {
    screen.messages.clear();
    for (const message of Object.values(state.messages).flat()) keep(screen, readMessage(message));
    screen.modals = state.modalStack.map(readView);
    screen.directs = new Map(state.channels.flatMap(({ id, is_im: im, members }) => (im ? [[id, members]] : [])));
    for (const [user, views] of Object.entries(state.homeViews))
      for (const view of Object.values(views)) screen.homes.set(user, readView(view));
  } else if (t === 'message' || t === 'message_update') keep(screen, readMessage(event.message));
  else if (t === 'message_delete') screen.messages.get(String(channel))?.delete(event.ts ?? '');
  else if (t === 'channel' && typeof channel === 'object') screen.directs.set(channel.id, channel.members);
  else if (t === 'home' && event.user !== undefined) screen.homes.set(event.user, readView(event.view));
  else if (t === 'view_errors') screen.modalErrors = event.errors;
  else if (t === 'view') {
    screen.modals = (event.stack ?? []).map(readView);
    screen.modalErrors = undefined;
  }
}

function keep(screen: Screen, message: Message): void {
  const channel = screen.messages.get(message.channelId) ?? new Map<string, Message>();
  screen.messages.set(message.channelId, channel.set(message.ts, message));
}
