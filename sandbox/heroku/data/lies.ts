// A transfer that claims to have finished although nothing moved.
import type { App, Transfer } from '../model.ts';
import { finish, isBackup, say } from './transfer.ts';

/** Dresses the transfer up like its last honest sibling. */
export function claimFinished(app: App, transfer: Transfer): void {
  const sibling = app.transfers.findLast((each) => isBackup(each) && each.succeeded === true && each !== transfer);
  transfer.startedAt = new Date();
  transfer.processedBytes = sibling?.processedBytes ?? 250_000;
  transfer.sourceBytes = isBackup(transfer) ? (sibling?.sourceBytes ?? 9_000_000) : transfer.processedBytes;
  say(transfer, isBackup(transfer) ? 'Backup completed' : 'waiting for restore to complete');
  finish(transfer, true);
}
