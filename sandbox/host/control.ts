// Breaks the sandbox's host in the ways that its runbook is for, and mends it again.
import { chmod, open, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { query } from './database.ts';
import type { Unit, UnitFault } from './units.ts';

export type Control = {
  /** Deletes all transactions of a tenth of the portfolios, as a wrong WHERE would. Returns how many rows are gone. */
  deleteTransactions(): Promise<number>;
  /** The application answers every request with an error, or not at all, or its process dies; `null` mends it. */
  breakApp(how: 'errors' | 'hangs' | 'dies' | null): Promise<void>;
  /** What systemd has to say the next time it is asked to start or stop the unit. */
  breakUnit(name: string, fault: UnitFault | null): void;
  /** Kills PostgreSQL and spoils its control file: it does not start again. */
  corruptControlFile(): Promise<void>;
  /** `df` on the host shows every file system so full, until `null`. Nothing is written. */
  fillUp(percent: number | null): Promise<void>;
  /** Runs SQL in the application's database as its owner's superuser. */
  sql(statement: string): Promise<Record<string, unknown>[]>;
};

type Parts = {
  readonly dir: string;
  readonly url: string;
  readonly data: string;
  readonly bin: string;
  readonly app: Unit;
  readonly postgresql: Unit;
};

export function controlOf({ dir, url, data, bin, app, postgresql }: Parts): Control {
  return {
    async deleteTransactions() {
      const gone = await query(
        url,
        `with gone as (delete from transactions where portfolio_id % 10 = 3 returning 1) select count(*)::int as n from gone`,
      );
      return Number(gone[0]?.['n']);
    },
    async breakApp(how) {
      const trouble = join(dir, 'app-trouble');
      if (how === null) await rm(trouble, { force: true });
      else if (how === 'dies') process.kill(app.show().MainPID, 'SIGKILL');
      else await writeFile(trouble, how);
    },
    breakUnit(name, fault) {
      const unit = [app, postgresql].find((one) => one.name === name);
      if (unit === undefined) throw new Error(`the host has no unit ${name}`);
      unit.fault = fault;
    },
    async corruptControlFile() {
      await postgresql.end();
      const file = await open(join(data, 'global', 'pg_control'), 'r+');
      // Past its version, so that only its checksum tells.
      await file.write(Buffer.alloc(64, 0xff), 0, 64, 32);
      await file.close();
    },
    async fillUp(percent) {
      const df = join(bin, 'df');
      if (percent === null) return await rm(df, { force: true });
      const [total, used] = [100_000_000, percent * 1_000_000];
      const line = `/dev/sda1 ${total} ${used} ${total - used} ${percent}% /`;
      await writeFile(
        df,
        `#!/bin/sh\necho 'Filesystem 1024-blocks Used Available Capacity Mounted on'\necho '${line}'\n`,
      );
      await chmod(df, 0o755);
    },
    sql: (statement) => query(url, statement),
  };
}
