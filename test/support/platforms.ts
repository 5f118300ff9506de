// Every platform on the real parts that it stands on, in one shape, for the suite that holds over all of them.
import { chmod, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parse } from 'yaml';
import { startHost } from '../../sandbox/host/start.ts';
import type { Platform } from '../../src/core/platform.ts';
import { Secret } from '../../src/core/secret.ts';
import { System } from '../../src/core/system.ts';
import type { DirectOptions } from '../../src/platforms/direct/reach.ts';
import { supabase } from '../../src/platforms/supabase/platform.ts';
import { systemd } from '../../src/platforms/systemd/platform.ts';
import { startPlatformBench as startCompose } from './compose-platform.ts';
import { startBench as startHeroku } from './heroku-platform.ts';
import { startSupabaseBench } from './supabase.ts';

export type PlatformUnderTest = {
  readonly platform: Platform;
  readonly system: System;
  /** Whose backups there are. */
  readonly environment: string;
  /** What must show nowhere. */
  readonly secrets: readonly string[];
  /** Only ours, removed at the end. */
  readonly dir: string;
  stop(): Promise<void>;
};

export const PATH = '/usr/local/bin:/usr/bin:/bin';

/** By the name of their folder in src/platforms. */
export const PLATFORMS: Readonly<Record<string, () => Promise<PlatformUnderTest>>> = {
  heroku: async () => {
    const { platform, system, stop } = await startHeroku();
    return { platform, system, environment: 'production', secrets: ['HRKU-'], ...(await withDir(stop)) };
  },

  compose: async () => {
    const { platform, system, provote, stop } = await startCompose();
    const secrets = [new URL(provote.databaseUrl).password];
    return { platform, system, environment: 'production', secrets, ...(await withDir(stop)) };
  },

  systemd: async () => {
    const host = await startHost();
    const place = await withDir(() => host.stop());
    const { sshd, path, backups, database, app } = host;
    const system = await systemOf('financial-planning', {
      production: {
        host: sshd.address,
        hostPath: path,
        services: [app.unit],
        dataDirectory: join(host.dir, 'postgres', 'data'),
        archives: { place: { kind: 'ssh', address: sshd.address, path: backups }, scheduled: 'backup_*.sql.gz' },
      },
    });
    const url = new URL(database.url);
    url.password = 'not-to-be-seen';
    const platform = systemd(optionsIn(place.dir, { FINANCIAL_PLANNING_DATABASE_URL: url.href }));
    return { platform, system, environment: 'production', secrets: ['not-to-be-seen'], ...place };
  },

  supabase: async () => {
    const bench = await startSupabaseBench();
    const place = await withDir(() => bench.stop());
    const { production, staging, backupsDir } = bench;
    const at = (project: typeof production) => ({
      archives: { place: { kind: 'directory', path: backupsDir } },
      storage: { url: project.url, keyFrom: 'FIELDSERVICE_KEY', buckets: ['uploads'] },
    });
    const system = await systemOf('fieldservice', { production: at(production), staging: at(staging) });
    const platform = supabase(
      optionsIn(place.dir, {
        FIELDSERVICE_PRODUCTION_DATABASE_URL: production.database,
        FIELDSERVICE_STAGING_DATABASE_URL: staging.database,
        FIELDSERVICE_KEY: production.serviceKey,
      }),
    );
    const secrets = [production.serviceKey, new URL(production.database).password].filter((secret) => secret !== '');
    return { platform, system, environment: 'production', secrets, ...place };
  },
};

async function withDir(stop: () => Promise<unknown>): Promise<Pick<PlatformUnderTest, 'dir' | 'stop'>> {
  const dir = await mkdtemp(join(tmpdir(), 'holdfast-contract-'));
  await chmod(dir, 0o711);
  return {
    dir,
    async stop() {
      await stop();
      await rm(dir, { recursive: true, force: true });
    },
  };
}

function optionsIn(workDir: string, variables: Record<string, string>): DirectOptions {
  return {
    workDir,
    path: PATH,
    maskingKey: new Secret('a key for tests'),
    secretOf: (variable) => new Secret(variables[variable] ?? ''),
  };
}

/** A shipped system file with this machine's settings. */
async function systemOf(name: string, settings: Record<string, object>): Promise<System> {
  const file = await readFile(join(import.meta.dirname, `../../systems/${name}.yml`), 'utf8');
  const system = parse(file.replaceAll('0REPLACE', '0REAL'));
  for (const [environment, given] of Object.entries(settings)) {
    const { settings: shipped } = system.environments[environment];
    system.environments[environment].settings = { ...shipped, ...given };
  }
  return System.parse(system);
}
