// Many people at once, many operations and incidents open, for ten minutes: acknowledgements, Slack's limits, memory.
import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { sign, slashCommandBody } from '../sandbox/slack/sign.ts';
import { startWorld, type World } from '../sandbox/world.ts';
import { percentilesOf } from './percentiles.ts';

const MINUTES = 10;
const PEOPLE = 50;
const AT_ONCE = 200;
const WAVE_SECONDS = 20;
const OPEN = { operations: 100, incidents: 20 };
const AIM = { p99: 1_000, max: 2_500 };

const READING = ['status', 'systems', 'backups', 'incident list', 'drills', 'audit op-1', 'help'] as const;

// The store waits for the disk at every commit, as in production.
const DURABLE = { fsync: 'on', full_page_writes: 'on' };

/** Prints what was measured; `--minutes` makes it shorter. */
export async function measureLoad(args: readonly string[]): Promise<void> {
  const minutes = args[0] === '--minutes' ? Number(args[1]) : MINUTES;
  const responses = createServer((request, response) => {
    request.resume();
    request.on('end', () => response.end('ok'));
  }).listen(0, '127.0.0.1');
  const world = await startWorld({
    mode: 'http',
    env: { LOG_LEVEL: 'warn' },
    storeSettings: DURABLE,
    rules: { updateMinutes: 1 },
  });
  const store = new pg.Client({ connectionString: world.store.url });
  await store.connect();
  try {
    const bot = await world.holdfast('bot');
    // No worker runs: what is planned stays open, and the cores are the bot's. A worker belongs on another machine.
    const address = responses.address();
    const send = sender(world, `http://127.0.0.1:${typeof address === 'object' ? address?.port : 0}/`);
    for (let n = 1; n <= OPEN.incidents; n += 1) await send(1, `incident declare checkout ${n} answers 500 --level 3`);
    for (let n = 0; n < OPEN.operations; n += 1) await send(1, 'verify --deep');
    while ((await openIn(store)) < OPEN.operations) await sleep(500);

    const acknowledged: number[] = [];
    const memory: number[] = [];
    const open: number[] = [];
    const end = performance.now() + minutes * 60_000;
    while (performance.now() < end) {
      const next = performance.now() + WAVE_SECONDS * 1_000;
      open.push(await openIn(store));
      const sent = Array.from({ length: AT_ONCE }, (_, n) => send(n % PEOPLE, READING[n % READING.length] ?? 'status'));
      acknowledged.push(...(await Promise.all(sent)));
      memory.push(await residentMegabytes(bot.pid));
      await sleep(Math.max(0, next - performance.now()));
    }
    const answered = await untilAnswered(store);
    report({ acknowledged, memory, open, minutes });
    console.log(`commands in the store ${answered.all}, answered ${answered.answered}`);
    const limits = world.slack.record.violations;
    console.log(`requests of ours that Slack's limits would have refused: ${limits.length}`);
    const incidents = await count(
      store,
      `select count(*) from holdfast.outbox where subject like 'inc-%' and kind = 'update' and state = 'sent'`,
    );
    console.log(`status updates of incidents sent: ${incidents}`);
  } finally {
    await store.end();
    await world.stop();
    responses.close();
  }
}

function sender({ env }: World, responseUrl: string): (person: number, text: string) => Promise<number> {
  return async (person, text) => {
    const user = person === 1 ? {} : { user_id: `U1${String(person).padStart(3, '0')}`, user_name: `person${person}` };
    const { body, headers } = sign(slashCommandBody('alice', '/dr', text, { response_url: responseUrl, ...user }));
    const began = performance.now();
    const answer = await fetch(`http://127.0.0.1:${env['PORT'] ?? ''}/slack/events`, { method: 'POST', body, headers });
    await answer.arrayBuffer();
    if (answer.status !== 200) throw new Error(`acknowledgement was ${answer.status}`);
    return performance.now() - began;
  };
}

const openIn = (store: pg.Client) => count(store, 'select count(*) from holdfast.operations where ended_at is null');

async function count(store: pg.Client, sql: string): Promise<number> {
  const { rows } = await store.query<{ count: string }>(sql);
  return Number(rows[0]?.count);
}

/** Every command that was acknowledged is answered in the end. */
async function untilAnswered(store: pg.Client): Promise<{ all: number; answered: number }> {
  const until = performance.now() + 120_000;
  for (;;) {
    const all = await count(store, 'select count(*) from holdfast.commands');
    const answered = await count(store, 'select count(*) from holdfast.commands where answer is not null');
    if (answered === all || performance.now() > until) return { all, answered };
    await sleep(500);
  }
}

async function residentMegabytes(pid: number): Promise<number> {
  const kilobytes = /VmRSS:\s+(\d+)/.exec(await readFile(`/proc/${pid}/status`, 'utf8'))?.[1];
  return Number(kilobytes) / 1024;
}

type Measured = { acknowledged: number[]; memory: number[]; open: number[]; minutes: number };

function report({ acknowledged, memory, open, minutes }: Measured): void {
  const { count, p50, p99, max } = percentilesOf(acknowledged);
  console.log(
    `${AT_ONCE} commands at once from ${PEOPLE} people every ${WAVE_SECONDS} s for ${minutes} min, ${Math.min(...open)} to ${Math.max(...open)} operations open, ${OPEN.incidents} incidents with an update a minute`,
  );
  console.log(`acknowledged n=${count}  p50 ${p50.toFixed(0)} ms  p99 ${p99.toFixed(0)} ms  max ${max.toFixed(0)} ms`);
  const met = p99 < AIM.p99 && max < AIM.max;
  console.log(`aim          p99 < ${AIM.p99} ms, max < ${AIM.max} ms: ${met ? 'met' : 'MISSED'}`);
  const third = Math.max(1, Math.floor(memory.length / 3));
  const peak = (some: readonly number[]) => Math.max(...some).toFixed(0);
  console.log(
    `memory of the bot, peak of each third: ${peak(memory.slice(0, third))}, ${peak(memory.slice(third, -third))}, ${peak(memory.slice(-third))} MB`,
  );
}
