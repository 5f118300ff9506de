// The chapters of fieldservice: a backup with the manifest of its objects, and staging restored from production, masked.
import { strict as assert } from 'node:assert';
import { createReadStream } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { FieldserviceWorld } from '../fieldservice-world.ts';
import type { EnvironmentName } from '../supabase/seed/project.ts';
import { operationIn, type Stage } from './stage.ts';

type Fieldservice = Stage<FieldserviceWorld>;

const END = ['SUCCEEDED', 'FAILED', 'UNVERIFIED', 'NEEDS A PERSON', 'CANCELLED'];
const PATIENCE = 180_000;

/** Of production's people and customers: with their own names, addresses and numbers. */
const CLEAR = [
  'customer1@mail.example',
  'customer220@mail.example',
  'dispatcher1@fieldservice.example',
  'Dana Dispatcher 1',
  '+14150000001',
  '15550000001',
];

export async function fieldserviceBackup(stage: Fieldservice): Promise<void> {
  const { world } = stage;
  stage.chapter('fieldservice: anybody may see whether the backups are what was promised');
  const verified = operationIn(await stage.types('dave', '/dr verify'));
  const told = await stage.until(verified, END, PATIENCE);
  await stage.proves('an hour of lost data cannot be promised with a backup a day, and that is said', () => {
    assert.match(told, /(WARN|FAIL).*RPO 1 h/);
  });
  await stage.proves('and Holdfast has said so in its log when it started', async () => {
    assert.match(await readFile(join(world.dir, 'holdfast-1.log'), 'utf8'), /recovery point objective cannot be met/);
  });

  stage.chapter('fieldservice: a backup of production, with the manifest of its objects');
  const id = operationIn(await stage.types('alice', '/dr backup'));
  const card = await stage.until(id, END, PATIENCE);
  await stage.proves('the backup is made, and it is said that it holds no object', () => {
    assert.match(card, /SUCCEEDED/);
    assert.match(card, /The backup itself holds no object/);
  });
  await stage.proves('the manifest names every object that the storage has, and the objects are copied', async () => {
    const [row] = await world.query('production', 'select count(*)::int as n from storage.objects');
    assert.match(card, new RegExp(`${Number(row?.['n']).toLocaleString('en-US')} objects`));
    const copies = await readdir(world.copiesDir, { recursive: true, withFileTypes: true });
    assert.equal(copies.filter((file) => file.isFile()).length, row?.['n']);
  });
}

export async function fieldserviceStaging(stage: Fieldservice): Promise<void> {
  const { world } = stage;
  stage.chapter("fieldservice: staging is restored from production's backup, masked before anything reaches it");
  await signUp(world);
  const before = await contentsOf(world, 'staging');
  const production = await contentsOf(world, 'production');
  await stage.proves('production holds what must never stand in staging', async () => {
    assert.deepEqual(await clearTextOf(world, 'production'), CLEAR);
  });
  const id = operationIn(await stage.types('alice', '/dr restore staging latest'));
  const plan = await stage.until(id, ['PLANNED', 'WAITING', ...END], PATIENCE);
  await stage.proves('the plan says that personal data is masked while it is loaded, and then searched for', () => {
    assert.match(plan, /columns are masked while they are loaded/);
  });
  await confirm(stage, id, 'fieldservice-production');
  await stage.proves('until the right name is typed, staging is what it was', async () => {
    assert.deepEqual(await contentsOf(world, 'staging'), before);
  });
  await confirm(stage, id, 'fieldservice-staging');
  const card = await stage.until(id, END, PATIENCE);
  await stage.proves('staging has the customers and people of the backup, every one of them masked', async () => {
    assert.match(card, /SUCCEEDED/);
    const after = await contentsOf(world, 'staging');
    assert.ok(Number(after['customers']) > Number(before['customers']));
    assert.equal(after['people'], production['people']);
    assert.deepEqual(await unmasked(world), { customers: 0, people: 0, sessions: 0, keys: 0 });
  });
  await stage.proves('no name, address or number of production stands in any file of the staging server', async () => {
    assert.deepEqual(await clearTextOf(world, 'staging'), []);
  });
  await stage.proves('all smoke tests passed, and the card says how many', () => {
    assert.match(card, /Smoke tests: 5\/5 passed/);
  });
  await stage.proves('production is what it was', async () => {
    assert.deepEqual(await contentsOf(world, 'production'), production);
  });

  const undo = operationIn(await stage.types('alice', `/dr undo ${id}`));
  await stage.until(undo, ['PLANNED', ...END], PATIENCE);
  await confirm(stage, undo, 'fieldservice-staging');
  const undone = await stage.until(undo, END, PATIENCE);
  await stage.proves('undone, staging has its own rows and people again, signed in as they were', async () => {
    assert.match(undone, /SUCCEEDED/);
    assert.deepEqual(await contentsOf(world, 'staging'), before);
  });
}

/** Presses Confirm… and types a name into the dialog. */
async function confirm(stage: Fieldservice, id: string, name: string): Promise<void> {
  await stage.clicks('alice', id, 'Confirm…');
  await stage.submits('alice', name);
}

/** Staging has people of its own, who are signed in. */
async function signUp({ query }: FieldserviceWorld): Promise<void> {
  await query(
    'staging',
    `with made as (insert into auth.users (id, email, raw_user_meta_data, created_at)
                   select gen_random_uuid(), 'tester' || n || '@staging.example', '{}', now() from generate_series(1, 3) n
                   returning id)
     insert into auth.sessions (id, user_id, created_at) select gen_random_uuid(), id, now() from made`,
  );
}

/** What people would miss: rows by number and content, and who may sign in. */
async function contentsOf({ query }: FieldserviceWorld, environment: EnvironmentName) {
  const [row] = await query(
    environment,
    `select (select count(*)::int from customers) as customers, (select count(*)::int from auth.users) as people,
            (select md5(string_agg(c::text, '|' order by id)) from customers c) as rows,
            (select md5(string_agg(u::text, '|' order by id)) from auth.users u) as accounts,
            (select md5(string_agg(s::text, '|' order by id)) from auth.sessions s) as sessions`,
  );
  return row ?? {};
}

async function unmasked({ query }: FieldserviceWorld) {
  const [row] = await query(
    'staging',
    `select (select count(*)::int from customers where email !~ '^test-[0-9]+@example[.]com$' or phone !~ '^[+]1000000'
                or name !~ '^Test Customer ') as customers,
            (select count(*)::int from auth.users where email !~ '^test-[0-9]+@example[.]com$' or encrypted_password <> '') as people,
            (select count(*)::int from auth.sessions) as sessions,
            (select count(*)::int from api_keys where token !~ '^staging-') as keys`,
  );
  return row;
}

/** Which of them stand in any file of the server: tables, indexes, write-ahead log. */
async function clearTextOf({ servers }: FieldserviceWorld, environment: EnvironmentName): Promise<string[]> {
  const files = await readdir(join(servers[environment].dir, 'data'), { recursive: true, withFileTypes: true });
  const found = new Set<string>();
  for (const file of files.filter((one) => one.isFile())) {
    let end: Buffer = Buffer.alloc(0);
    for await (const chunk of createReadStream(join(file.parentPath, file.name), { highWaterMark: 4_000_000 })) {
      const text: Buffer = Buffer.concat([end, chunk]);
      for (const needle of CLEAR) if (text.includes(needle)) found.add(needle);
      end = text.subarray(-64);
    }
  }
  return CLEAR.filter((needle) => found.has(needle));
}
