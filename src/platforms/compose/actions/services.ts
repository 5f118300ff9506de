// services.stop and services.start: one service after the other, read back from the engine. Each takes back only what it has changed.
import { z } from 'zod';
import type { Action, Args, Evidence, Run } from '../../../core/action.ts';
import type { Check } from '../../../core/check.ts';
import { Fault, reasonOf } from '../../../core/errors.ts';
import { done, evidence, failed, prepared } from '../../../core/outcomes.ts';
import { list } from '../../../core/wording.ts';
import type { Compose } from '../compose-cli.ts';
import type { Container } from '../containers.ts';
import type { HandsOn } from '../hands.ts';

type A = Args<'services.stop'>;

/** Which of the services ran before: those that were stopped already are nobody's to start. */
const Before = z.object({ ran: z.array(z.string()) });

const QUIET: readonly Container['state'][] = ['created', 'exited', 'dead'];

/** How long each is watched before the next is started, and the last one. */
const WATCH_MS = 1_000;
const LAST_WATCH_MS = 3_000;
/** A health check that takes longer is told of. */
const HEALTHY_MS = 60_000;

export function servicesStop(handsOn: HandsOn): Action<A> {
  return {
    describe: ({ services }) => `docker compose stop ${services.toReversed().join(', then ')}`,
    before: (args, run) => ranBefore(handsOn, args, run),

    do: (args, run) =>
      change(handsOn, args, run, async (compose) => {
        await run.fence();
        return done(await stopAll(compose, args.services, run));
      }),

    async probe(args, run) {
      const running = runningOf(await look(handsOn, args, run));
      if (args.services.some((service) => running.has(service))) return { is: 'not_happened' };
      return { is: 'happened', outcome: done([`${list(args.services.toReversed())}: none runs.`]) };
    },

    undo: {
      how: 'those that were running are started again',
      run: (args, _output, run) => takeBack(handsOn, args, run, 'start'),
    },
  };
}

export function servicesStart(handsOn: HandsOn): Action<A> {
  return {
    describe: ({ services }) => `docker compose up --detach --no-deps --no-recreate ${services.join(', then ')}`,
    before: (args, run) => ranBefore(handsOn, args, run),

    do: (args, run) =>
      change(handsOn, args, run, async (compose) => {
        await run.fence();
        const { says, checks } = await startAll(compose, args.services, run);
        return done(says, null, checks);
      }),

    async probe(args, run) {
      const containers = await look(handsOn, args, run);
      const up = args.services.every((service) => containers.some((one) => one.service === service));
      if (!up || containers.some(({ state, health }) => state !== 'running' || health === 'starting')) {
        return { is: 'not_happened' };
      }
      return {
        is: 'happened',
        outcome: done([`${list(args.services)}: all of them run.`], null, unwell(containers)),
      };
    },

    undo: {
      how: 'those that were not running are stopped again',
      run: (args, _output, run) => takeBack(handsOn, args, run, 'stop'),
    },
  };
}

async function ranBefore(handsOn: HandsOn, args: A, run: Run) {
  const running = runningOf(await look(handsOn, args, run));
  return { ran: args.services.filter((service) => running.has(service)) };
}

/** What went wrong in the middle has left some services as they were and others not: that is to be taken back. */
async function change(
  handsOn: HandsOn,
  { environment }: A,
  run: Run,
  act: (compose: Compose) => Promise<ReturnType<typeof done>>,
) {
  const ready = await prepared(run, async () => (await handsOn(run.system, environment)).open(run.signal));
  if ('refused' in ready) return ready.refused;
  try {
    return await act(ready.value);
  } catch (thrown) {
    run.signal.throwIfAborted();
    if (thrown instanceof Fault) return failed(reasonOf(thrown));
    throw thrown;
  }
}

async function takeBack(handsOn: HandsOn, { environment, services }: A, run: Run, by: 'start' | 'stop') {
  const { ran } = Before.parse(run.before);
  const concerned = services.filter((service) => ran.includes(service) === (by === 'start'));
  if (concerned.length === 0) return evidence([`There was nothing to ${by}.`]);
  const compose = await (await handsOn(run.system, environment)).open(run.signal);
  await run.fence();
  return by === 'start' ? startAll(compose, concerned, run) : evidence(await stopAll(compose, concerned, run));
}

async function stopAll(compose: Compose, services: readonly string[], { signal, progress }: Run): Promise<string[]> {
  const order = services.toReversed();
  for (const service of order) {
    progress({ percent: null, note: `stopping ${service}` });
    await compose.stop([service], { signal });
  }
  return [`Stopped ${list(order)}, one after the other; read back: none runs.`];
}

/** Whether the application is well is for the health check to say: here it is told. */
async function startAll(compose: Compose, services: readonly string[], { signal, progress }: Run): Promise<Evidence> {
  const started: Container[] = [];
  for (const [at, service] of services.entries()) {
    progress({ percent: null, note: `starting ${service}` });
    const watchMs = at === services.length - 1 ? LAST_WATCH_MS : WATCH_MS;
    started.push(...(await compose.up([service], { signal, watchMs, health: 'told', healthyWithinMs: HEALTHY_MS })));
  }
  // The first ones have had the time of all others to end, or to be started again by their restart policy.
  const containers = (await compose.ps(signal)).filter(({ service }) => services.includes(service));
  const gone = started.find((one) => !containers.some((now) => isStillUp(one, now)));
  if (gone !== undefined) throw new Fault(`seeing ${list(services)} run`, { cause: `${gone.name} did not stay up` });
  return evidence([`Started ${list(services)}, one after the other; each has stayed up.`], unwell(containers));
}

function isStillUp(then: Container, now: Container): boolean {
  return now.id === then.id && now.state === 'running' && now.startedAt === then.startedAt;
}

function unwell(containers: readonly Container[]): Check[] {
  const ill = containers.filter(({ health }) => health !== null && health !== 'healthy');
  return ill.map(({ name, health }) => ({ name, status: 'warn', figure: `its own health check says ${health}` }));
}

async function look(handsOn: HandsOn, { environment, services }: A, run: Run): Promise<Container[]> {
  const hands = await handsOn(run.system, environment);
  const all = await hands.containers(run.signal);
  return all.filter(({ service }) => services.includes(service));
}

function runningOf(containers: readonly Container[]): ReadonlySet<string> {
  return new Set(containers.filter(({ state }) => !QUIET.includes(state)).map(({ service }) => service));
}
