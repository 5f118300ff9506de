// The control API: look at the provider from its own side, and make trouble.
import { z } from 'zod';
import { dumpFile } from '../data/dump-files.ts';
import type { ActiveFaults } from '../faults/active-faults.ts';
import { Fault } from '../faults/fault.ts';
import type { Heroku } from '../heroku.ts';
import { invalid } from '../http/api-error.ts';
import { shaped } from '../http/body.ts';
import type { RequestLog } from '../http/request-log.ts';
import { ok, type Route, route } from '../http/route.ts';
import { appOf, transferOf } from '../lookup.ts';
import { paces } from '../pace.ts';
import { corrupt, rowsUntil, writeRows } from './change-rows.ts';
import { cutShort, flipBit } from './damage-dump.ts';
import { ForgedBackup, forgeBackup } from './forge-backup.ts';
import { stateOf } from './state.ts';

const OfApp = z.strictObject({ app: z.string() });
const Rows = z.strictObject({ app: z.string(), entries: z.number().int().positive().max(10_000) });
const Until = z.strictObject({ app: z.string(), moment: z.iso.datetime() });
const Backup = z.strictObject({ app: z.string(), num: z.number().int() });
const PaceChange = z.strictObject({ pace: z.enum(['fast', 'real']) });

/** `/_control/…`. */
export function controlRoutes(heroku: Heroku, faults: ActiveFaults, log: RequestLog): Route[] {
  const { world } = heroku;
  const backupOf = (body: unknown) => {
    const { app: name, num } = shaped(Backup, body);
    const app = appOf(world, name);
    return { app, transfer: transferOf(app, String(num)) };
  };
  const done = ok({ ok: true });
  return [
    route('GET', '/_control/state', () => ok(stateOf(heroku))),
    route('GET', '/_control/log', () => ok(log.all())),
    route('POST', '/_control/faults', ({ body }) => {
      const fault = shaped(Fault, body);
      if (!isPattern(fault.match.path)) throw invalid('match.path is not a regular expression');
      faults.add(fault);
      return done;
    }),
    route('POST', '/_control/faults/clear', () => {
      faults.clear();
      return done;
    }),
    route('POST', '/_control/write-rows', async ({ body }) => {
      const { app, entries } = shaped(Rows, body);
      return ok({ entries: await writeRows(heroku, appOf(world, app), entries) });
    }),
    route('POST', '/_control/corrupt', async ({ body }) => {
      return ok({ unbalanced: await corrupt(heroku, appOf(world, shaped(OfApp, body).app)) });
    }),
    route('POST', '/_control/rows-until', async ({ body }) => {
      const { app, moment } = shaped(Until, body);
      return ok({ rows: await rowsUntil(heroku, appOf(world, app), new Date(moment)) });
    }),
    route('POST', '/_control/truncate-backup', async ({ body }) => {
      await cutShort(dumpFile(heroku.dir, backupOf(body).transfer.uuid));
      return done;
    }),
    route('POST', '/_control/flip-bit', async ({ body }) => {
      await flipBit(dumpFile(heroku.dir, backupOf(body).transfer.uuid));
      return done;
    }),
    route('POST', '/_control/backup', async ({ body }) => {
      const forged = shaped(ForgedBackup, body);
      return ok(await forgeBackup(heroku, appOf(world, forged.app), forged));
    }),
    route('POST', '/_control/remove-backup', ({ body }) => {
      const { app, transfer } = backupOf(body);
      app.transfers = app.transfers.filter((each) => each !== transfer);
      return done;
    }),
    route('POST', '/_control/pace', ({ body }) => {
      heroku.pace = paces[shaped(PaceChange, body).pace];
      return done;
    }),
  ];
}

function isPattern(source: string): boolean {
  try {
    return new RegExp(source) instanceof RegExp;
  } catch {
    return false;
  }
}
