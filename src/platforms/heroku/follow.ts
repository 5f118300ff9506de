// Follows one transfer to its end, telling how far it is.
import type { Run } from '../../core/action.ts';
import { Fault } from '../../core/errors.ts';
import { megabytes } from '../../core/wording.ts';
import { sleep } from '../../lib/clock.ts';
import { Transfer } from './schema.ts';
import type { Tools } from './tools.ts';
import { isFinished, transferName } from './transfers.ts';
import { patiently } from './waiting.ts';

/** The transfer as it stood when it had ended, with the log of what was done. */
export async function follow(tools: Tools, app: string, begun: Transfer, run: Run): Promise<Transfer> {
  const { api, options } = tools;
  const path = `/client/v11/apps/${app}/transfers/${begun.num}?verbose=true`;
  const read = () => api.find(path, Transfer, { host: 'data', signal: run.signal });
  let told = '';
  for (;;) {
    const now = await patiently(tools, read, run.signal);
    // Heroku looks at the number alone: what it hands out must still be what we have begun.
    if (now === null || transferName(now) !== transferName(begun)) {
      throw new Fault(`following ${transferName(begun)} of ${app}: it is not listed any more`);
    }
    if (isFinished(now)) return now;
    const progress = progressOf(now);
    if (progress.note !== told) run.progress(progress);
    told = progress.note;
    await sleep(options.poll, run.signal);
  }
}

/** A restore reads a file of known size; how large a backup will become is not known before. */
function progressOf(transfer: Transfer): { percent: number | null; note: string } {
  const { started_at, processed_bytes, source_bytes, to_type } = transfer;
  const bytes = processed_bytes ?? 0;
  const name = transferName(transfer);
  if (started_at == null) return { percent: null, note: `${name} is waiting to start` };
  if (to_type !== 'pg_restore' || source_bytes == null || source_bytes === 0) {
    return { percent: null, note: `${name}: ${megabytes(bytes)}` };
  }
  const percent = Math.min(99, Math.floor((bytes / source_bytes) * 100));
  return { percent, note: `${name}: ${megabytes(bytes)} of ${megabytes(source_bytes)}` };
}
