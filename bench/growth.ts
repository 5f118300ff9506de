// What the same commands cost when the store holds the journals of many years; beside a store that was just made.
import { createServer, type Server } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { sign, slashCommandBody } from '../sandbox/slack/sign.ts';
import { persons, team } from '../sandbox/slack/workspace.ts';
import { startWorld, type World } from '../sandbox/world.ts';
import { chain, type Entry } from '../src/core/journal.ts';
import { digestOf, Plan } from '../src/core/plan.ts';
import { keyOf } from '../src/handlers/take-in.ts';
import { percentilesOf } from './percentiles.ts';

const JOURNAL_ROWS = 1_000_000;
const ROUNDS = 60;
const WARM_UP = 10;
const AIM = 1.2;
/** Operations in one statement. */
const BATCH = 2_000;

/** Read and answered at once; the last one also plans, and a worker carries it out. */
const COMMANDS = ['status', 'systems', 'backups', 'drills', 'audit op-1', 'report', 'verify'] as const;

// The store waits for the disk at every commit, as in production.
const DURABLE = { fsync: 'on', full_page_writes: 'on' };

type Side = { readonly world: World; readonly client: pg.Client };

/** Alternates between the two stores in one run and prints both and their ratio. `--rows` makes it smaller. */
export async function measureGrowth(args: readonly string[]): Promise<void> {
  const rows = args[0] === '--rows' ? Number(args[1]) : JOURNAL_ROWS;
  const responses = createServer((request, response) => {
    request.resume();
    request.on('end', () => response.end('ok'));
  }).listen(0, '127.0.0.1');
  const sides: Side[] = [];
  try {
    for (const _ of ['small', 'grown']) sides.push(await start());
    const [small, grown] = sides;
    if (small === undefined || grown === undefined) throw new Error('nothing was started');
    for (const side of sides) await proven(side, addressOf(responses));
    await grow(grown, rows);
    // What was just written is not to be written back to the disk while commands are measured.
    for (const { client } of sides) await client.query('checkpoint');
    await compare(small, grown, addressOf(responses));
  } finally {
    for (const { world, client } of sides) {
      await client.end();
      await world.stop();
    }
    responses.close();
  }
}

async function start(): Promise<Side> {
  const world = await startWorld({ mode: 'http', env: { LOG_LEVEL: 'warn' }, storeSettings: DURABLE });
  await world.holdfast();
  const client = new pg.Client({ connectionString: world.store.url });
  await client.connect();
  return { world, client };
}

/** op-1: a deep verification with its proof, of which the past is made. */
async function proven(side: Side, responseUrl: string): Promise<void> {
  await send(side, 'verify --deep', responseUrl);
  for (;;) {
    const { rows } = await side.client.query<{ state: string }>(
      `select state from holdfast.operations where ended_at is not null`,
    );
    if (rows[0]?.state === 'succeeded') return;
    if (rows[0] !== undefined) throw new Error(`the first operation is ${rows[0].state}`);
    await sleep(200);
  }
}

/** Adds ended operations, each with a journal whose chain holds, a proof, durations, messages and its command. */
async function grow({ client }: Side, journalRows: number): Promise<void> {
  const began = performance.now();
  const { rows: plans } = await client.query<{ plan: unknown }>(`select plan from holdfast.operations`);
  const { rows: entries } = await client.query<{ at: string; event: Entry['event'] }>(
    `select to_char(at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') as at, event from holdfast.journal order by seq`,
  );
  const plan = Plan.parse(plans[0]?.plan);
  const count = Math.ceil(journalRows / entries.length);
  for (let first = 2; first < count + 2; first += BATCH) {
    const past = Array.from({ length: Math.min(BATCH, count + 2 - first) }, (_, index) => {
      // The newest is one day old.
      const back = (count + 2 - first - index) * 600_000 + 86_400_000;
      return lifeOf(plan, entries, first + index, back);
    });
    await client.query('begin');
    await client.query(OPERATIONS, [JSON.stringify(past.map(({ operation }) => operation))]);
    await client.query(JOURNAL, [JSON.stringify(past.flatMap(({ journal }) => journal))]);
    await client.query(BESIDE, [past.map(({ operation }) => operation.id)]);
    await client.query('commit');
  }
  await client.query(`select setval('holdfast.operation_number', $1)`, [count + 2]);
  await client.query('analyze');
  const { rows } = await client.query<{ journal: string; bytes: string }>(
    `select (select count(*) from holdfast.journal) as journal, pg_size_pretty(pg_database_size(current_database())) as bytes`,
  );
  const seconds = (performance.now() - began) / 1000;
  console.log(`grown to ${rows[0]?.journal} journal rows, ${rows[0]?.bytes}, in ${seconds.toFixed(0)} s`);
}

