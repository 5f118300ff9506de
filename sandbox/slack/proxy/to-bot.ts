// HTTP mode: passes Slack's signed requests on to the bot and keeps Slack's three seconds.
import { forward, json, jsonObject, type Reply, type Request } from './http.ts';
import type { SlackRecord } from './record.ts';

const ACK_WITHIN_MS = 3_000;

/** Delivers one request to the bot; people are told as Slack tells them when the bot does not answer. */
export async function deliver(requestUrl: string, record: SlackRecord, request: Request): Promise<Reply> {
  const at = Date.now();
  const body = request.body.toString();
  const keep = (status: number | undefined) =>
    record.deliveries.push({ at, headers: request.headers, body, status, ackMs: Date.now() - at });
  const command = new URLSearchParams(body).get('command');
  const { origin, pathname, search } = new URL(requestUrl);
  const deadline = AbortSignal.timeout(ACK_WITHIN_MS);
  try {
    const reply = await forward(origin, { ...request, path: pathname + search }, deadline);
    keep(reply.status);
    if (command === null) return reply;
    if (reply.status !== 200) return failed(command, 'http_client_error');
    // local-slack would show an answer without response_type to the whole channel.
    const answer = jsonObject(reply.body.toString());
    return Object.keys(answer).length === 0 ? reply : json({ response_type: 'ephemeral', ...answer });
  } catch {
    keep(undefined);
    if (command === null) return json({});
    return failed(command, deadline.aborted ? 'operation_timeout' : 'dispatch_failed');
  }
}

function failed(command: string, why: string): Reply {
  return json({ response_type: 'ephemeral', text: `${command} failed with the error "${why}"` });
}
