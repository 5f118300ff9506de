// Puts the ordered fault, if any, between a call of the bot and its answer, and records how it went.
import type { ServerResponse } from 'node:http';
import type { Fault, Faults } from '../faults.ts';
import { json, type Reply, writeReply } from './http.ts';
import type { ApiCall, SlackRecord } from './record.ts';

export type Call = {
  /** A Web API method, or `response_url`. */
  method: string;
  args: Record<string, unknown>;
  carryOut(): Promise<Reply>;
  outcomeOf(reply: Reply): string;
};

/** Answers one call, or fails to, as the faults say. */
export async function answerCall(call: Call, faults: Faults, record: SlackRecord, response: ServerResponse) {
  const { method, args } = call;
  const entry: ApiCall = { method, at: Date.now(), args, outcome: 'pending' };
  record.calls.push(entry);
  const fault = faults.take(method);
  if (fault) entry.outcome = fault.is;

  const instead = fault && replyInstead(fault);
  if (instead) return writeReply(response, instead);
  if (fault?.is === 'reset') return cut(response);
  if (fault?.is === 'stall') await faults.stalled(method, fault.ms);
  const reply = await call.carryOut();
  if (fault?.is === 'lost-reply') return cut(response);
  entry.outcome = call.outcomeOf(reply);
  writeReply(response, reply);
}

function replyInstead(fault: Fault): Reply | undefined {
  switch (fault.is) {
    case 'rate-limited':
      return json({ ok: false, error: 'ratelimited' }, 429, { 'retry-after': String(fault.retryAfter) });
    case 'http':
      return { status: fault.status, headers: {}, body: Buffer.from('upstream error') };
    case 'refused':
      return json({ ok: false, error: fault.error });
    case 'stall':
    case 'reset':
    case 'lost-reply':
      return undefined;
  }
}

function cut(response: ServerResponse): void {
  response.destroy();
}
