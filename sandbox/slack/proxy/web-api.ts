// Answers one Web API call: Slack's checks, our own methods, else local-slack's answer.
import type { Directory } from '../directory.ts';
import { checkCall } from '../limits/check-call.ts';
import { bot } from '../workspace.ts';
import { callToken } from './arguments.ts';
import { forward, isObject, json, jsonObject, type Reply, type Request } from './http.ts';
import type { SlackRecord } from './record.ts';

export type WebApi = { origin: string; directory: Directory; record: SlackRecord };

/** Carries out one call as Slack would. */
export async function carryOut(
  { origin, directory, record }: WebApi,
  method: string,
  args: Record<string, unknown>,
  request: Request,
): Promise<Reply> {
  const expected = method === 'apps.connections.open' ? bot.appToken : bot.token;
  if (method !== 'api.test' && callToken(request, args) !== expected) return json({ ok: false, error: 'invalid_auth' });

  const { refused, warnings } = checkCall(method, args);
  record.warnings.push(...warnings);
  if (refused) {
    record.violations.push({ method, ...refused });
    return json({ ok: false, error: refused.error, response_metadata: { messages: refused.messages } });
  }

  const own = directory.answer(method, args);
  if (own) return json(own);
  const reply = await forward(origin, request);
  return method.startsWith('users.') ? json(withStandings(directory, jsonObject(reply.body.toString()))) : reply;
}

/** Slack's word for how a call went. */
export function outcomeOf({ status, body }: Reply): string {
  if (status !== 200) return `http ${status}`;
  const { ok, error } = jsonObject(body.toString());
  return ok === true ? 'ok' : String(error);
}

function withStandings(directory: Directory, answer: Record<string, unknown>): Record<string, unknown> {
  const { user, members } = answer;
  if (isObject(user)) return { ...answer, user: directory.describe(user) };
  if (!Array.isArray(members)) return answer;
  return {
    ...answer,
    members: members.map((member: unknown) => (isObject(member) ? directory.describe(member) : member)),
  };
}
