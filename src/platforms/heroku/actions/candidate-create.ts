// candidate.create: orders a database beside the live one, empty or as the live one was at a moment; its name was chosen in the plan.
import { z } from 'zod';
import type { Action, Args, Outcome, Run } from '../../../core/action.ts';
import { Refusal } from '../../../core/errors.ts';
import { done, failed, prepared, untouched, unverified } from '../../../core/outcomes.ts';
import { utc } from '../../../core/wording.ts';
import { candidateAlias } from '../candidate.ts';
import { createAddon, typed } from '../cli-lines.ts';
import { destroy } from '../destroy.ts';
import { provenMoment } from '../moment-proof.ts';
import { addonOf, attachmentsOf, infoOf, liveDatabase } from '../readings.ts';
import { windowOf } from '../rollback-window.ts';
import { WaitStatus } from '../schema.ts';
import { type Settings, settingsOf } from '../settings.ts';
import type { Tools } from '../tools.ts';
import { patiently, until } from '../waiting.ts';

type A = Args<'candidate.create'>;

const Before = z.object({ live: z.string() });

export function candidateCreate(tools: Tools): Action<A> {
  return {
    describe: ({ environment, candidate, at }, system) =>
      typed(createAddon(settingsOf(system, environment), candidate, at)),

    /** What is live can change while the other one is made: the one that is meant is noted here. */
    async before({ environment, at }, run) {
      if (at === null) return null;
      return { live: (await liveDatabase(tools.api, settingsOf(run.system, environment), run.signal)).id };
    },

    do: (args, run) => create(tools, args, run),

    async probe(args, run) {
      const { environment, candidate } = args;
      const settings = settingsOf(run.system, environment);
      const isThere = () => addonOf(tools.api, settings.app, candidate, run.signal);
      const addon = await until(tools, tools.options.settle, isThere, (found) => found !== null, run.signal);
      if (addon === null) return { is: 'not_happened' };
      return { is: 'happened', outcome: await available(tools, args, run) };
    },

    undo: {
      how: 'the new database is destroyed, unless it has become the live one',
      run: ({ environment, candidate }, _output, run) =>
        destroy(tools, settingsOf(run.system, environment), candidate, run),
    },
  };
}

async function create(tools: Tools, args: A, run: Run): Promise<Outcome> {
  const { environment, candidate, at } = args;
  const settings = settingsOf(run.system, environment);
  const { app } = settings;
  const { api, cli } = tools;
  const alias = candidateAlias(candidate);
  const exists = await prepared(run, async () => {
    const taken = (await attachmentsOf(api, app, run.signal)).find(({ name }) => name === alias);
    if (taken !== undefined && taken.addon.name !== candidate) throw aliasTaken(app, alias);
    if ((await addonOf(api, app, candidate, run.signal)) !== null) return true;
    if (at !== null) await assertReachable(tools, settings, at, run);
    return false;
  });
  if ('refused' in exists) return exists.refused;
  if (!exists.value) {
    await run.fence();
    const running = cli.start(createAddon(settings, candidate, at), { signal: run.signal });
    await running.ended;
    run.signal.throwIfAborted();
    const isThere = () => addonOf(api, app, candidate, run.signal);
    const addon = await until(tools, tools.options.settle, isThere, (found) => found !== null, run.signal);
    if (addon === null) {
      return untouched(`nothing was made: ${app} has no ${candidate}. The CLI said: ${cli.excerpt(running.said())}`);
    }
  }
  return available(tools, args, run);
}

/** Heroku's own refusal comes without the moments that can be had. */
async function assertReachable({ api }: Tools, settings: Settings, at: string, run: Run): Promise<void> {
  const live = await liveDatabase(api, settings, run.signal);
  if (live.id !== Before.parse(run.before).live) {
    throw new Refusal('moved-on', `${settings.app} uses ${live.name} now.`, 'Ask for a new plan.');
  }
  const window = windowOf(await infoOf(api, live.id, run.signal), new Date());
  if (window !== null && at >= window.from) return;
  const why = window === null ? 'no moment any more' : `moments since ${utc(window.from)} only`;
  throw new Refusal('outside-window', `Of ${live.name} Heroku has ${why}.`, 'Ask for a new plan.');
}

/** Waits until it can be written to; one of a moment is proven besides. */
async function available(tools: Tools, { environment, candidate: name, at }: A, run: Run): Promise<Outcome> {
  const { api, options } = tools;
  const { app } = settingsOf(run.system, environment);
  const alias = candidateAlias(name);
  const patience = at === null ? options.ready : options.copied;
  run.progress({ percent: null, note: `${name} is being prepared` });
  const look = async () => {
    const addon = await addonOf(api, app, name, run.signal);
    if (addon === null || addon.state !== 'provisioned') return { addon, ready: false };
    const path = `/client/v11/databases/${addon.id}/wait_status`;
    const status = await api.find(path, WaitStatus, { host: 'data', signal: run.signal });
    return { addon, ready: status?.['waiting?'] === false };
  };
  const { addon, ready } = await until(tools, patience, look, (seen) => seen.ready || seen.addon === null, run.signal);
  if (addon === null) return failed(`${name} disappeared from ${app} while it was being prepared`);
  if (!ready) return failed(`${name} is still ${addon.state} after ${patience / 60_000} min`);
  const attachments = await patiently(tools, () => attachmentsOf(api, app, run.signal), run.signal);
  const attached = attachments.some((attachment) => attachment.name === alias && attachment.addon.id === addon.id);
  const says = [`${name} (${addon.plan.name}) is available`, `attached to ${app} as ${alias}`];
  if (!attached) return unverified(`${name} is not attached as ${alias}`, says.slice(0, 1));
  if (at === null) return done(says);
  const { live } = Before.parse(run.before);
  return provenMoment(tools, { environment, candidate: name, id: addon.id, live, at }, says, run);
}

function aliasTaken(app: string, alias: string): Refusal {
  return new Refusal('name-taken', `${app} has a database attached as ${alias} already.`, 'Ask for a new plan.');
}
