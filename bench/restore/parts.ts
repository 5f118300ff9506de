// The parts of a recovery as Holdfast's actions do them: the same calls in the same order, without Slack and store.

import { createWriteStream } from 'node:fs';
import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { Secret } from '../../src/core/secret.ts';
import type { Archive } from '../../src/postgres/archive/archive.ts';
import { makeArchive } from '../../src/postgres/archive/make.ts';
import { type OpenArchive, openArchive } from '../../src/postgres/archive/open.ts';
import { readArchive } from '../../src/postgres/archive/read.ts';
import { createCandidate } from '../../src/postgres/candidate/create.ts';
import { handOver } from '../../src/postgres/candidate/hand-over.ts';
import { loadCandidate } from '../../src/postgres/candidate/load-candidate.ts';
import { candidateMark, markCandidate } from '../../src/postgres/candidate/mark.ts';
import { compareDatabases } from '../../src/postgres/compare/compare.ts';
import { toDatabase } from '../../src/postgres/connect.ts';
import { checkData } from '../../src/postgres/integrity.ts';
import { applyMasking } from '../../src/postgres/masking/apply.ts';
import { scanForLeaks } from '../../src/postgres/masking/scan.ts';
import { archiveSources } from '../../src/postgres/masking/sources.ts';
import { withScratch } from '../../src/postgres/scratch.ts';
import { checkStructure } from '../../src/postgres/structure.ts';
import { promote } from '../../src/postgres/swap/promote.ts';
import { extractTable } from '../../src/postgres/table/extract.ts';
import { bank, masking, ONE_TABLE } from './bank.ts';
import type { Done, Job } from './jobs.ts';
import { type Phases, startPhases } from './phases.ts';
import { truthOf } from './truth.ts';

/** What candidate.check compares and reads with. */
const JOBS = 2;
const OPERATION = 'op-1';

/** `path`: where programs are found; `dir`: for what is laid out meanwhile. */
export type Place = { readonly path: string; readonly dir: string; readonly signal: AbortSignal };
type Of<Part extends Job['part']> = Extract<Job, { part: Part }>;

export async function carryOut(job: Job, place: Place): Promise<Done> {
  const phases = startPhases();
  const workDir = join(place.dir, 'work');
  await mkdir(workDir, { recursive: true, mode: 0o711 });
  try {
    const rest = await partOf(job, { ...place, workDir, purpose: `holdfast ${OPERATION} s1` }, phases);
    return { wrong: [], ...phases.measured(), ...rest };
  } finally {
    await rm(workDir, { recursive: true, force: true });
  }
}

type Tools = Place & { readonly workDir: string; readonly purpose: string };

async function partOf(job: Job, tools: Tools, phases: Phases): Promise<Partial<Done>> {
  switch (job.part) {
    case 'candidate':
      return await candidate(job, tools, phases);
    case 'masked':
      return await masked(job, tools, phases);
    case 'scratch':
      return await scratch(job, tools, phases);
    case 'idle':
      return await phases.phase('idle', async () => ({}));
    case 'make':
      return await make(job, tools, phases);
    case 'compare':
      return await compared(job, tools, phases);
    case 'swap':
      return await swapped(job, tools, phases);
    case 'table':
      return await table(job, tools, phases);
  }
}

async function candidate(job: Of<'candidate'>, tools: Tools, phases: Phases): Promise<Partial<Done>> {
  if (job.url !== null) await phases.phase('download', () => download(job.url ?? '', job.file));
  const archive = await phases.phase('read', () => readArchive(job.file, { ...tools, recorded: job.sha256 }));
  await withOpened(job.file, archive, tools, phases, (backup) => load(job, backup, {}, tools, phases));
  const [live, built] = [new Secret(job.server), toDatabase(new Secret(job.server), job.name)];
  const wrong = await phases.phase('count', () => countsOf(built, tools));
  const structure = await phases.phase('structure', () => checkStructure(built, { ...tools, jobs: JOBS }));
  const broken = structure.filter(({ status }) => status !== 'pass').map(({ name, figure }) => `${name}: ${figure}`);
  await compared(job, tools, phases);
  await markCandidate(live, job.name, { state: 'checked' }, tools);
  return { wrong: [...wrong, ...broken] };
}

async function masked(job: Of<'masked'>, tools: Tools, phases: Phases): Promise<Partial<Done>> {
  const archive = await phases.phase('read', () => readArchive(job.file, { ...tools, recorded: job.sha256 }));
  const built = toDatabase(new Secret(job.server), job.name);
  return await withOpened(job.file, archive, tools, phases, async (backup) => {
    const hooks = applyMasking(masking, { key: new Secret('bench') });
    await load(job, backup, hooks, tools, phases);
    const wrong = await phases.phase('count', () => countsOf(built, tools, masking.empty));
    const sources = archiveSources(backup, tools);
    const { checks, leaks } = await phases.phase('scan', () => scanForLeaks(built, { ...tools, masking, sources }));
    const found = checks.filter(({ status }) => status === 'fail').map(({ name, figure }) => `${name}: ${figure}`);
    return { wrong: [...wrong, ...(leaks === 0 ? [] : [`scan: ${leaks} leaks`]), ...found] };
  });
}

