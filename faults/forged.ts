// Requests that Slack did not send, and requests that it sent once and that arrive again and again, at a bot behind HTTP.
import { setTimeout as sleep } from 'node:timers/promises';
import { type SignedRequest, sign, slashCommandBody } from '../sandbox/slack/sign.ts';
import { type Story, startStory } from '../test/support/story.ts';

export type Counted = {
  /** How many answers there were of each status. */
  readonly statuses: ReadonlyMap<number, number>;
  /** Rows that they have left in the store. */
  readonly commands: number;
  readonly operations: number;
};

const AT_ONCE = 40;

/** How an attacker who knows everything but the secret may go about it. */
const FORGERIES: readonly ((random: () => number) => SignedRequest)[] = [
  () => sign(body(), { secret: 'not-the-secret' }),
  (random) => altered(sign(body()), random),
  (random) => ({ ...sign(body()), body: `${body()}&user_id=U0${Math.floor(random() * 1e9)}` }),
  (random) => sign(body(), { timestamp: seconds() - 301 - Math.floor(random() * 1e6) }),
  (random) => sign(body(), { timestamp: seconds() + 301 + Math.floor(random() * 1e6) }),
  () => ({ body: body(), headers: { 'content-type': 'application/x-www-form-urlencoded' } }),
  (random) => headerless(sign(body()), random() < 0.5 ? 'x-slack-signature' : 'x-slack-request-timestamp'),
];

export async function forge(count: number, random: () => number): Promise<Counted> {
  return await against(async (deliver) => {
    const forgeries = Array.from({ length: count }, (_, n) => n);
    return await inTurns(forgeries, (n) => deliver((FORGERIES[n % FORGERIES.length] ?? FORGERIES[0])?.(random)));
  });
}

/** Each of a few genuine requests, again and again: each of them is one command. */
export async function replay(count: number): Promise<Counted & { readonly genuine: number }> {
  const genuine = Math.max(1, Math.floor(count / 500));
  const counted = await against(async (deliver) => {
    const requests = Array.from({ length: genuine }, (_, n) =>
      sign(slashCommandBody('alice', '/dr', `audit op-${n + 1}`)),
    );
    const all = Array.from({ length: count }, (_, n) => requests[n % genuine]);
    return await inTurns(all, (request) => deliver(request));
  });
  return { ...counted, genuine };
}

type Deliver = (request: SignedRequest | undefined) => Promise<number>;

async function against(attack: (deliver: Deliver) => Promise<ReadonlyMap<number, number>>): Promise<Counted> {
  const story = await startStory({ mode: 'http', roles: ['bot'] });
  try {
    const url = `http://127.0.0.1:${story.world.env['PORT']}/slack/events`;
    const before = await rowsOf(story);
    const statuses = await attack(async (request) => {
      if (request === undefined) return 0;
      const response = await fetch(url, { method: 'POST', ...request });
      await response.arrayBuffer();
      return response.status;
    });
    // What was acknowledged may be at work still.
    await sleep(2_000);
    const after = await rowsOf(story);
    return {
      statuses,
      commands: after.commands - before.commands,
      operations: after.operations - before.operations,
    };
  } finally {
    await story.end();
  }
}

async function rowsOf(story: Story): Promise<{ commands: number; operations: number }> {
  const [row] = await story.sql<{ commands: number; operations: number }>(
    `select (select count(*)::int from holdfast.commands) as commands,
            (select count(*)::int from holdfast.operations) as operations`,
  );
  return row ?? { commands: 0, operations: 0 };
}

async function inTurns<T>(all: readonly T[], send: (one: T) => Promise<number>): Promise<ReadonlyMap<number, number>> {
  const statuses = new Map<number, number>();
  let next = 0;
  const sender = async () => {
    while (next < all.length) {
      const one = all[next] as T;
      next += 1;
      const status = await send(one);
      statuses.set(status, (statuses.get(status) ?? 0) + 1);
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, sender));
  return statuses;
}

function body(): string {
  return slashCommandBody('alice', '/dr', 'rollback v255');
}

function seconds(): number {
  return Math.floor(Date.now() / 1000);
}

/** One bit of the signature is another one. */
function altered({ body, headers }: SignedRequest, random: () => number): SignedRequest {
  const [version = '', hex = ''] = (headers['x-slack-signature'] ?? '').split('=');
  const bytes = Buffer.from(hex, 'hex');
  const at = Math.floor(random() * bytes.length);
  bytes.writeUInt8(bytes.readUInt8(at) ^ (1 << Math.floor(random() * 8)), at);
  return { body, headers: { ...headers, 'x-slack-signature': `${version}=${bytes.toString('hex')}` } };
}

function headerless({ body, headers }: SignedRequest, name: string): SignedRequest {
  return { body, headers: Object.fromEntries(Object.entries(headers).filter(([header]) => header !== name)) };
}
