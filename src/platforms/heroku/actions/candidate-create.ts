// candidate.create: orders a database beside the live one; its name was chosen in the plan.
import type { Action, Args, Outcome, Run } from '../../../core/action.ts';
import { Refusal } from '../../../core/errors.ts';
import { done, failed, prepared, untouched, unverified } from '../../../core/outcomes.ts';
import { candidateAlias } from '../candidate.ts';
import { createAddon, typed } from '../cli-lines.ts';
import { destroy } from '../destroy.ts';
import { addonOf, attachmentsOf } from '../readings.ts';
import { WaitStatus } from '../schema.ts';
import { type Settings, settingsOf } from '../settings.ts';
import type { Tools } from '../tools.ts';
import { patiently, until } from '../waiting.ts';

type A = Args<'candidate.create'>;

export function candidateCreate(tools: Tools): Action<A> {
  return {
    describe: ({ environment, candidate }, system) => typed(createAddon(settingsOf(system, environment), candidate)),
    do: (args, run) => create(tools, args, run),
    async probe({ environment, candidate }, run) {
      const settings = settingsOf(run.system, environment);
      const isThere = () => addonOf(tools.api, settings.app, candidate, run.signal);
      const addon = await until(tools, tools.options.settle, isThere, (found) => found !== null, run.signal);
      if (addon === null) return { is: 'not_happened' };
      return { is: 'happened', outcome: await available(tools, settings, candidate, run) };
    },
    undo: {
      how: 'the new database is destroyed, unless it has become the live one',
      run: ({ environment, candidate }, _output, run) =>
        destroy(tools, settingsOf(run.system, environment), candidate, run),
    },
  };
}

async function create(tools: Tools, { environment, candidate }: A, run: Run): Promise<Outcome> {
  const settings = settingsOf(run.system, environment);
  const { app } = settings;
  const { api, cli } = tools;
  const alias = candidateAlias(candidate);
  const exists = await prepared(run, async () => {
    const taken = (await attachmentsOf(api, app, run.signal)).find(({ name }) => name === alias);
    if (taken !== undefined && taken.addon.name !== candidate) throw aliasTaken(app, alias);
    return (await addonOf(api, app, candidate, run.signal)) !== null;
  });
  if ('refused' in exists) return exists.refused;
  if (!exists.value) {
    await run.fence();
    const running = cli.start(createAddon(settings, candidate), { signal: run.signal });
    await running.ended;
    run.signal.throwIfAborted();
    const isThere = () => addonOf(api, app, candidate, run.signal);
    const addon = await until(tools, tools.options.settle, isThere, (found) => found !== null, run.signal);
    if (addon === null) {
      return untouched(`nothing was made: ${app} has no ${candidate}. The CLI said: ${cli.excerpt(running.said())}`);
    }
  }
  return available(tools, settings, candidate, run);
}

/** Waits until it can be written to. */
async function available(tools: Tools, { app }: Settings, name: string, run: Run): Promise<Outcome> {
  const { api, options } = tools;
  const alias = candidateAlias(name);
  run.progress({ percent: null, note: `${name} is being prepared` });
  const look = async () => {
    const addon = await addonOf(api, app, name, run.signal);
    if (addon === null || addon.state !== 'provisioned') return { addon, ready: false };
    const path = `/client/v11/databases/${addon.id}/wait_status`;
    const status = await api.find(path, WaitStatus, { host: 'data', signal: run.signal });
    return { addon, ready: status?.['waiting?'] === false };
  };
  const { addon, ready } = await until(
    tools,
    options.ready,
    look,
    (seen) => seen.ready || seen.addon === null,
    run.signal,
  );
  if (addon === null) return failed(`${name} disappeared from ${app} while it was being prepared`);
  if (!ready) return failed(`${name} is still ${addon.state} after ${options.ready / 60_000} min`);
  const attachments = await patiently(tools, () => attachmentsOf(api, app, run.signal), run.signal);
  const attached = attachments.some((attachment) => attachment.name === alias && attachment.addon.id === addon.id);
  const says = [`${name} (${addon.plan.name}) is available`, `attached to ${app} as ${alias}`];
  return attached ? done(says) : unverified(`${name} is not attached as ${alias}`, says.slice(0, 1));
}

function aliasTaken(app: string, alias: string): Refusal {
  return new Refusal('name-taken', `${app} has a database attached as ${alias} already.`, 'Ask for a new plan.');
}
