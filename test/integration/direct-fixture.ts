// Systems whose PostgreSQL Holdfast reaches, on a real server: asked for, agreed to and carried out as in production.
import { execFile } from 'node:child_process';
import { chmod, mkdir, mkdtemp, rm, utimes } from 'node:fs/promises';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import pg from 'pg';
import { type PostgresServer, startPostgres } from '../../sandbox/servers/postgres.ts';
import type { Action, ActionName, Actions, Args, Run } from '../../src/core/action.ts';
import { Secret } from '../../src/core/secret.ts';
import { direct } from '../../src/platforms/direct/platform.ts';
import type { Reach } from '../../src/platforms/direct/reach.ts';
import { Archives } from '../../src/platforms/direct/settings.ts';
import { checkDatabase } from '../../src/platforms/shared/check-database.ts';
import { fetchBackupAction } from '../../src/platforms/shared/fetch-backup.ts';
import { checkHealth, healthNow } from '../../src/platforms/shared/health.ts';
import { createSystems } from '../../src/platforms/shared/systems.ts';
import { tableActions } from '../../src/platforms/shared/table-actions.ts';
import { survey } from '../../src/postgres/survey.ts';
import { startStores } from '../support/stores.ts';
import type { SystemFile } from '../support/system.ts';
import { type Desk, openDesk } from './operations-fixture.ts';

const run = promisify(execFile);
const PATH = '/usr/local/bin:/usr/bin:/bin';

const GUARDED = {
  protected: true,
  consent: { kind: 'approvals' as const, count: 2, roles: ['engineering-lead', 'product-lead'] },
};

/** A desk at which the operations of one system are real ones. */
export type Office = Desk & {
  act<N extends ActionName>(name: N): Action<Args<N>>;
  runOf(more?: Partial<Run>): Run;
};

export type Ground = Awaited<ReturnType<typeof startGround>>;

/** One server for all databases; where it is somebody else's, it is left running. */
export async function startGround(given: { readonly server?: PostgresServer } = {}) {
  const server = given.server ?? (await startPostgres());
  const stores = await startStores();
  const store = await stores.open();
  const dir = await mkdtemp(join(tmpdir(), 'holdfast-direct-'));
  await chmod(dir, 0o711);
  const well = createServer((_request, response) => response.end('ok'));
  await new Promise<void>((resolve) => well.listen(0, '127.0.0.1', resolve));
  const address = well.address();
  const url = `http://127.0.0.1:${typeof address === 'object' ? address?.port : ''}/health`;
  /** What the disk of the server is said to have. */
  const disk: { free: number | null } = { free: 10 ** 12 };
  const backups = (name: string) => join(dir, 'backups', name);

  const query = async (database: string, sql: string): Promise<Record<string, unknown>[]> => {
    const client = new pg.Client({ connectionString: server.urlOf(database) });
    await client.connect();
    try {
      const answers: unknown = await client.query(sql);
      const last = Array.isArray(answers) ? answers.at(-1) : answers;
      return last?.rows ?? [];
    } finally {
      await client.end();
    }
  };

  return {
    ...{ server, dir, disk, query },

    /** A new database with this content, whatever the first try of a test has left. */
    async database(name: string, seed: string): Promise<void> {
      await query('postgres', `drop database if exists ${name} with (force)`);
      await query('postgres', `create database ${name}`);
      await query(name, seed);
    },

    /** pg_dump of the database into the backups of a system, an hour old. */
    async backup(system: string, database: string, name: string, args: readonly string[] = ['-Fc']): Promise<string> {
      const file = join(backups(system), name);
      await mkdir(backups(system), { recursive: true });
      await run(join(server.bin, 'pg_dump'), [...args, '--file', file, server.urlOf(database)]);
      const then = new Date(Date.now() - 3_600_000);
      await utimes(file, then, then);
      return file;
    },

    /** Databases beside those that are named. */
    async beside(...names: string[]): Promise<string[]> {
      const rows = await query(
        'postgres',
        `select datname from pg_database where not datistemplate and datname <> 'postgres' order by 1`,
      );
      return rows.map(({ datname }) => String(datname)).filter((name) => !names.includes(name));
    },

    /** `environments`: the database of each. */
    async office(
      name: string,
      environments: Readonly<Record<string, string>>,
      file: Partial<SystemFile> & { readonly masked?: readonly string[]; readonly address?: string } = {},
    ): Promise<Office> {
      const { masked = [], address = server.urlOf('postgres'), ...rest } = file;
      await mkdir(backups(name), { recursive: true });
      const environment = ([environment, database]: [string, string]) => [
        environment,
        {
          ...(environment === 'production' ? GUARDED : { consent: { kind: 'typed' as const } }),
          health: { url, withinSeconds: 5 },
          masked: masked.includes(environment),
          settings: { database },
        },
      ];
      const desk = openDesk(store, {
        ...{ name, platform: 'direct', tables: [{ name: 'entries' }] },
        environments: Object.fromEntries(Object.entries(environments).map(environment)),
        ...rest,
      });
      const archives = Archives.parse({ place: { kind: 'directory', path: backups(name) } });
      const reach = async (system: Desk['deps']['systems']['all'][number], of: string): Promise<Reach> => {
        const live = new URL(address);
        live.pathname = `/${system.environments[of]?.settings['database']}`;
        return {
          name: `${system.name}-${of}`,
          live: new Secret(live.href),
          archives,
          services: [],
          migrate: null,
          freeBytes: async () => disk.free,
          disk: async () => null,
          moments: null,
        };
      };
      const options = { workDir: join(dir, 'work'), path: PATH };
      const platform = direct(
        { kind: 'direct', capabilities: [], problemsOf: () => [], variablesOf: () => [], reach, actions: {} },
        { ...options, maskingKey: new Secret('a key for tests'), secretOf: () => new Secret('') },
      );
      const shared: Actions = {
        ...tableActions({ platform, ...options }),
        'backup.fetch': fetchBackupAction({ platform, ...options }),
        'database.check': checkDatabase(platform),
        'health.check': checkHealth(),
      };
      const [system] = desk.deps.systems.all;
      if (system === undefined) throw new Error('there is no system');
      desk.deps.systems = createSystems({
        systems: [system],
        platforms: [platform],
        sharedActions: () => shared,
        survey: (database, { tables }, since) => survey(database, { tables, migrations: undefined, since }),
        healthNow,
        offsite: async () => null,
      });
      return {
        ...desk,
        act: <N extends ActionName>(action: N) => {
          const found = desk.deps.systems.actionsOf(system)[action];
          if (found === undefined) throw new Error(`no action ${action}`);
          return found as Action<Args<N>>;
        },
        runOf: (more = {}) => ({
          ...{ system, operation: 'op-41', step: 's3', signal: AbortSignal.timeout(60_000), before: null, outputs: {} },
          ...{ progress: () => {}, fence: async () => {}, neededBy: async () => null },
          ...more,
        }),
      };
    },

    async stop() {
      well.close();
      await stores.stop();
      if (given.server === undefined) await server.stop();
      await rm(dir, { recursive: true, force: true });
    },
  };
}
