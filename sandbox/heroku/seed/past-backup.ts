// Records a finished backup of an earlier day, with a real dump of what the database holds now.
import { dump } from '../data/capture.ts';
import { dumpFile } from '../data/dump-files.ts';
import { draftTransfer, record, say } from '../data/transfer.ts';
import type { Heroku } from '../heroku.ts';
import type { Addon, App } from '../model.ts';

/** Call it when the database holds what it held at `at`. Without a schedule it is a manual one. */
export async function pastBackup(
  heroku: Heroku,
  app: App,
  addon: Addon,
  scheduleId: string | null,
  at: Date,
): Promise<void> {
  const transfer = draftTransfer(heroku.world, app, addon, { kind: 'backup', scheduleId });
  const size = await dump(heroku, addon, transfer, dumpFile(heroku.dir, transfer.uuid), heroku.ending);
  if (size === null) throw new Error(`seeding a backup of ${app.name}: ${transfer.logs.at(-1)?.message}`);
  const after = (seconds: number) => new Date(at.getTime() + seconds * 1_000);
  transfer.logs = [];
  say(transfer, 'pg_dump: saving database definition', after(2));
  say(transfer, 'Backup completed', after(41));
  Object.assign(transfer, {
    createdAt: at,
    startedAt: after(1),
    finishedAt: after(41),
    succeeded: true,
    processedBytes: size,
  });
  transfer.sourceBytes = await heroku.postgres.sizeOf(addon.login);
  record(app, transfer);
}
