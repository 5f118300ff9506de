// services.check: behind the maintenance page, where the health endpoint cannot be asked (docs/adr/0004).

import { z } from 'zod';
import type { Action, Args, Run } from '../../../core/action.ts';
import type { Check } from '../../../core/check.ts';
import { reasonOf } from '../../../core/errors.ts';
import { done, failed } from '../../../core/outcomes.ts';
import { purposeOf } from '../../../core/purpose.ts';
import { withDatabase } from '../../../postgres/connect.ts';
import type { Api } from '../api.ts';
import { formationOf, liveDatabase, releasesOf } from '../readings.ts';
import { Dyno } from '../schema.ts';
import { settingsOf } from '../settings.ts';
import { isServed } from '../swap.ts';
import type { Tools } from '../tools.ts';
import { until } from '../waiting.ts';

type A = Args<'services.check'>;

export function servicesCheck(tools: Tools): Action<A> {
  return {
    describe: ({ environment }, system) => `heroku ps --app ${settingsOf(system, environment).app}; SELECT 1`,

    async do({ environment, database }, run) {
      const settings = settingsOf(run.system, environment);
      const { signal } = run;
      const read = () => processes(tools.api, settings.app, signal);
      const running = await until(tools, tools.options.ready, read, ({ status }) => status === 'pass', signal);
      const checks = [
        running,
        await setting(tools, environment, database, run),
        await answers(tools, environment, run),
      ];
      const bad = checks.filter(({ status }) => status === 'fail');
      const says = checks.map(({ name, figure }) => `${name}: ${figure}`);
      return bad.length === 0
        ? done(says, null, checks)
        : failed(bad.map(({ figure }) => figure).join('; '), says, checks);
    },

    probe: async () => ({ is: 'not_happened' }),

    undo: { not: 'it only looks' },
  };
}

/** Every process that should run is up, on the newest release. One-off and release processes do not count. */
async function processes(api: Api, app: string, signal: AbortSignal): Promise<Check> {
  const [dynos, formation, releases] = await Promise.all([
    api.get(`/apps/${app}/dynos`, z.array(Dyno), { signal }),
    formationOf(api, app, signal),
    releasesOf(api, app, signal),
  ]);
  const name = 'Processes';
  const current = releases.find((release) => release.current);
  if (current === undefined) return { name, status: 'fail', figure: `${app} has no current release` };
  const wanted = formation.filter(({ type, quantity }) => type !== 'release' && quantity > 0);
  const need = wanted.reduce((sum, { quantity }) => sum + quantity, 0);
  const counted = dynos.filter(({ type }) => wanted.some((process) => process.type === type));
  const up = counted.filter(({ state, release }) => isUp(state) && release?.version === current.version);
  const others = counted.filter((dyno) => !up.includes(dyno)).map((dyno) => `${dyno.name} is ${dyno.state}`);
  const figure = [`${up.length} of ${need} up on v${current.version}`, ...others.slice(0, 3)].join(', ');
  return { name, status: need > 0 && up.length >= need && others.length === 0 ? 'pass' : 'fail', figure };
}

/** A process that sleeps for want of visitors wakes up with the next one. */
function isUp(state: string): boolean {
  return state === 'up' || state === 'idle';
}

async function setting(tools: Tools, environment: string, database: string, run: Run): Promise<Check> {
  const settings = settingsOf(run.system, environment);
  const name = 'Database setting';
  const live = await liveDatabase(tools.api, settings, run.signal);
  const served = await isServed(tools, { settings, to: database, after: null }, run);
  const right = live.name === database && served !== false;
  return {
    name,
    status: right ? 'pass' : 'fail',
    figure: `${settings.database}_URL belongs to ${live.name}${right ? '' : `, not to ${database}`}`,
  };
}

async function answers(tools: Tools, environment: string, run: Run): Promise<Check> {
  const { system, signal } = run;
  const name = 'Database';
  try {
    const secret = await tools.connection(system, { environment, candidate: null });
    const options = { readOnly: true, purpose: purposeOf(run), timeoutSeconds: 10, signal };
    await withDatabase(secret, options, (query) => query('select 1'));
    return { name, status: 'pass', figure: 'answers SELECT 1' };
  } catch (thrown) {
    signal.throwIfAborted();
    return { name, status: 'fail', figure: `does not answer: ${tools.clean(reasonOf(thrown))}` };
  }
}
