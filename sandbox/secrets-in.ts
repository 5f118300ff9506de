// Looks for the secrets of a world everywhere that Holdfast writes to: its logs, its store, its queue, what it sends to Slack, files included.
import { existsSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Redis } from 'ioredis';
import pg from 'pg';
import type { Ground } from './ground.ts';

/** What a database of the simulated Heroku has for a password. */
const PASSWORD = /p[0-9a-f]{64}/;
/** Variables that are secrets as a whole. */
const SECRET = /(KEY|TOKEN|SECRET|PASSWORD|PASSPHRASE)$/;
/** Shorter ones are words such as `postgres`, which stand everywhere. */
const LEAST = 12;

/** Where one was found, and which: `the table holdfast.outbox: HEROKU_API_KEY`. The secret itself is not told. */
export async function secretsIn(world: Ground): Promise<string[]> {
  const known = secretsOf(world.env);
  const found: string[] = [];
  const search = (where: string, text: string) => {
    for (const [name, value] of known) if (text.includes(value)) found.push(`${where}: ${name}`);
    if (PASSWORD.test(text)) found.push(`${where}: the password of a database`);
  };
  for (const [where, text] of await logsOf(world)) search(where, text);
  for (const [where, text] of await tablesOf(world)) search(where, text);
  for (const [where, text] of await jobsOf(world)) search(where, text);
  for (const [where, text] of await filesOf(world)) search(where, text);
  // The token goes to Slack itself with the call, beside what is said.
  for (const { method, args } of world.slack.record.calls) {
    search(`what was sent with ${method}`, JSON.stringify({ ...args, token: '' }));
  }
  return [...new Set(found)];
}

/** Every secret of an environment with the variable in which it stands; of an address it is the password. */
function secretsOf(env: Readonly<Record<string, string>>): [name: string, secret: string][] {
  return Object.entries(env).flatMap(([name, value]): [string, string][] => {
    const secret = SECRET.test(name) ? value : decodeURIComponent(URL.parse(value)?.password ?? '');
    return secret.length < LEAST ? [] : [[name, secret]];
  });
}

type Texts = (readonly [where: string, text: string])[];

async function logsOf({ dir }: Ground): Promise<Texts> {
  const names = (await readdir(dir)).filter((name) => /^holdfast-\d+\.log$/.test(name));
  return await Promise.all(
    names.map(async (name) => [`the log ${name}`, await readFile(join(dir, name), 'utf8')] as const),
  );
}

/** As their bytes are: the words of a report stand in its Markdown; a PDF has drawings of them. */
async function filesOf({ slack }: Ground): Promise<Texts> {
  if (!existsSync(slack.files)) return [];
  const entries = await readdir(slack.files, { recursive: true, withFileTypes: true });
  return await Promise.all(
    entries
      .filter((entry) => entry.isFile())
      .map(
        async ({ parentPath, name }) => [`the file ${name}`, await readFile(join(parentPath, name), 'latin1')] as const,
      ),
  );
}

async function tablesOf({ store }: Ground): Promise<Texts> {
  const client = new pg.Client({ connectionString: store.url });
  await client.connect();
  try {
    const { rows } = await client.query<{ name: string }>(
      `select format('%I.%I', schemaname, tablename) as name from pg_tables where schemaname = 'holdfast'`,
    );
    const texts: Texts = [];
    for (const { name } of rows) {
      const { rows: found } = await client.query<{ text: string }>(`select t::text as text from ${name} t`);
      texts.push([`the table ${name}`, found.map(({ text }) => text).join('\n')]);
    }
    return texts;
  } finally {
    await client.end();
  }
}

/** BullMQ keeps its jobs in hashes, its events in streams, and ids in the rest. */
async function jobsOf({ queue }: Ground): Promise<Texts> {
  const client = new Redis(queue.url);
  try {
    const texts: Texts = [];
    for (const key of await client.keys('*')) {
      const type = await client.type(key);
      const value =
        type === 'hash' ? await client.hgetall(key) : type === 'stream' ? await client.xrange(key, '-', '+') : null;
      texts.push([`the queue's ${key}`, `${key} ${JSON.stringify(value)}`]);
    }
    return texts;
  } finally {
    client.disconnect();
  }
}
