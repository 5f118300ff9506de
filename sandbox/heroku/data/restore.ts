// Restores a backup: feeds a dump file to a real pg_restore at the provider's pace.
import { open, stat } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Heroku } from '../heroku.ts';
import type { Addon, Transfer } from '../model.ts';
import { ended } from '../postgres/run-tool.ts';
import { startTool } from '../postgres/tools.ts';
import type { WorkOptions } from './capture.ts';
import { remember } from './history.ts';
import { finish, say } from './transfer.ts';

const STEPS = 40;
// Heroku's way: whatever the dump has is dropped first; whatever else is in the database stays.
const ARGS = ['--format=custom', '--verbose', '--clean', '--if-exists', '--no-acl', '--no-owner'];

/** Runs the restore to its end. Never rejects: what goes wrong is the transfer's outcome. */
export async function restore(
  heroku: Heroku,
  addon: Addon,
  transfer: Transfer,
  file: string,
  { ms, fail }: WorkOptions,
): Promise<void> {
  const stop = new AbortController();
  transfer.cancel = () => stop.abort();
  try {
    transfer.sourceBytes = (await stat(file)).size;
    await sleep(ms * 0.1, undefined, { signal: stop.signal });
    transfer.startedAt = new Date();
    const { login } = addon;
    const signal = AbortSignal.any([stop.signal, heroku.ending]);
    const child = startTool('pg_restore', [...ARGS, '--dbname', login.database], login, heroku.postgres, signal);
    const done = ended(child, (line) => say(transfer, line));
    // pg_restore that gives up early closes its input; its exit tells why.
    child.stdin?.on('error', () => {});
    await feed(file, transfer, (ms * 0.85) / STEPS, stop.signal, fail ? 0.5 : 1, (chunk) => {
      const reads = child.exitCode === null && child.signalCode === null;
      if (reads) child.stdin?.write(chunk);
      return reads;
    });
    if (fail) child.kill('SIGKILL');
    child.stdin?.end();
    const { code, lines } = await done;
    await remember(heroku, addon);
    judge(transfer, code, lines);
  } catch (error) {
    say(
      transfer,
      stop.signal.aborted
        ? 'Transfer canceled by user'
        : `Restore failed: ${error instanceof Error ? error.message : error}`,
    );
    finish(transfer, false);
  }
}

/** Reads the file in equal pieces, one per step, up to `share` of it or as long as somebody takes them. */
async function feed(
  file: string,
  transfer: Transfer,
  stepMs: number,
  signal: AbortSignal,
  share: number,
  write: (chunk: Buffer) => boolean,
): Promise<void> {
  const source = await open(file);
  try {
    const piece = Math.ceil(transfer.sourceBytes / STEPS);
    for (let step = 0; step < STEPS * share; step += 1) {
      const { bytesRead, buffer } = await source.read(Buffer.alloc(piece), 0, piece, step * piece);
      if (bytesRead === 0) return;
      if (!write(buffer.subarray(0, bytesRead))) return;
      transfer.processedBytes += bytesRead;
      await sleep(stepMs, undefined, { signal });
    }
  } finally {
    await source.close();
  }
}

// "errors ignored" still counts as success at Heroku: `Finished with 9 warnings`.
function judge(transfer: Transfer, code: number | null, lines: readonly string[]): void {
  const ignored = lines.findLast((line) => line.includes('errors ignored on restore'))?.match(/restore: (\d+)/)?.[1];
  transfer.warnings = Number(ignored ?? 0);
  if (code !== 0 && ignored === undefined)
    say(transfer, `pg_restore ended with exit code ${code ?? 'unknown (killed)'}`);
  finish(transfer, code === 0 || ignored !== undefined);
}
