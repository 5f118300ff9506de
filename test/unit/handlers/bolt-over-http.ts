// Holdfast's Slack app as Slack reaches it over HTTP, with a Web API of the test behind it.

import { freePort } from '../../../sandbox/servers/free-port.ts';
import {
  buttonPayload,
  interactionBody,
  type SignedRequest,
  sign,
  slashCommandBody,
} from '../../../sandbox/slack/sign.ts';
import { bot, channels, persons, team } from '../../../sandbox/slack/workspace.ts';
import type { IncidentUseCases } from '../../../src/core/incident-use-cases.ts';
import type { Home } from '../../../src/core/incident-views.ts';
import { Secret } from '../../../src/core/secret.ts';
import { createSlackApp, type SlackApp } from '../../../src/handlers/slack-app.ts';
import type { UseCases } from '../../../src/operations/use-cases.ts';
import { home, shownSystem } from '../../support/shown.ts';
import { systemOf } from '../../support/system.ts';
import { keptLog, type Line } from '../notify/quiet.ts';
import { type Call, type Given, startWebApi } from '../people/slack-server.ts';
import { recordedIncidents } from './recorded-incidents.ts';

export type Bolt = {
  readonly app: SlackApp;
  readonly url: string;
  readonly lines: Line[];
  /** Calls of the bot, the ones to `response_url` included. */
  readonly calls: Call[];
  post(request: SignedRequest): Promise<Response>;
  /** Types `/dr <text>`; `fields` overrides any field of the request. */
  dr(text: string, fields?: Record<string, string>): Promise<Response>;
  clicks(actionId: string, value: string, fields?: Record<string, unknown>): Promise<Response>;
  submits(typed: string, metadata: string): Promise<Response>;
  /** Submits any dialog: by block and action, what stands in each input. */
  submitsView(callback: string, metadata: string, values: Record<string, Record<string, object>>): Promise<Response>;
  /** An event, such as somebody opening App Home. */
  event(event: Record<string, unknown>, fields?: Record<string, unknown>): Promise<Response>;
  /** What the person was told by `response_url`, oldest first. */
  answers(): string[];
  stop(): Promise<void>;
};

type Behind = { readonly incidents?: IncidentUseCases; readonly homeFor?: (user: string) => Promise<Home> };

/** Starts it. `instead` answers single Web API methods or `/response`. */
export async function startBolt(
  useCases: UseCases,
  instead: Readonly<Record<string, Given>> = {},
  { incidents = recordedIncidents().incidents, homeFor = async () => home }: Behind = {},
): Promise<Bolt> {
  const slack = await startWebApi(({ method }) => {
    const who = { ok: true, team_id: team.id, user_id: bot.userId };
    return instead[method] ?? (method === 'auth.test' ? who : { ok: true });
  });
  const { lines, ...log } = keptLog();
  const port = await freePort();
  const app = createSlackApp({
    mode: 'http',
    guarded: (send) => send,
    botToken: new Secret(bot.token),
    signingSecret: new Secret(bot.signingSecret),
    port,
    host: '127.0.0.1',
    apiUrl: slack.url,
    useCases,
    log,
    incidents,
    homeFor,
    systems: [
      { ...shownSystem, channel: channels.incidents.id },
      systemOf({ name: 'ledger', channel: channels.incidents.id }),
    ],
  });
  await app.start();
  const url = `http://127.0.0.1:${port}/slack/events`;
  const response_url = slack.url.replace('/api/', '/response');
  const post = ({ body, headers }: SignedRequest) => fetch(url, { method: 'POST', headers, body });
  return {
    app,
    url,
    lines,
    calls: slack.calls,
    post,
    dr: (text, fields) => post(sign(slashCommandBody('alice', '/dr', text, { response_url, ...fields }))),
    clicks: (actionId, value, fields) =>
      post(sign(interactionBody(buttonPayload('bob', { actionId, value }, { response_url, ...fields })))),
    submits: (typed, metadata) => {
      const values = { confirm_target: { confirm_name: { type: 'plain_text_input', value: typed } } };
      return post(sign(interactionBody(submission('operation_confirm_typed', metadata, values))));
    },
    submitsView: (callback, metadata, values) => post(sign(interactionBody(submission(callback, metadata, values)))),
    event: (event, fields) =>
      post(signJson({ type: 'event_callback', team_id: team.id, api_app_id: bot.appId, event, ...fields })),
    answers: () => slack.calls.filter(({ method }) => method === '/response').map(({ body }) => body),
    async stop() {
      await app.stop();
      await slack.close();
    },
  };
}

/** Events come as JSON. */
function signJson(payload: Record<string, unknown>): SignedRequest {
  const { body, headers } = sign(JSON.stringify(payload));
  return { body, headers: { ...headers, 'content-type': 'application/json' } };
}

function submission(
  callback_id: string,
  private_metadata: string,
  values: Record<string, Record<string, object>>,
): Record<string, unknown> {
  return {
    type: 'view_submission',
    team: { id: team.id, domain: team.domain },
    user: { id: persons.alice.id, name: 'alice', team_id: team.id },
    api_app_id: bot.appId,
    trigger_id: '1.1.abc',
    view: {
      id: 'V1',
      type: 'modal',
      callback_id,
      private_metadata,
      state: { values },
    },
  };
}
