// What may befall provote: the misfortunes that its runbook is for, brought about at will.
import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import pg from 'pg';
import type { Engine } from '../engine.ts';

export type Control = {
  /** S1, S5: somebody's script empties the newest polls' questions and deletes a tenth of the votes. */
  damageRows(): Promise<void>;
  /** SIGKILL to a service's container; its restart policy does not apply to what a person kills. */
  kill(service: string): Promise<void>;
  /** S2: the database's container and volume are gone. */
  loseDatabase(): Promise<void>;
  /** The health page answers 503 although the database is well, until it is mended. */
  breakHealth(): Promise<void>;
  mendHealth(): Promise<void>;
  /** Every service waits so long at its next starts; 0 ends it. */
  slowStart(seconds: number): Promise<void>;
  /** A service ends with an error at its next starts, until it is mended. */
  crashAtStart(service: string): Promise<void>;
  mendStart(service: string): Promise<void>;
};

type Project = {
  dir: string;
  databaseUrl: string;
  compose(...args: string[]): Promise<string>;
};

/** The controls of one project on one engine. */
export function controlOf(engine: Engine, { dir, databaseUrl, compose }: Project): Control {
  const wish = (what: string, text = '') => writeFile(join(dir, 'control', what), text);
  const unwish = (what: string) => rm(join(dir, 'control', what), { force: true });
  return {
    async damageRows() {
      const client = new pg.Client({ connectionString: databaseUrl });
      await client.connect();
      try {
        await client.query(`update polls_poll set question = '' where id > (select max(id) - 20 from polls_poll)`);
        await client.query('delete from polls_vote where id % 10 = 0');
      } finally {
        await client.end();
      }
    },
    async kill(service) {
      const ids = (await compose('ps', '--quiet', service)).trim().split('\n');
      await engine.docker(['kill', ...ids]);
    },
    async loseDatabase() {
      await compose('rm', '--force', '--stop', 'db');
      await engine.docker(['volume', 'rm', 'provote_postgres_data']);
    },
    breakHealth: () => wish('unhealthy'),
    mendHealth: () => unwish('unhealthy'),
    slowStart: (seconds) => (seconds > 0 ? wish('slow', String(seconds)) : unwish('slow')),
    crashAtStart: (service) => wish(`crash-${service}`),
    mendStart: (service) => unwish(`crash-${service}`),
  };
}
