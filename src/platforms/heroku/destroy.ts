// Throws away a database that was made beside the live one, and never one that may be live.
import type { Evidence, Run } from '../../core/action.ts';
import { Fault } from '../../core/errors.ts';
import { evidence } from '../../core/outcomes.ts';
import { destroyAddon } from './cli-lines.ts';
import { addonOf, attachmentsOf } from './readings.ts';
import type { Settings } from './settings.ts';
import type { Tools } from './tools.ts';
import { until } from './waiting.ts';

/** Absent is success. Throws a Fault when it is, or may be, what the app uses. */
export async function destroy(tools: Tools, settings: Settings, name: string, run: Run): Promise<Evidence> {
  const { app, database } = settings;
  const { api, cli, options } = tools;
  const look = () => addonOf(api, app, name, run.signal);
  // An order that was cut off may still come through: it gets the time to appear.
  const addon = await until(tools, options.settle, look, (found) => found !== null, run.signal);
  if (addon === null) return evidence([`there is no ${name}`]);
  const live = (await attachmentsOf(api, app, run.signal)).find((attachment) => attachment.name === database);
  if (live === undefined || live.addon.id === addon.id || live.addon.name === name) {
    throw new Fault(`throwing away ${name}: it may be the live database of ${app}`);
  }
  await run.fence();
  const running = cli.start(destroyAddon(app, name), { signal: run.signal });
  await running.ended;
  run.signal.throwIfAborted();
  const left = await until(tools, options.settle, look, (found) => found === null, run.signal);
  if (left === null) return evidence([`${name} is destroyed`]);
  throw new Fault(`throwing away ${name}: it is still there`, { cause: cli.excerpt(running.said()) });
}
