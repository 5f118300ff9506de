// Everything that is measured beside each other, each with its proof that it did what it should; proofs are not timed.
import { join } from 'node:path';
import { CLEAR_TEXTS, MASK_BY_UPDATE, ONE_TABLE } from './bank.ts';
import { type Backup, BESIDE, type Ground, LIVE, WARM } from './ground.ts';
import type { Done, Job } from './jobs.ts';
import { type Measured, nothing } from './measured.ts';
import { startPoller } from './poller.ts';
import { filesWith } from './raw-files.ts';
import { promoteAndUndo } from './swaps.ts';
import { serveThrottled } from './throttled.ts';
import { ask, clearTextIn, difference, truthOf, truthOfOneTable } from './truth.ts';

export type Variant = (ground: Ground) => Promise<Measured>;

const CANDIDATE = 'bank_op_1';
const TABLE_SCHEMA = 'holdfast_op_1';
const BYTES_PER_SECOND = 25_000_000;
const RUNBOOK = 'pg_restore --verbose --clean --if-exists --no-acl --no-owner -d "$1" "$2" 2>restore.log';

export const variants = {
  runbook: async (ground) => {
    const restore = await ground.shell(RUNBOOK, [ground.server.urlOf(LIVE), ground.backups.custom.file]);
    return { ...nothing, phases: { restore }, wrong: await notTheTruth(ground, LIVE) };
  },
  'given-live': (ground) => toCandidate(ground, ground.backups.custom),
  'given-scratch': (ground) => toScratch(ground, ground.backups.custom),
  'ours-live': (ground) => toCandidate(ground, ground.backups.ours),
  'ours-scratch': (ground) => toScratch(ground, ground.backups.ours),
  fetch: async (ground) => {
    const store = await serveThrottled(ground.backups.custom.file, BYTES_PER_SECOND);
    try {
      const file = join(ground.dir, 'fetched.dump');
      return { ...nothing, phases: { fetch: await ground.shell('curl -sSf -o "$1" "$2"', [file, store.url]) } };
    } finally {
      store.stop();
    }
  },
  download: async (ground) => {
    const store = await serveThrottled(ground.backups.custom.file, BYTES_PER_SECOND);
    try {
      return await toCandidate(ground, { file: join(ground.dir, 'downloaded.dump'), sha256: null }, store.url);
    } finally {
      store.stop();
    }
  },
  psql: async (ground) => {
    await ask(ground.server.url, `create database ${CANDIDATE}`);
    try {
      const script = 'gunzip -c "$2" | psql -X -d "$1" >restore.log 2>&1';
      const load = await ground.shell(script, [ground.server.urlOf(CANDIDATE), ground.backups.plain.file]);
      return { ...nothing, phases: { load }, wrong: await notTheTruth(ground, CANDIDATE) };
    } finally {
      await drop(ground, CANDIDATE);
    }
  },
  plain: (ground) => toCandidate(ground, ground.backups.plain),
  beside: (ground) => besideTheLive(ground),
  masked: (ground) => masked(ground),
  'table-custom': (ground) => oneTable(ground, ground.backups.custom),
  'table-plain': (ground) => oneTable(ground, ground.backups.plain),
  'table-warm': (ground) => oneTable(ground, null),
  compare: async (ground) => measuredBy(await ground.holdfast.run({ part: 'compare', ...besideOf(ground, WARM) })),
  md5: async (ground) => {
    const sql = Object.keys(ground.truth.clear)
      .filter((table) => table !== 'shape')
      .map((table) => `select md5(string_agg(t::text, '' order by id)) from ${table} t`);
    const began = performance.now();
    for (const name of [LIVE, WARM]) await ask(ground.server.urlOf(name), ...sql);
    return { ...nothing, phases: { md5: (performance.now() - began) / 1000 } };
  },
  swap: (ground) => promoteAndUndo(ground),
  /** Apart from `runbook`, whose time a client that polls would add to. */
  outage: async (ground) => {
    const live = ground.server.urlOf(LIVE);
    const poller = await startPoller(live, ground.customers, 20);
    const restore = await ground.shell(RUNBOOK, [live, ground.backups.custom.file]);
    return { ...nothing, phases: { restore }, seen: { restore: await poller.stop() } };
  },
} as const satisfies Record<string, Variant>;

export type VariantName = keyof typeof variants;

function measuredBy({ phases, peaks, wrong }: Done): Measured {
  return { ...nothing, phases, peaks, wrong };
}

function besideOf({ server }: Ground, name: string) {
  return { server: server.urlOf(LIVE), live: LIVE, name };
}

