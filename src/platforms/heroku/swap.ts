// The swap of an app's live database: carried out by the CLI, read back from attachments, releases and config vars.
import type { Run } from '../../core/action.ts';
import { sleep } from '../../lib/clock.ts';
import { promote } from './cli-lines.ts';
import { attachmentsOf, configOf, liveDatabase, releasesOf } from './readings.ts';
import type { HerokuRelease } from './schema.ts';
import type { Settings } from './settings.ts';
import type { Tools } from './tools.ts';
import { patiently, until } from './waiting.ts';

export type Swap = {
  readonly settings: Settings;
  /** The add-on that becomes the live database. */
  readonly to: string;
  /** The newest release before; null when unknown. */
  readonly after: number | null;
};

/** After this the CLI only waits for the release phase, which we do ourselves, or moves the connection pooler over. */
const PROMOTED = /Promoting .* done/;
const POOLER = 'DATABASE_CONNECTION_POOL';

/** Runs the CLI until it has done its part. Returns what it said. */
export async function turnTo(tools: Tools, { settings, to }: Swap, run: Run): Promise<string> {
  const attachments = await attachmentsOf(tools.api, settings.app, run.signal);
  const pooled = attachments.some(({ name }) => name === POOLER);
  await run.fence();
  const running = tools.cli.start(promote(settings, to), { signal: run.signal });
  try {
    while (!running.isOver() && (pooled || !PROMOTED.test(running.said()))) {
      await Promise.race([sleep(100, run.signal), running.ended]);
    }
    run.signal.throwIfAborted();
  } finally {
    await running.stop();
  }
  const read = () => liveDatabase(tools.api, settings, run.signal);
  await until(tools, tools.options.settle, read, ({ name }) => name === to, run.signal);
  return running.said();
}

/** Waits for the release that the swap has made; why it failed, or null. Where none is found there is none to fail. */
export async function released(tools: Tools, { settings, after }: Swap, run: Run): Promise<string | null> {
  if (after === null) return null;
  const { app, database } = settings;
  const attach = (releases: readonly HerokuRelease[]) =>
    releases.find(
      ({ version, description }) => version > after && description?.startsWith(`Attach ${database} `) === true,
    );
  const read = () => releasesOf(tools.api, app, run.signal);
  const settled = (releases: HerokuRelease[]) => attach(releases)?.status !== 'pending';
  const last = attach(await until(tools, tools.options.ready, read, settled, run.signal));
  if (last === undefined || last.status === 'succeeded') return null;
  return last.status === 'pending'
    ? `the release phase of v${last.version} has not ended after ${tools.options.ready / 60_000} min`
    : `the release phase of v${last.version} (${last.description ?? ''}) failed`;
}

/** Whether the app's setting is the address of that database, as its other name gives it; null when it has no other name. */
export async function isServed(tools: Tools, { settings, to }: Swap, run: Run): Promise<boolean | null> {
  const { app, database } = settings;
  const [config, attachments] = await patiently(
    tools,
    () => Promise.all([configOf(tools.api, app, run.signal), attachmentsOf(tools.api, app, run.signal)]),
    run.signal,
  );
  const alias = attachments.find(
    ({ name, addon, namespace }) => addon.name === to && name !== database && namespace == null,
  );
  if (alias === undefined) return null;
  const address = config[`${alias.name}_URL`];
  return address !== undefined && config[`${database}_URL`] === address;
}
