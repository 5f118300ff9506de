// response_urls as Slack serves them: five uses, and ephemeral unless said otherwise. Their half hour is a fault to order.
import { checkCall } from '../limits/check-call.ts';
import { forward, json, jsonObject, type Reply, type Request } from './http.ts';
import type { SlackRecord } from './record.ts';

const MOST_USES = 5;

export class ResponseUrls {
  readonly #uses = new Map<string, number>();

  /** Answers one post to a response_url. */
  async answer(origin: string, record: SlackRecord, request: Request): Promise<Reply> {
    const uses = this.#uses.get(request.path) ?? 0;
    if (uses >= MOST_USES) return json({ ok: false, error: 'used_url' }, 404);
    const message = jsonObject(request.body.toString());
    const { refused, warnings } = checkCall('response_url', message);
    record.warnings.push(...warnings);
    if (refused) {
      record.violations.push({ method: 'response_url', ...refused });
      return json({ ok: false, error: refused.error }, 400);
    }
    this.#uses.set(request.path, uses + 1);
    // local-slack would show a message without response_type to the whole channel.
    const body = Buffer.from(JSON.stringify({ response_type: 'ephemeral', ...message }));
    const reply = await forward(origin, { ...request, body });
    return reply.status === 200 ? { ...reply, body: Buffer.from('ok') } : reply;
  }
}
