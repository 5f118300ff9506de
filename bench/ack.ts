// How fast a slash command is acknowledged, and whether every acknowledged one is in the store; beside an empty Bolt app.
import { createServer } from 'node:http';
import { loadavg } from 'node:os';
import { fileURLToPath } from 'node:url';
import pg from 'pg';
import { freePort } from '../sandbox/servers/free-port.ts';
import { startProcess } from '../sandbox/servers/server-process.ts';
import { sign, slashCommandBody } from '../sandbox/slack/sign.ts';
import { startWorld } from '../sandbox/world.ts';
import { type Percentiles, percentilesOf } from './percentiles.ts';

const PER_SECOND = 50;
const SECONDS = 10;
const ROUNDS = 4;
/** Not counted: the programs compile what they use often. */
const WARM_UP_SECONDS = 3;
const AIM = { p99: 50, timesBare: 4 };

// The store waits for the disk at every commit, as in production.
const DURABLE = { fsync: 'on', full_page_writes: 'on' };

/** Alternates between the two sides in one run and prints both and their ratio. */
export async function measureAck(): Promise<void> {
  const world = await startWorld({ mode: 'http', env: { LOG_LEVEL: 'warn' }, storeSettings: DURABLE });
  const stops = [() => world.stop()];
  const responses = createServer((request, response) => {
    request.resume();
    request.on('end', () => response.end('ok'));
  }).listen(0, '127.0.0.1');
  try {
    await world.holdfast('bot');
    const { url: bare, stop: stopBare } = await startBareBolt(world.slack.apiUrl, world.dir);
    stops.unshift(stopBare);
    const address = responses.address();
    const responseUrl = `http://127.0.0.1:${typeof address === 'object' ? address?.port : 0}/`;
    const holdfast = `http://127.0.0.1:${world.env['PORT'] ?? ''}/slack/events`;
    const times = { holdfast: [] as number[], bare: [] as number[] };
    await load(holdfast, responseUrl, WARM_UP_SECONDS);
    await load(bare, responseUrl, WARM_UP_SECONDS);
    const loadBefore = loadNow();
    const before = await commandsIn(world.store.url);
    for (let round = 0; round < ROUNDS; round += 1) {
      times.holdfast.push(...(await load(holdfast, responseUrl, SECONDS)));
      times.bare.push(...(await load(bare, responseUrl, SECONDS)));
    }
    console.log(`load average of the machine: ${loadBefore} before, ${loadNow()} after (1 min, own load included)`);
    report(percentilesOf(times.holdfast), percentilesOf(times.bare));
    const stored = (await commandsIn(world.store.url)) - before;
    console.log(`acknowledged ${times.holdfast.length}, in the store ${stored}`);
    if (stored !== times.holdfast.length) throw new Error('an acknowledged command is not in the store');
  } finally {
    for (const stop of stops) await stop();
    responses.close();
  }
}

async function startBareBolt(apiUrl: string, dir: string): Promise<{ url: string; stop: () => Promise<void> }> {
  const port = await freePort();
  const server = await startProcess({
    name: 'a bare Bolt app',
    command: process.execPath,
    args: [fileURLToPath(new URL('bare-bolt-main.ts', import.meta.url)), String(port), apiUrl],
    env: {
      PATH: process.env['PATH'] ?? '',
      SLACK_BOT_TOKEN: 'xoxb-sandbox-bot',
      SLACK_SIGNING_SECRET: 'sandbox-signing-secret',
    },
    cwd: dir,
    logFile: `${dir}/bare-bolt.log`,
    deathSignal: 'SIGTERM',
  });
  const url = `http://127.0.0.1:${port}/slack/events`;
  await server.untilReady(() => fetch(url));
  return { url, stop: () => server.end(['SIGTERM']) };
}

/** Sends PER_SECOND commands a second at even distances, whether or not earlier ones were answered. */
async function load(url: string, responseUrl: string, seconds: number): Promise<number[]> {
  const started = performance.now();
  const sent = Array.from({ length: PER_SECOND * seconds }, async (_, index) => {
    const due = started + (index * 1000) / PER_SECOND;
    await new Promise((resolve) => setTimeout(resolve, Math.max(0, due - performance.now())));
    return acknowledgement(url, responseUrl);
  });
  return Promise.all(sent);
}

async function acknowledgement(url: string, responseUrl: string): Promise<number> {
  const { body, headers } = sign(slashCommandBody('alice', '/dr', 'systems', { response_url: responseUrl }));
  const began = performance.now();
  const answer = await fetch(url, { method: 'POST', body, headers });
  await answer.arrayBuffer();
  if (answer.status !== 200) throw new Error(`acknowledgement was ${answer.status}`);
  return performance.now() - began;
}

async function commandsIn(url: string): Promise<number> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    const { rows } = await client.query<{ count: string }>('select count(*) from holdfast.commands');
    return Number(rows[0]?.count);
  } finally {
    await client.end();
  }
}

function report(holdfast: Percentiles, bare: Percentiles): void {
  const line = (name: string, { count, p50, p99, max }: Percentiles) =>
    console.log(
      `${name.padEnd(12)} n=${count}  p50 ${p50.toFixed(1)} ms  p99 ${p99.toFixed(1)} ms  max ${max.toFixed(1)} ms`,
    );
  console.log(`${PER_SECOND} commands a second, ${ROUNDS} rounds of ${SECONDS} s for each side, alternating`);
  line('holdfast', holdfast);
  line('bare Bolt', bare);
  const ratio = { p50: holdfast.p50 / bare.p50, p99: holdfast.p99 / bare.p99 };
  console.log(`ratio        p50 ${ratio.p50.toFixed(1)}  p99 ${ratio.p99.toFixed(1)}`);
  const met = holdfast.p99 <= AIM.p99 && ratio.p99 <= AIM.timesBare;
  console.log(`aim          p99 ≤ ${AIM.p99} ms and ≤ ${AIM.timesBare} × bare Bolt: ${met ? 'met' : 'missed'}`);
}

function loadNow(): string {
  return (loadavg()[0] ?? Number.NaN).toFixed(2);
}
