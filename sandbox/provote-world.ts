// The world of the provote story: a Docker engine of its own with the compose project on it, and Holdfast beside.

import { type Engine, startEngine } from './compose/engine.ts';
import { buildImages } from './compose/images/build.ts';
import { type Provote, startProvote } from './compose/provote/start.ts';
import { type Estate, type Ground, type GroundOptions, startGround } from './ground.ts';

export type ProvoteWorld = Ground & {
  /** For looking at containers and volumes past everything else. */
  engine: Engine;
  provote: Provote;
};

/** Starts everything but Holdfast. What was started is stopped again when something does not start. */
export async function startProvoteWorld(options: GroundOptions = {}): Promise<ProvoteWorld> {
  const { estate, ...ground } = await startGround(options, startEstate);
  const { engine, provote } = estate;
  return { ...ground, engine, provote };
}

type ProvoteEstate = Estate & { readonly engine: Engine; readonly provote: Provote };

async function startEstate(): Promise<ProvoteEstate> {
  const engine = await startEngine();
  try {
    await buildImages(engine);
    return estateOf(engine, await startProvote(engine));
  } catch (thrown) {
    await engine.stop();
    throw thrown;
  }
}

function estateOf(engine: Engine, provote: Provote): ProvoteEstate {
  const { dir, composeFile, project, backupsDir, databaseUrl, webUrl } = provote;
  const settings = {
    engine: engine.host,
    project,
    directory: dir,
    files: [composeFile],
    pgbackrest: { stanza: 'provote', config: '/etc/pgbackrest/pgbackrest.conf', superuser: 'provote' },
    archives: { place: { kind: 'directory', path: backupsDir }, scheduled: 'backup_*.sql.gz' },
  };
  return {
    system: 'provote',
    addresses: { health: { production: `${webUrl}/health/` }, settings: { production: settings } },
    env: { PROVOTE_DATABASE_URL: databaseUrl },
    engine,
    provote,
    async stop() {
      await provote.stop();
      await engine.stop();
    },
  };
}
