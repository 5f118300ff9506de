// The data API for backups and restores: list, start, cancel, delete, hand out an address.
import { existsSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { z } from 'zod';
import type { Heroku } from '../heroku.ts';
import { ApiError, invalid, notFound } from '../http/api-error.ts';
import { shaped } from '../http/body.ts';
import { type ApiRequest, created, ok, param, type Reply, type Route, route } from '../http/route.ts';
import { addonOf, appOf, appOfAddon, transferOf } from '../lookup.ts';
import type { Addon, App, Transfer } from '../model.ts';
import { capture } from './capture.ts';
import { dumpFile, publicUrl, storedAt, transferBehind } from './dump-files.ts';
import { claimFinished } from './lies.ts';
import { restore } from './restore.ts';
import { draftTransfer, isBackup, record, transferView } from './transfer.ts';

const NewRestore = z.object({ backup_url: z.string(), extensions: z.array(z.string()).nullish() });

/** `/client/v11/…/transfers`, `backups` and `restores`. */
export function transferRoutes(heroku: Heroku): Route[] {
  const { world } = heroku;
  const found = (request: ApiRequest) => {
    const app = appOf(world, param(request, 'app'));
    return { app, transfer: transferOf(app, param(request, 'transfer')) };
  };
  return [
    route('GET', '/client/v11/apps/:app/transfers', (request) => {
      const app = appOf(world, param(request, 'app'));
      return ok(app.transfers.map((transfer) => view(heroku, app, transfer)));
    }),
    route('GET', '/client/v11/apps/:app/transfers/:transfer', (request) => {
      const { app, transfer } = found(request);
      return ok(view(heroku, app, transfer, request.query.get('verbose') === 'true'));
    }),
    route('DELETE', '/client/v11/apps/:app/transfers/:transfer', async (request) => {
      const { app, transfer } = found(request);
      const shown = view(heroku, app, transfer);
      if (request.mischief.deceit !== null) return ok(shown);
      transfer.cancel?.();
      app.transfers = app.transfers.filter((each) => each !== transfer);
      await rm(dumpFile(heroku.dir, transfer.uuid), { force: true });
      return ok(shown);
    }),
    route('POST', '/client/v11/apps/:app/transfers/:transfer/actions/cancel', (request) => {
      const { app, transfer } = found(request);
      if (transfer.finishedAt !== null) throw new ApiError(422, 'bad_request', 'Transfer has already finished.');
      if (request.mischief.deceit === null) {
        transfer.canceledAt = new Date();
        transfer.cancel?.();
      }
      return ok(view(heroku, app, transfer));
    }),
    route('POST', '/client/v11/apps/:app/transfers/:transfer/actions/public-url', (request) => {
      const { app, transfer } = found(request);
      if (!isBackup(transfer) || transfer.succeeded !== true)
        throw notFound('transfer', 'No finished backup with that number.');
      // The CLI downloads over https only; our own client need not know about the throw-away certificate.
      const scheme = request.headers['user-agent']?.startsWith('heroku-cli') ? 'https' : 'http';
      return ok(publicUrl(heroku, app, transfer, scheme));
    }),
    route('POST', '/client/v11/databases/:database/backups', (request) => startCapture(heroku, request)),
    route('POST', '/client/v11/databases/:database/restores', (request) => startRestore(heroku, request)),
  ];
}

function view(heroku: Heroku, app: App, transfer: Transfer, verbose = false) {
  return transferView(transfer, { toUrl: isBackup(transfer) ? storedAt(heroku, app, transfer) : null, verbose });
}

function startCapture(heroku: Heroku, request: ApiRequest): Reply {
  const addon = availableOf(heroku, param(request, 'database'));
  const app = appOfAddon(heroku.world, addon);
  const transfer = draftTransfer(heroku.world, app, addon, { kind: 'backup', scheduleId: null });
  const { deceit, failTransfer, slow } = request.mischief;
  if (deceit !== 'swallow') record(app, transfer);
  if (deceit === 'lie') claimFinished(app, transfer);
  if (deceit === null) void capture(heroku, addon, transfer, { ms: heroku.pace.captureMs * slow, fail: failTransfer });
  return created(view(heroku, app, transfer));
}

function startRestore(heroku: Heroku, request: ApiRequest): Reply {
  const addon = availableOf(heroku, param(request, 'database'));
  const app = appOfAddon(heroku.world, addon);
  const backup = transferBehind(heroku, shaped(NewRestore, request.body).backup_url);
  if (backup === null) throw invalid('Backup URL is not a valid, unexpired backup address of this service.');
  const file = dumpFile(heroku.dir, backup);
  const { deceit, failTransfer, slow } = request.mischief;
  if (!existsSync(file)) throw notFound('backup', 'Backup file not found.');
  const transfer = draftTransfer(heroku.world, app, addon, { kind: 'restore' });
  if (deceit !== 'swallow') record(app, transfer);
  if (deceit === 'lie') claimFinished(app, transfer);
  if (deceit === null)
    void restore(heroku, addon, transfer, file, { ms: heroku.pace.restoreMs * slow, fail: failTransfer });
  return created(view(heroku, app, transfer));
}

function availableOf({ world }: Heroku, nameOrId: string): Addon {
  const addon = addonOf(world, nameOrId);
  if (addon.state !== 'provisioned') throw new ApiError(422, 'bad_request', 'Database is not yet available.');
  return addon;
}
