// The simulated Supabase with its two real PostgreSQL servers, and Storage clients that wait only briefly.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type PostgresServer, startPostgres } from '../../sandbox/servers/postgres.ts';
import { type Project, type SimulatedSupabase, startSupabase } from '../../sandbox/supabase/start.ts';
import { Secret } from '../../src/core/secret.ts';
import { createStorage, type StorageClient, type StorageOptions } from '../../src/platforms/supabase/storage/client.ts';

export type SupabaseBench = SimulatedSupabase & {
  readonly servers: Record<'production' | 'staging', PostgresServer>;
  /** Empty; removed at the end. */
  readonly dir: string;
};

/** Starts everything; nothing is left when something does not start. */
export async function startSupabaseBench(): Promise<SupabaseBench> {
  const dir = await mkdtemp(join(tmpdir(), 'holdfast-supabase-'));
  const starting = [startPostgres(), startPostgres()] as const;
  const started = await Promise.allSettled(starting);
  const stopServers = async () => {
    await Promise.all(started.map((one) => (one.status === 'fulfilled' ? one.value.stop() : undefined)));
    await rm(dir, { recursive: true, force: true });
  };
  try {
    const [production, staging] = await Promise.all(starting);
    const postgres = { production: production.url, staging: staging.url };
    const supabase = await startSupabase({ postgres, dir: join(dir, 'supabase') });
    const stop = async () => {
      await supabase.stop();
      await stopServers();
    };
    return { ...supabase, servers: { production, staging }, dir: await mkdtemp(join(dir, 'work-')), stop };
  } catch (error) {
    await stopServers();
    throw error;
  }
}

/** A client with the service_role key, or what is given instead. */
export function storageOf(
  project: Pick<Project, 'url' | 'serviceKey'>,
  more: Partial<StorageOptions> = {},
): StorageClient {
  const key = new Secret(project.serviceKey);
  return createStorage({
    url: project.url,
    key,
    keyFrom: 'FIELDSERVICE_KEY',
    timeout: 5_000,
    tries: 3,
    pause: 10,
    ...more,
  });
}
