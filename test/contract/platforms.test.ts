// What holds for every platform, shown over all of them on the parts that they stand on.
import { readdirSync } from 'node:fs';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { generateX25519Identity, identityToRecipient } from 'age-encryption';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { judges } from '../../src/app/platforms.ts';
import type { ActionName } from '../../src/core/action.ts';
import { Refusal } from '../../src/core/errors.ts';
import { EnvironmentFacts } from '../../src/core/facts.ts';
import type { Capability } from '../../src/core/platform.ts';
import { Secret } from '../../src/core/secret.ts';
import { copyBackup } from '../../src/platforms/shared/backup-copy.ts';
import { readOffsite } from '../../src/platforms/shared/places.ts';
import { readArchive } from '../../src/postgres/archive/read.ts';
import { withDatabase } from '../../src/postgres/connect.ts';
import { runOf } from '../integration/postgres-fixture.ts';
import { PATH, PLATFORMS, type PlatformUnderTest } from '../support/platforms.ts';

/** What a runbook uses of a platform that says it can. */
const NEEDED: Readonly<Record<Capability, readonly ActionName[]>> = {
  backups: ['backup.capture'],
  candidate: ['candidate.create', 'candidate.load', 'database.promote'],
  server: ['candidate.preflight', 'candidate.scan', 'candidate.drop', 'leftover.drop', 'server.reach'],
  // Those are shared: they are done in the same way on every platform.
  tables: [],
  moments: ['candidate.create'],
  maintenance: ['maintenance.on', 'maintenance.off', 'services.check'],
  releases: ['release.rollback'],
};

const BAD_IDS = ['', '../../account', '--json', 'https://evil.example/x.dump', 'a b', 'x/y', '-a'];

it('covers every platform that there is', () => {
  const folders = readdirSync(join(import.meta.dirname, '../../src/platforms')).filter(
    (name) => !['direct', 'shared'].includes(name),
  );
  expect(Object.keys(PLATFORMS).sort()).toEqual(folders.sort());
  expect(judges.platforms.map(({ kind }) => kind).sort()).toEqual(folders.sort());
});