async function toCandidate(ground: Ground, backup: Backup, url: string | null = null): Promise<Measured> {
  const job: Job = { part: 'candidate', ...besideOf(ground, CANDIDATE), ...backup, url };
  try {
    const done = measuredBy(await ground.holdfast.run(job));
    return { ...done, wrong: [...done.wrong, ...(await notTheTruth(ground, CANDIDATE))] };
  } finally {
    await drop(ground, CANDIDATE);
  }
}

async function toScratch(ground: Ground, backup: Backup): Promise<Measured> {
  const done = await ground.holdfast.run({ part: 'scratch', ...backup });
  const differs = difference(ground.truth.clear, done.truth ?? {});
  return { ...measuredBy(done), wrong: [...done.wrong, ...(differs === null ? [] : [differs])] };
}

/** A restore into a database that is not live, then one table copied out of it, then masking in place. */
async function besideTheLive(ground: Ground): Promise<Measured> {
  const [live, beside] = [ground.server.urlOf(LIVE), ground.server.urlOf(BESIDE)];
  const restore = await ground.shell(RUNBOOK, [beside, ground.backups.custom.file]);
  const restored = await notTheTruth(ground, BESIDE);
  await ask(live, `create schema ${TABLE_SCHEMA}`);
  const rows = `${TABLE_SCHEMA}.${ONE_TABLE}`;
  const copied = await ground.shell(
    `psql -Xq -d "$1" -c "create table ${rows} (like ${ONE_TABLE})"
     psql -Xq -d "$2" -c "copy ${ONE_TABLE} to stdout" | psql -Xq -d "$1" -c "copy ${rows} from stdin"
     psql -Xq -d "$1" -c "alter table ${rows} add primary key (id)"`,
    [live, beside],
  );
  const wrong = await notTheRows(ground, rows);
  await ask(live, `drop schema ${TABLE_SCHEMA} cascade`);
  await ground.settle();
  const update = await ground.shell('psql -Xq -v ON_ERROR_STOP=1 -d "$1" -c "$2"', [beside, MASK_BY_UPDATE.join('; ')]);
  const clear = await clearTextIn(beside);
  return {
    ...nothing,
    phases: { restore, copy: copied, update },
    wrong: [...restored, ...wrong, ...(clear === null ? [] : [clear])],
  };
}

async function masked(ground: Ground): Promise<Measured> {
  const { staging, truth } = ground;
  const where = { server: staging.urlOf(LIVE), live: LIVE, name: CANDIDATE };
  try {
    const done = measuredBy(await ground.holdfast.run({ part: 'masked', ...where, ...ground.backups.custom }));
    const built = staging.urlOf(CANDIDATE);
    const differs = difference(truth.masked, await truthOf(built, { masked: true }));
    const clear = await clearTextIn(built);
    await ask(staging.url, 'checkpoint');
    const files = await filesWith(join(staging.dir, 'data'), CLEAR_TEXTS, 3);
    // Whoever finds nothing must be shown to find something.
    await ask(ground.server.url, 'checkpoint');
    const control = await filesWith(join(ground.server.dir, 'data', 'base'), CLEAR_TEXTS, 1);
    return {
      ...done,
      wrong: [
        ...done.wrong,
        ...(differs === null ? [] : [differs]),
        ...(clear === null ? [] : [clear]),
        ...files.map((file) => `clear text in ${file}`),
        ...(control.length > 0 ? [] : ['the search of raw files finds nothing where there is something']),
      ],
    };
  } finally {
    await ask(staging.url, `drop database if exists ${CANDIDATE} with (force)`);
  }
}

async function oneTable(ground: Ground, backup: Backup | null): Promise<Measured> {
  const live = ground.server.urlOf(LIVE);
  try {
    const job: Job = { part: 'table', ...besideOf(ground, WARM), beside: TABLE_SCHEMA, backup };
    const done = measuredBy(await ground.holdfast.run(job));
    return { ...done, wrong: [...done.wrong, ...(await notTheRows(ground, `${TABLE_SCHEMA}.${ONE_TABLE}`))] };
  } finally {
    await ask(live, `drop schema if exists ${TABLE_SCHEMA} cascade`);
  }
}

async function notTheTruth(ground: Ground, name: string): Promise<string[]> {
  const differs = difference(ground.truth.clear, await truthOf(ground.server.urlOf(name), { masked: false }));
  return differs === null ? [] : [differs];
}

async function notTheRows(ground: Ground, rows: string): Promise<string[]> {
  const found = await truthOfOneTable(ground.server.urlOf(LIVE), rows);
  const truth = ground.truth.clear[ONE_TABLE];
  return found === truth ? [] : [`${rows}: ${found} instead of ${truth}`];
}

async function drop({ server }: Ground, name: string): Promise<void> {
  await ask(server.url, `drop database if exists ${name} with (force)`);
}
