// The Slack app: one door for Slack's requests, and who is called for which of them.
import { App, type Receiver } from '@slack/bolt';
import { Fault, Refusal } from '../core/errors.ts';
import type { IncidentUseCases } from '../core/incident-use-cases.ts';
import type { Home } from '../core/incident-views.ts';
import type { Secret } from '../core/secret.ts';
import type { System } from '../core/system.ts';
import { CONFIRM_VIEW, FACTOR_VIEW, INCIDENT_VIEWS } from '../messages/buttons.ts';
import type { Log } from '../operations/deps.ts';
import type { UseCases } from '../operations/use-cases.ts';
import { boltLogger } from './bolt-logger.ts';
import { type ActionArgs, onClick } from './clicks.ts';
import { onConfirmTyped, onFactorTyped, type ViewArgs } from './confirm-typed.ts';
import { onDr } from './dr-command.ts';
import { onHome } from './home.ts';
import { httpDoor } from './http-door.ts';
import { onIncidentClick } from './incident-clicks.ts';
import { onAssessChosen, onDeclareTyped, onSayTyped, onTickChosen } from './incident-typed.ts';
import { logged } from './sentence-of.ts';
import { socketDoor } from './socket-door.ts';
import type { Identity } from './strangers.ts';
import type { Tools } from './tools.ts';

export type SlackAppOptions = {
  readonly mode: 'socket' | 'http';
  readonly botToken: Secret;
  /** Needed for Socket Mode. */
  readonly appToken?: Secret | undefined;
  /** Needed for HTTP. */
  readonly signingSecret?: Secret | undefined;
  readonly port: number;
  readonly host: string;
  readonly apiUrl: string;
  readonly useCases: UseCases;
  readonly incidents: IncidentUseCases;
  /** App Home of one person: only what is stored, so that opening it is quick. */
  readonly homeFor: (user: string) => Promise<Home>;
  readonly log: Log;
  /** For answers to name the channel in which a system's cards stand, and for dialogs. */
  readonly systems: readonly System[];
  /** Makes of what sends to Slack what may send to it: nothing secret leaves in a text. */
  guarded(send: typeof fetch): typeof fetch;
  /** The workspace that the token must belong to. Default: whichever it belongs to. */
  readonly team?: string | undefined;
};

export type SlackApp = {
  /** Returns when Slack's requests can come in. Throws a Fault when Slack does not know us. */
  start(): Promise<void>;
  /** Takes nothing new and returns when what came in is answered, or after five seconds. */
  stop(): Promise<void>;
};

type Door = { readonly receiver: Receiver; open(): Promise<unknown>; close(): Promise<unknown> };

/** A call that takes longer is no use: a dialog has to be open within three seconds. */
const CALL_TIMEOUT_MS = 5_000;
const LAST_ANSWERS_MS = 5_000;

/** Puts the listeners behind the door that the mode asks for. Nothing is called and nothing listens before `start`. */
export function createSlackApp(options: SlackAppOptions): SlackApp {
  const { botToken, apiUrl, useCases, incidents, homeFor, log, systems } = options;
  const logger = boltLogger(log);
  const door = doorOf(options);
  let identity: Identity | null = null;
  const ours = () => {
    if (identity === null) throw new Fault('answering Slack before knowing who we are in it');
    return identity;
  };
  const app = new App({
    receiver: door.receiver,
    authorize: async () => ({ botToken: botToken.open(), botUserId: ours().botUser }),
    logger,
    clientOptions: {
      slackApiUrl: apiUrl,
      fetch: options.guarded(fetchInTime),
      retryConfig: { retries: 0 },
      rejectRateLimitedCalls: true,
    },
  });
  const settled = listen(app, { useCases, incidents, homeFor, log, systems, ours });
  return {
    async start() {
      identity = await whoWeAre(app, options);
      await door.open();
    },
    async stop() {
      await door.close();
      await settled(LAST_ANSWERS_MS);
    },
  };
}

/** Registers every listener. Returns how to wait for those that are at work. */
function listen(app: App, tools: Tools): (ms: number) => Promise<void> {
  const atWork = new Set<Promise<void>>();
  const tracked = (work: Promise<void>) => {
    atWork.add(work);
    return work.finally(() => atWork.delete(work));
  };
  app.command('/dr', (args) => tracked(onDr(args, tools)));
  app.action<ActionArgs['body']>(/^(incident|command)_/s, (args) =>
    tracked(onIncidentClick(args as ActionArgs, tools)),
  );
  app.action<ActionArgs['body']>(/^(?!incident_|command_)/s, (args) => tracked(onClick(args as ActionArgs, tools)));
  app.view(CONFIRM_VIEW.callback, (args) => tracked(onConfirmTyped(args as ViewArgs, tools)));
  app.view(FACTOR_VIEW.callback, (args) => tracked(onFactorTyped(args as ViewArgs, tools)));
  app.view(INCIDENT_VIEWS.declare, (args) => tracked(onDeclareTyped(args as ViewArgs, tools)));
  app.view(INCIDENT_VIEWS.say, (args) => tracked(onSayTyped(args as ViewArgs, tools)));
  app.view(INCIDENT_VIEWS.tick, (args) => tracked(onTickChosen(args as ViewArgs, tools)));
  app.view(INCIDENT_VIEWS.assess, (args) => tracked(onAssessChosen(args as ViewArgs, tools)));
  app.event('app_home_opened', (args) => tracked(onHome(args, tools)));
  // Only what no handler could answer by itself comes here; unacknowledged, Slack tells the person that it failed.
  app.error(async (error) => {
    logged('original' in error ? error.original : error, tools.log);
  });
  return async (ms) => {
    const deadline = new Promise((resolve) => setTimeout(resolve, ms).unref());
    await Promise.race([Promise.allSettled([...atWork]), deadline]);
  };
}

function doorOf({ mode, appToken, signingSecret, port, host, apiUrl, log }: SlackAppOptions): Door {
  const logger = boltLogger(log);
  if (mode === 'http') {
    if (signingSecret === undefined) throw new Fault('opening the door for Slack: HTTP mode needs the signing secret');
    return httpDoor({ signingSecret, port, host, logger });
  }
  if (appToken === undefined) throw new Fault('opening the door for Slack: Socket Mode needs the app token');
  const receiver = socketDoor({ appToken, apiUrl, logger });
  return { receiver, open: () => receiver.start(), close: () => receiver.stop() };
}

async function whoWeAre({ client }: App, { botToken, team }: SlackAppOptions): Promise<Identity> {
  const who = await client.auth.test({ token: botToken.open() }).catch((cause: unknown) => {
    throw new Fault('asking Slack who we are', { cause });
  });
  if (who.team_id === undefined || who.user_id === undefined) throw new Fault('asking Slack who we are');
  if (team !== undefined && who.team_id !== team) {
    throw new Refusal(
      'other-workspace',
      `The bot token belongs to the workspace ${who.team_id}, not to ${team}.`,
      'Take the token of the right workspace.',
    );
  }
  return { team: who.team_id, botUser: who.user_id };
}

/** Also for answers to `response_url`, which Bolt sends without any limit of time. */
function fetchInTime(input: string | URL | Request, init?: RequestInit): Promise<Response> {
  return fetch(input, { ...init, signal: init?.signal ?? AbortSignal.timeout(CALL_TIMEOUT_MS) });
}
