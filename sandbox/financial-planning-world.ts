// The world of the financial-planning story: a machine behind a real ssh server, its units, its pgBackRest repository.
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { type Estate, type Ground, type GroundOptions, startGround } from './ground.ts';
import { type SandboxHost, startHost } from './host/start.ts';
import { postgresUser } from './servers/postgres-binaries.ts';
import { giveTo } from './servers/working-directory.ts';

export type FinancialPlanningWorld = Ground & { readonly host: SandboxHost };

/** Starts everything but Holdfast. */
export async function startFinancialPlanningWorld(options: GroundOptions = {}): Promise<FinancialPlanningWorld> {
  const { estate, ...ground } = await startGround(options, estateOf);
  return { ...ground, host: estate.host };
}

async function estateOf(): Promise<Estate & { readonly host: SandboxHost }> {
  const host = await startHost();
  const recoverIn = join(host.dir, 'recovered');
  await mkdir(recoverIn);
  const owner = await postgresUser();
  if (owner !== undefined) await giveTo(owner, recoverIn);
  const { pgBackRest, sshd, path, backups, database, app, serverUser, dir } = host;
  return {
    system: 'financial-planning',
    addresses: {
      health: { production: app.health },
      settings: {
        production: {
          host: sshd.address,
          hostPath: path,
          services: [app.unit],
          dataDirectory: join(dir, 'postgres', 'data'),
          pgbackrest: {
            stanza: pgBackRest.stanza,
            config: pgBackRest.config,
            user: serverUser ?? null,
            recoverIn,
          },
          archives: { place: { kind: 'ssh', address: sshd.address, path: backups }, scheduled: 'backup_*.sql.gz' },
        },
      },
    },
    env: { FINANCIAL_PLANNING_DATABASE_URL: database.url },
    host,
    stop: () => host.stop(),
  };
}
