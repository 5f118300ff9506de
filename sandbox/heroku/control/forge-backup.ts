// Puts a backup into an app's history that never ran: failed, still running, odd in size or date.
import { existsSync } from 'node:fs';
import { copyFile } from 'node:fs/promises';
import { z } from 'zod';
import { dumpFile } from '../data/dump-files.ts';
import { draftTransfer, isBackup, record, say, transferName } from '../data/transfer.ts';
import type { Heroku } from '../heroku.ts';
import { invalid } from '../http/api-error.ts';
import { addonOf, attachmentsOf } from '../lookup.ts';
import type { App } from '../model.ts';

export const ForgedBackup = z.strictObject({
  app: z.string(),
  kind: z.enum(['scheduled', 'manual']),
  status: z.enum(['finished', 'failed', 'running', 'pending']),
  /** What it claims; its file is a copy of the newest real dump. */
  size_bytes: z.number().int().min(0).optional(),
  finished_at: z.iso.datetime().optional(),
});
export type ForgedBackup = z.infer<typeof ForgedBackup>;

const RAN_MS = 40_000;

/** Adds the row with the app's next number and returns its name. */
export async function forgeBackup(
  heroku: Heroku,
  app: App,
  forged: ForgedBackup,
): Promise<{ name: string; num: number; uuid: string }> {
  const attached = attachmentsOf(heroku.world, app).find(({ name }) => name === 'DATABASE');
  if (attached === undefined) throw invalid(`${app.name} has no DATABASE`);
  const real = app.transfers.findLast((each) => isBackup(each) && existsSync(dumpFile(heroku.dir, each.uuid)));
  const scheduleId = forged.kind === 'scheduled' ? (app.schedules[0]?.id ?? app.id) : null;
  const transfer = draftTransfer(heroku.world, app, addonOf(heroku.world, attached.addonId), {
    kind: 'backup',
    scheduleId,
  });

  const at = forged.finished_at === undefined ? new Date() : new Date(forged.finished_at);
  const over = forged.status === 'finished' || forged.status === 'failed';
  transfer.createdAt = new Date(at.getTime() - RAN_MS);
  transfer.startedAt = forged.status === 'pending' ? null : new Date(transfer.createdAt.getTime() + 1_000);
  transfer.finishedAt = over ? at : null;
  transfer.succeeded = over ? forged.status === 'finished' : null;
  transfer.sourceBytes = real?.sourceBytes ?? 9_000_000;
  transfer.processedBytes = forged.size_bytes ?? (forged.status === 'pending' ? 0 : (real?.processedBytes ?? 250_000));
  say(
    transfer,
    forged.status === 'failed'
      ? 'pg_dump: error: query failed: server closed the connection unexpectedly'
      : 'pg_dump: saving database definition',
    at,
  );
  if (forged.status === 'finished' && real !== undefined) {
    await copyFile(dumpFile(heroku.dir, real.uuid), dumpFile(heroku.dir, transfer.uuid));
  }
  record(app, transfer);
  return { name: transferName(transfer), num: transfer.num, uuid: transfer.uuid };
}