function lifeOf(template: Plan, entries: readonly Pick<Entry, 'at' | 'event'>[], number: number, back: number) {
  const id = `op-${number}`;
  const earlier = (at: string) => new Date(Date.parse(at) - back).toISOString();
  const plan = { ...template, operation: id, proposedAt: earlier(template.proposedAt) };
  const digest = digestOf(plan);
  const journal: Entry[] = [];
  for (const { at, event } of entries) {
    const written = event.type === 'proposed' ? { ...event, digest } : event;
    journal.push(chain(journal.at(-1) ?? null, id, earlier(at), written));
  }
  const last = journal.at(-1);
  return {
    operation: { id, plan, digest, at: plan.proposedAt, ended: last?.at, last: journal.length },
    journal: journal.map((entry) => ({ ...entry, type: entry.event.type })),
  };
}

const OPERATIONS = `
  insert into holdfast.operations (id, command, system, environment, verb, headline, plan, digest, requested_by, target_identity,
                                   proposed_at, state, last_seq, ended_at)
  select o.id, gen_random_uuid()::text, t.system, t.environment, t.verb, t.headline, o.plan, o.digest, t.requested_by,
         t.target_identity, o.at, t.state, o.last, o.ended
    from json_to_recordset($1) as o (id text, plan json, digest text, at timestamptz, ended timestamptz, last int),
         holdfast.operations t where t.id = 'op-1'`;
const JOURNAL = `
  insert into holdfast.journal (operation, seq, at, type, event, previous, hash)
  select operation, seq, at, type, event, previous, hash
    from json_to_recordset($1) as e (operation text, seq int, at timestamptz, type text, event json, previous text, hash text)`;
const BESIDE = `
  with made as (select o.id, o.command, o.proposed_at, o.ended_at from holdfast.operations o where o.id = any($1)),
  proofs as (
    insert into holdfast.proofs select m.id, p.seq, p.system, p.backup, m.ended_at, p.proof from made m, holdfast.proofs p
     where p.operation = 'op-1'),
  durations as (
    insert into holdfast.durations (operation, seq, system, action, seconds)
    select m.id, d.seq, d.system, d.action, d.seconds from made m, holdfast.durations d where d.operation = 'op-1'),
  outbox as (
    insert into holdfast.outbox (subject, key, kind, telling, state, attempts, taken, channel, ts, seq, sent_at)
    select m.id, b.key, b.kind, b.telling, 'sent', 1, 1, b.channel, b.ts, b.seq, m.ended_at
      from made m, holdfast.outbox b where b.subject = 'op-1')
  insert into holdfast.commands (id, key, intake, received_at, answer, answered_at)
  select m.command::uuid, m.command, c.intake, m.proposed_at, c.answer, m.proposed_at
    from made m, (select * from holdfast.commands limit 1) c`;

async function compare(small: Side, grown: Side, responseUrl: string): Promise<void> {
  const times = new Map<string, { small: number[]; grown: number[] }>();
  for (let round = 0; round < ROUNDS + WARM_UP; round += 1) {
    for (const command of COMMANDS) {
      const measured = {
        small: await answered(small, command, responseUrl),
        grown: await answered(grown, command, responseUrl),
      };
      if (round < WARM_UP) continue;
      const known = times.get(command) ?? { small: [], grown: [] };
      times.set(command, known);
      known.small.push(measured.small);
      known.grown.push(measured.grown);
    }
  }
  console.log(`from the acknowledged command to its answer, ${ROUNDS} times each, alternating`);
  for (const [command, { small: before, grown: after }] of times) {
    const [a, b] = [percentilesOf(before), percentilesOf(after)];
    const ratio = b.p50 / a.p50;
    const verdict = ratio <= AIM ? 'met' : 'MISSED';
    console.log(
      `/dr ${command.padEnd(12)} small p50 ${a.p50.toFixed(1)} ms  grown p50 ${b.p50.toFixed(1)} ms  ratio ${ratio.toFixed(2)} (aim ≤ ${AIM}: ${verdict})`,
    );
  }
}

/** By the clock of the store: from the moment that the command was committed. */
async function answered(side: Side, text: string, responseUrl: string): Promise<number> {
  const key = await send(side, text, responseUrl);
  for (;;) {
    const { rows } = await side.client.query<{ ms: number }>(
      `select extract(epoch from answered_at - received_at)::float8 * 1000 as ms from holdfast.commands
        where key = $1 and answer is not null`,
      [key],
    );
    const [row] = rows;
    if (row !== undefined) return row.ms;
    await sleep(10);
  }
}

/** The key of its command in the store. */
async function send({ world }: Side, text: string, responseUrl: string): Promise<string> {
  const trigger = `${Date.now()}.1.${Math.random().toString(16).slice(2)}`;
  const fields = { response_url: responseUrl, trigger_id: trigger };
  const { body, headers } = sign(slashCommandBody('alice', '/dr', text, fields));
  const answer = await fetch(`http://127.0.0.1:${world.env['PORT'] ?? ''}/slack/events`, {
    method: 'POST',
    body,
    headers,
  });
  await answer.arrayBuffer();
  if (answer.status !== 200) throw new Error(`acknowledgement was ${answer.status}`);
  return keyOf({ trigger_id: trigger, team: team.id, user: persons.alice.id, text });
}

function addressOf(server: Server): string {
  const address = server.address();
  return `http://127.0.0.1:${typeof address === 'object' ? address?.port : 0}/`;
}