describe.each(Object.keys(PLATFORMS))('the platform %s', (kind) => {
  let here: PlatformUnderTest;
  let facts: EnvironmentFacts;
  beforeAll(async () => {
    const start = PLATFORMS[kind];
    if (start === undefined) throw new Error(`there is no ${kind}`);
    here = await start();
    facts = await here.platform.facts(here.system, here.environment);
  }, 300_000);
  afterAll(() => here?.stop());

  it('calls itself by its name', () => {
    expect(here.platform.kind).toBe(kind);
  });

  it('reads facts of the contract’s shape, newest backup first, about a database with an identity', () => {
    expect(EnvironmentFacts.parse(facts)).toEqual(facts);
    expect(facts.target).toMatchObject({ environment: here.environment, identity: expect.stringMatching(/\S{3,}/) });
    expect(facts.surveyProblem).toBeNull();
    const moments = facts.backups.map(({ startedAt }) => startedAt);
    expect(moments.length).toBeGreaterThan(0);
    expect(moments).toEqual(moments.toSorted().toReversed());
  });

  it('reads the same identity twice', async () => {
    expect((await here.platform.facts(here.system, here.environment)).target).toEqual(facts.target);
  });

  it('has every action that its capabilities promise', () => {
    const promised = here.platform.capabilities.flatMap((capability) => NEEDED[capability]);
    expect(promised.filter((name) => here.platform.actions[name] === undefined)).toEqual([]);
    expect(here.platform.capabilities.includes('server')).toBe(facts.server !== null);
  });

  it('judges settings without being connected, and names what is wrong', () => {
    const settings = here.system.environments[here.environment]?.settings;
    expect(here.platform.problemsOf(settings)).toEqual([]);
    expect(here.platform.problemsOf({}).length).toBeGreaterThan(0);
    expect(here.platform.problemsOf({ ...settings, surprise: 1 }).length).toBeGreaterThan(0);
    for (const variable of here.platform.variablesOf(settings)) expect(variable).toMatch(/^[A-Z][A-Z0-9_]+$/);
    expect(here.platform.variablesOf({})).toEqual([]);
  });

  it('takes a place out of the house in its settings, and names the variables with its credentials', () => {
    const settings = here.system.environments[here.environment]?.settings;
    const offsite = {
      place: { kind: 's3', bucket: 'backups', region: 'eu-central-1' },
      s3: { accessKeyIdFrom: 'OUT_KEY_ID', secretAccessKeyFrom: 'OUT_SECRET' },
      encryptTo: ['age1ql3z7hjy54pw3hyww5ayyfg7zqgvc7w3j2elw8zmrj2kg5sfn9aqmcac8p'],
    };
    expect(here.platform.problemsOf({ ...settings, offsite })).toEqual([]);
    expect(here.platform.problemsOf({ ...settings, offsite: { ...offsite, encryptTo: [] } })).toHaveLength(1);
    expect(here.platform.variablesOf({ ...settings, offsite })).toEqual(
      expect.arrayContaining([...here.platform.variablesOf(settings), 'OUT_KEY_ID', 'OUT_SECRET']),
    );
  });

  it('has its backups copied out of the house, encrypted, and the copy holds what the backup held', async () => {
    const outside = join(here.dir, 'outside');
    await mkdir(outside);
    const identity = await generateX25519Identity();
    const encryptTo = [await identityToRecipient(identity)];
    const system = structuredClone(here.system);
    const environment = system.environments[here.environment];
    if (environment === undefined) throw new Error('there is no such environment');
    environment.settings = {
      ...environment.settings,
      offsite: { place: { kind: 'directory', path: outside }, encryptTo },
    };
    const backup = facts.backups.find(({ state, kind: how }) => state === 'finished' && how === 'scheduled');
    if (backup === undefined) throw new Error('there is no finished backup');
    const secretOf = () => new Secret('');
    const opening = { path: PATH, secretOf };
    const action = copyBackup({ ...opening, platform: here.platform, workDir: here.dir, now: () => new Date() });
    const run = runOf({ system, operation: 'op-77' });
    const outcome = await action.do({ from: { environment: here.environment, backup } }, run);
    expect(outcome).toMatchObject({ is: 'done' });
    const copies = (await readOffsite(opening, system, here.environment))?.copies;
    expect(copies).toMatchObject([
      { of: backup.id, kind: 'scheduled', state: 'finished', startedAt: backup.startedAt },
    ]);
    const keys = { ...(await here.platform.archiveKeys(system, here.environment)), ageIdentity: new Secret(identity) };
    const archive = await readArchive(join(outside, copies?.[0]?.id ?? ''), { path: PATH, workDir: here.dir, keys });
    expect(archive.encryption).toBe('age');
    expect(archive.tables.length).toBeGreaterThan(0);
  });

  it.each(BAD_IDS)('refuses “%s” as the id of a backup', (id) => {
    expect(() => here.platform.backupId(id)).toThrow(Refusal);
  });

  it('takes the ids of its own backups', () => {
    for (const { id, state } of facts.backups) if (state === 'finished') expect(here.platform.backupId(id)).toBe(id);
  });

  it('names what an operation leaves beside the live database so that nobody else has the name', () => {
    const names = here.platform.names(facts.target, { operation: 'op-41', nonce: '7f3a' });
    const others = here.platform.names(facts.target, { operation: 'op-42', nonce: '7f3a' });
    expect(names.candidate).toMatch(/op41/);
    expect(names.candidate).not.toBe(others.candidate);
    expect(names.candidate).not.toBe(facts.target.database);
    for (const name of Object.values(names)) expect(Buffer.byteLength(name)).toBeLessThanOrEqual(63);
  });

  it('reaches the live database', async () => {
    const secret = await here.platform.connection(here.system, { environment: here.environment, candidate: null });
    const connection = { readOnly: true, purpose: 'holdfast contract', timeoutSeconds: 10 };
    const [row] = await withDatabase(secret, connection, (query) => query<{ one: number }>('select 1 as one'));
    expect(row?.one).toBe(1);
  });

  it('downloads a backup that can be read to its end, and never over another file', async () => {
    const backup = facts.backups.find(({ state, kind: how }) => state === 'finished' && how === 'scheduled');
    if (backup === undefined) throw new Error('there is no finished backup');
    const file = join(here.dir, 'downloaded');
    const told: number[] = [];
    const how = { signal: AbortSignal.timeout(60_000), onBytes: (bytes: number) => void told.push(bytes) };
    await here.platform.download(here.system, here.environment, backup.id, file, how);
    const archive = await readArchive(file, { path: PATH, workDir: here.dir, recorded: backup.sha256 });
    expect(archive.tables.length).toBeGreaterThan(0);
    expect(told.at(-1)).toBe(archive.bytes);
    await writeFile(file, 'of somebody else');
    await expect(here.platform.download(here.system, here.environment, backup.id, file, how)).rejects.toThrow();
    expect(await readFile(file, 'utf8')).toBe('of somebody else');
  });

  it('refuses an environment that the system does not have', async () => {
    await expect(here.platform.facts(here.system, 'moon')).rejects.toThrow(Refusal);
  });

  it('lets no secret into facts and plans', () => {
    const { environment, system } = here;
    const from = { environment, backup: facts.backups[0] };
    const candidate = here.platform.names(facts.target, { operation: 'op-41', nonce: '7f3a' }).candidate;
    const everything = {
      ...{ environment, target: facts.target, kind: 'manual', from, candidate, at: null, masked: false, expect: null },
      ...{
        promote: candidate,
        previous: 'was',
        database: 'db',
        services: ['web'],
        table: 't',
        beside: 'holdfast_op_41',
      },
      ...{ mode: 'missing', warm: null, name: 'x', identity: 'y', process: 'web', quantity: 1, preimage: 's1' },
      ...{ to: facts.releases[0], backup: 'latest', required: true },
    };
    const texts = Object.values(here.platform.actions).flatMap((action) => {
      // Every action finds its own arguments among them.
      const describe = action?.describe as ((args: unknown, system: unknown) => string) | undefined;
      try {
        return describe === undefined ? [] : [describe(everything, system)];
      } catch {
        return [];
      }
    });
    expect(texts.length).toBeGreaterThan(5);
    const shown = JSON.stringify([facts, texts]);
    for (const secret of here.secrets) expect(shown).not.toContain(secret);
  });
});
