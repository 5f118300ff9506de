// Transfers as the data API keeps them: making one, moving it on, showing it.
import { newId } from '../identity.ts';
import { attachmentsOf } from '../lookup.ts';
import type { Addon, App, Transfer, World } from '../model.ts';
import { dataTime, dataTimeOrNull } from '../timestamps.ts';

export type TransferKind = { kind: 'backup'; scheduleId: string | null } | { kind: 'restore' };

/** A pending transfer of an add-on's database with the app's next number; not yet in the app's list. */
export function draftTransfer(world: World, app: App, addon: Addon, what: TransferKind): Transfer {
  const database = attachedName(world, app, addon);
  const ends =
    what.kind === 'backup'
      ? { fromName: database, fromType: 'pg_dump' as const, toName: 'BACKUP', toType: 'gof3r' as const }
      : { fromName: 'BACKUP', fromType: 'gof3r' as const, toName: database, toType: 'pg_restore' as const };
  return {
    uuid: newId(),
    num: app.nextTransferNum,
    addonId: addon.id,
    ...ends,
    sourceBytes: 0,
    processedBytes: 0,
    succeeded: null,
    warnings: 0,
    createdAt: new Date(),
    startedAt: null,
    finishedAt: null,
    canceledAt: null,
    scheduleId: what.kind === 'backup' ? what.scheduleId : null,
    logs: [],
    cancel: null,
  };
}

/** Puts the transfer into the app's list and uses up its number. */
export function record(app: App, transfer: Transfer): void {
  app.transfers.push(transfer);
  app.nextTransferNum = transfer.num + 1;
}

/** Adds a line to the log that `?verbose=true` shows. */
export function say(transfer: Transfer, message: string, createdAt = new Date()): void {
  transfer.logs.push({ createdAt, message });
}

/** Ends the transfer; after that it never changes. */
export function finish(transfer: Transfer, succeeded: boolean, at = new Date()): void {
  transfer.finishedAt = at;
  transfer.succeeded = succeeded;
  transfer.cancel = null;
}

/** `a001`, `b008`, `r009`: what the CLI calls it. */
export function transferName({ fromType, toType, scheduleId, num }: Transfer): string {
  const restored = toType === 'pg_restore';
  const prefix = fromType === 'pg_dump' ? (restored ? 'c' : scheduleId === null ? 'b' : 'a') : restored ? 'r' : 'b';
  return `${prefix}${String(num).padStart(3, '0')}`;
}

export const isBackup = ({ toType }: Transfer): boolean => toType === 'gof3r';

/** The JSON of the data API. Logs only where the request asks for them. */
export function transferView(transfer: Transfer, { toUrl, verbose }: { toUrl: string | null; verbose: boolean }) {
  const { uuid, num, createdAt, startedAt, finishedAt, canceledAt } = transfer;
  return {
    uuid,
    num,
    from_name: transfer.fromName,
    from_type: transfer.fromType,
    from_url: null,
    to_name: transfer.toName,
    to_type: transfer.toType,
    to_url: toUrl,
    options: {},
    source_bytes: transfer.sourceBytes,
    processed_bytes: transfer.processedBytes,
    succeeded: transfer.succeeded,
    warnings: transfer.warnings,
    created_at: dataTime(createdAt),
    started_at: dataTimeOrNull(startedAt),
    canceled_at: dataTimeOrNull(canceledAt),
    updated_at: dataTime(finishedAt ?? (startedAt === null ? createdAt : new Date())),
    finished_at: dataTimeOrNull(finishedAt),
    deleted_at: null,
    purged_at: null,
    num_keep: 7,
    schedule: transfer.scheduleId === null ? null : { uuid: transfer.scheduleId },
    ...(verbose
      ? { logs: transfer.logs.map(({ createdAt: at, message }) => ({ created_at: dataTime(at), message })) }
      : {}),
  };
}

// DATABASE before any other name: it is the one people know.
function attachedName(world: World, app: App, addon: Addon): string {
  const names = attachmentsOf(world, app).flatMap(({ addonId, name }) => (addonId === addon.id ? [name] : []));
  return names.find((name) => name === 'DATABASE') ?? names[0] ?? addon.name;
}