async function scratch(job: Of<'scratch'>, tools: Tools, phases: Phases): Promise<Partial<Done>> {
  const archive = await phases.phase('read', () => readArchive(job.file, { ...tools, recorded: job.sha256 }));
  return await withOpened(job.file, archive, tools, phases, async (backup) => {
    const started = phases.begin('start');
    const where = { ...tools, dir: tools.workDir, name: OPERATION, version: archive.serverVersion };
    return await withScratch(where, async (server) => {
      started();
      await phases.phase('load', () => server.load(backup, 'rehearsal'));
      const database = server.connection('rehearsal');
      const wrong = await phases.phase('count', () => countsOf(database, tools));
      return { wrong, truth: await truthOf(database.open(), { masked: false }) };
    });
  });
}

async function make(job: Of<'make'>, tools: Tools, phases: Phases): Promise<Partial<Done>> {
  const options = { ...tools, kind: 'manual', timeoutSeconds: 3_600 } as const;
  const { sha256 } = await phases.phase('make', () => makeArchive(new Secret(job.server), job.file, options));
  return { sha256 };
}

async function compared(
  { server, name }: Pick<Of<'compare'>, 'server' | 'name'>,
  tools: Tools,
  phases: Phases,
): Promise<Partial<Done>> {
  const live = new Secret(server);
  const options = { ...tools, tables: bank.tables.map((table) => table.name), jobs: JOBS };
  const tables = await phases.phase('compare', () => compareDatabases(live, toDatabase(live, name), options));
  return { wrong: tables.filter(({ same }) => !same).map((of) => `${of.table} is said to differ`) };
}

async function swapped(job: Of<'swap'>, tools: Tools, phases: Phases): Promise<Partial<Done>> {
  const server = new Secret(job.server);
  const wrong = job.check
    ? await phases.phase('check', async () => {
        const mark = await candidateMark(server, job.name, tools);
        if (mark?.state !== 'checked') throw new Error(`${job.name} is not warm`);
        return await countsOf(toDatabase(server, job.name), tools);
      })
    : [];
  const keep = { operation: OPERATION, until: null };
  const given = { name: job.swap.candidate, live: job.swap.live, owner: null };
  // What was live before has its owner already, and is closed.
  const prepare = async () => void (job.check && (await handOver(server, given, tools)));
  await phases.phase('swap', () => promote(server, job.swap, { ...tools, keep, prepare, fence: async () => {} }));
  return { wrong };
}

async function table(job: Of<'table'>, tools: Tools, phases: Phases): Promise<Partial<Done>> {
  const database = new Secret(job.server);
  const target = { ...tools, database, table: ONE_TABLE, beside: job.beside };
  const { backup } = job;
  if (backup === null) {
    const source = { is: 'database', database: toDatabase(database, job.name) } as const;
    await phases.phase('extract', () => extractTable(source, target));
    return {};
  }
  const archive = await phases.phase('read', () => readArchive(backup.file, { ...tools, recorded: backup.sha256 }));
  return await withOpened(backup.file, archive, tools, phases, async (opened) => {
    const source =
      opened.is === 'sql'
        ? ({ is: 'plain', stream: opened.sql } as const)
        : ({ is: 'archive', path: opened.file } as const);
    await phases.phase('extract', () => extractTable(source, target));
    return {};
  });
}

async function load(
  { server, live, name }: Pick<Of<'candidate'>, 'server' | 'live' | 'name'>,
  backup: OpenArchive,
  hooks: Partial<ReturnType<typeof applyMasking>>,
  tools: Tools,
  phases: Phases,
): Promise<void> {
  const mark = { operation: OPERATION, backup: 'bench', sha256: null };
  const secret = new Secret(server);
  await phases.phase('create', () => createCandidate(secret, { ...tools, name, live, mark }));
  await phases.phase('load', () => loadCandidate(secret, { ...tools, ...hooks, name, live, backup }));
}

async function withOpened<T>(
  file: string,
  archive: Archive,
  tools: Tools,
  phases: Phases,
  use: (opened: OpenArchive) => Promise<T>,
): Promise<T> {
  const opened = await phases.phase('open', () => openArchive(file, archive, tools));
  try {
    return await use(opened);
  } finally {
    await opened.close();
  }
}

/** Row counts and invariants; of tables that are left empty nothing is expected. */
async function countsOf(database: Secret, tools: Tools, empty: readonly string[] = []): Promise<string[]> {
  const system = { ...bank, tables: bank.tables.filter(({ name }) => !empty.includes(name)) };
  const { checks } = await checkData(database, system, null, tools);
  return checks.filter(({ status }) => status !== 'pass').map(({ name, figure }) => `${name}: ${figure}`);
}

async function download(url: string, file: string): Promise<void> {
  const { body } = await fetch(url);
  if (body === null) throw new Error('the store sent nothing');
  await pipeline(Readable.fromWeb(body), createWriteStream(file));
}
