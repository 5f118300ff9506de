// Captures a backup: a real pg_dump, shown with progress at the provider's pace.
import { rm, stat } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Heroku } from '../heroku.ts';
import type { Addon, Transfer } from '../model.ts';
import { ended } from '../postgres/run-tool.ts';
import { startTool } from '../postgres/tools.ts';
import { dumpFile } from './dump-files.ts';
import { finish, say } from './transfer.ts';

const STEPS = 20;

export type WorkOptions = { ms: number; fail: boolean };

/** Runs the capture to its end. Never rejects: what goes wrong is the transfer's outcome. */
export async function capture(
  heroku: Heroku,
  addon: Addon,
  transfer: Transfer,
  { ms, fail }: WorkOptions,
): Promise<void> {
  const file = dumpFile(heroku.dir, transfer.uuid);
  const canceled = new AbortController();
  transfer.cancel = () => canceled.abort();
  try {
    await sleep(ms * 0.1, undefined, { signal: canceled.signal });
    transfer.startedAt = new Date();
    transfer.sourceBytes = await heroku.postgres.sizeOf(addon.login);
    const size = await dump(heroku, addon, transfer, file, canceled.signal);
    if (size === null || fail) throw new Error('pg_dump ended without a complete archive');
    for (let step = 1; step <= STEPS; step += 1) {
      transfer.processedBytes = Math.round((size * step) / STEPS);
      await sleep((ms * 0.9) / STEPS, undefined, { signal: canceled.signal });
    }
    finish(transfer, true);
  } catch (error) {
    await rm(file, { force: true });
    say(
      transfer,
      canceled.signal.aborted
        ? 'Transfer canceled by user'
        : `Backup failed: ${error instanceof Error ? error.message : error}`,
    );
    finish(transfer, false);
  }
}

/** Dumps into `file`; its size, or null when pg_dump failed. */
export async function dump(
  heroku: Heroku,
  addon: Addon,
  transfer: Transfer,
  file: string,
  signal: AbortSignal,
): Promise<number | null> {
  const { login } = addon;
  const args = ['--format=custom', '--verbose', '--file', file, '--dbname', login.database];
  const child = startTool('pg_dump', args, login, heroku.postgres, AbortSignal.any([signal, heroku.ending]));
  const { code } = await ended(child, (line) => say(transfer, line));
  return code === 0 ? (await stat(file)).size : null;
}
