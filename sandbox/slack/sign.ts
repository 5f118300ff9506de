// Signs raw requests as Slack does: for attack tests and for measuring acknowledgements.
import { createHmac, randomUUID } from 'node:crypto';
import { bot, channels, type PersonName, persons, team } from './workspace.ts';

export type SignedRequest = { body: string; headers: Record<string, string> };

export type SigningOptions = {
  /** Default: the sandbox bot's. */
  secret?: string;
  /** Seconds since 1970. Default: now. */
  timestamp?: number;
};

/** A form body with the headers Slack would send with it. */
export function sign(body: string, { secret = bot.signingSecret, timestamp }: SigningOptions = {}): SignedRequest {
  const at = String(timestamp ?? Math.floor(Date.now() / 1000));
  const digest = createHmac('sha256', secret).update(`v0:${at}:${body}`).digest('hex');
  return {
    body,
    headers: {
      'content-type': 'application/x-www-form-urlencoded',
      'x-slack-request-timestamp': at,
      'x-slack-signature': `v0=${digest}`,
    },
  };
}

/** The body of a slash command as Slack posts it; `fields` overrides any field. */
export function slashCommandBody(
  person: PersonName,
  command: string,
  text: string,
  fields: Record<string, string> = {},
): string {
  return new URLSearchParams({
    token: 'verification-token',
    team_id: team.id,
    team_domain: team.domain,
    channel_id: channels.incidents.id,
    channel_name: 'incidents',
    user_id: persons[person].id,
    user_name: person,
    command,
    text,
    api_app_id: bot.appId,
    is_enterprise_install: 'false',
    response_url: 'http://127.0.0.1:9/response',
    trigger_id: `${Date.now()}.1.${randomUUID()}`,
    ...fields,
  }).toString();
}

/** The body of an interaction (a click, a submitted modal) as Slack posts it. */
export function interactionBody(payload: Record<string, unknown>): string {
  return new URLSearchParams({ payload: JSON.stringify(payload) }).toString();
}

/** The payload of a click on a button, to be passed through `interactionBody`; `fields` overrides any field. */
export function buttonPayload(
  person: PersonName,
  button: { actionId: string; blockId?: string; value?: string },
  fields: Record<string, unknown> = {},
): Record<string, unknown> {
  const channel = { id: channels.incidents.id, name: 'incidents' };
  const messageTs = `${Math.floor(Date.now() / 1000)}.000001`;
  return {
    type: 'block_actions',
    token: 'verification-token',
    api_app_id: bot.appId,
    team: { id: team.id, domain: team.domain },
    user: { id: persons[person].id, username: person, name: person, team_id: team.id },
    container: { type: 'message', message_ts: messageTs, channel_id: channel.id, is_ephemeral: false },
    channel,
    message: { type: 'message', ts: messageTs, user: bot.userId, text: '' },
    state: { values: {} },
    trigger_id: `${Date.now()}.1.${randomUUID()}`,
    response_url: 'http://127.0.0.1:9/response',
    actions: [
      {
        type: 'button',
        action_id: button.actionId,
        block_id: button.blockId ?? 'actions',
        value: button.value ?? '',
        text: { type: 'plain_text', text: button.actionId },
        action_ts: `${Date.now() / 1000}`,
      },
    ],
    ...fields,
  };
}
