// server.recreate: a new, empty server where the old one cannot be started (P7). What is left of the old one is copied first.

import { z } from 'zod';
import type { Action, Args, Outcome, Run } from '../../../core/action.ts';
import { Fault, Refusal, reasonOf } from '../../../core/errors.ts';
import { done, failed, prepared, untouched } from '../../../core/outcomes.ts';
import { purposeOf } from '../../../core/purpose.ts';
import type { Parts, Reach } from '../../direct/reach.ts';
import type { Compose } from '../compose-cli.ts';
import type { Container } from '../containers.ts';
import type { Hands, HandsOn } from '../hands.ts';
import { isKept, keepVolume } from '../kept-volume.ts';
import { systemIdentifier, untilItAnswers } from '../new-server.ts';

type A = Args<'server.recreate'>;
type Options = Pick<Parts, 'reach'> & { readonly handsOn: HandsOn };

/** Read before the intent. What a container is called or a volume holds may come again; a container's id does not. */
const Before = z.object({
  containers: z.array(z.string()),
  /** What there was of the data: with it nothing is removed that was not copied. */
  volume: z.string().nullable(),
  /** Null when it did not answer. */
  server: z.string().nullable(),
});
type Before = z.infer<typeof Before>;

export function serverRecreate(options: Options): Action<A> {
  return {
    describe: ({ environment }, system) => {
      const { database, volume } = Object(system.environments[environment]?.settings);
      return `docker compose stop (all); cp -a (${volume}) (${volume}_before_op…); docker volume rm (${volume}); docker compose up ${database}`;
    },

    async before({ environment }, run): Promise<Before> {
      const old = await reached(options, environment, run);
      const [containers, volume, server] = await Promise.all([databases(old), dataVolume(old), answering(old)]);
      return { containers: containers.map(({ id }) => id), volume, server };
    },

    async do({ environment }, run): Promise<Outcome> {
      const ready = await prepared(run, async () => {
        const place = await reached(options, environment, run);
        const before = Before.parse(run.before);
        const server = await answering(place);
        return { place, before, server, made: server !== null && (await isNew(place, before)) };
      });
      if ('refused' in ready) return ready.refused;
      const { place, before, server, made } = ready.value;
      if (made) return done([`A new server ${server} answers already.`], { server });
      if (server !== null || before.server !== null) return untouched(ANSWERS);
      try {
        return await recreate(place, before);
      } catch (thrown) {
        run.signal.throwIfAborted();
        if (thrown instanceof Fault || thrown instanceof Refusal) return failed(reasonOf(thrown));
        throw thrown;
      }
    },

    async probe({ environment }, run) {
      const place = await reached(options, environment, run);
      const server = await answering(place);
      if (server === null || !(await isNew(place, Before.parse(run.before)))) return { is: 'not_happened' };
      return { is: 'happened', outcome: done([`A new server ${server} answers.`], { server }) };
    },

    undo: { not: 'the old server could not be started; what was left of it is kept in a volume beside' },
  };
}

const ANSWERS =
  'the server answers, and so is not made anew: restore into it (`/dr restore`); if it is damaged all the same, stop its container first, then ask again';

type Place = { readonly hands: Hands; readonly compose: Compose; readonly live: Reach['live']; readonly run: Run };

async function reached({ reach, handsOn }: Options, environment: string, run: Run): Promise<Place> {
  const hands = await handsOn(run.system, environment);
  const [compose, { live }] = await Promise.all([hands.open(run.signal), reach(run.system, environment)]);
  return { hands, compose, live, run };
}

/** Nothing of the old server is removed before its copy was read back. Whoever does it again goes on where it stands. */
async function recreate(place: Place, before: Before): Promise<Outcome> {
  const { hands, compose, live, run } = place;
  const { services, database } = hands.settings;
  const { signal } = run;
  await run.fence();
  run.progress({ percent: null, note: 'stopping everything' });
  await compose.stop([...services.toReversed(), database], { signal });
  const says = before.volume === null ? NOTHING_LEFT : await keep(place, before.volume);
  await run.fence();
  await removeOld(place, before);
  await compose.up([database], { signal, health: 'told' });
  run.progress({ percent: 80, note: 'waiting until the new server answers' });
  const server = await untilItAnswers(live, { signal, purpose: purposeOf(run) });
  if (!(await isNew(place, before))) throw new Fault('looking for the new server: what answers is the old one');
  return done([says, `A new, empty server ${server} answers, in a new volume.`], { server });
}

const NOTHING_LEFT = 'Of the old server nothing was left to be kept.';

/** Returns what is kept, in words. */
async function keep(place: Place, volume: string): Promise<string> {
  const { hands, compose, run } = place;
  const { settings, engine } = hands;
  // Made again where it is gone: by it is known which image has written the volume.
  const [container] = await compose.create(settings.database, run.signal);
  if (container === undefined || !container.volumes.includes(volume)) {
    throw new Refusal(
      'other-volume',
      `The service ${settings.database} does not use the volume ${volume}.`,
      'Mend `volume` in the system file.',
    );
  }
  const copy = copyOf(volume, container, run);
  if (await isKept(engine, copy, run.signal)) return `What was left of it is kept already in the volume ${copy.as}.`;
  run.progress({ percent: null, note: `copying what is left in ${volume}` });
  return await keepVolume(engine, { volume, ...copy }, run.signal);
}

/** The old container, and the volume where there was one: an attempt that was broken off may have made either anew. */
async function removeOld(place: Place, before: Before): Promise<void> {
  const { hands, compose, run } = place;
  const { signal } = run;
  if ((await databases(place)).length > 0) await compose.remove([hands.settings.database], { signal });
  const volume = await dataVolume(place);
  if (before.volume === null || volume === null) return;
  await hands.engine.docker(`removing the volume ${volume}`, ['volume', 'rm', volume], { signal });
}

/** A container that was made since then, on data that were made since then: the old ones are gone only when they are kept. */
async function isNew(place: Place, before: Before): Promise<boolean> {
  const running = (await databases(place)).find(({ state }) => state === 'running');
  const volume = await dataVolume(place);
  if (running === undefined || before.containers.includes(running.id)) return false;
  if (volume === null || !running.volumes.includes(volume)) return false;
  const { hands, run } = place;
  return before.volume === null || (await isKept(hands.engine, copyOf(before.volume, running, run), run.signal));
}

function copyOf(volume: string, { image }: Container, { operation }: Run) {
  return { as: `${volume}_before_${operation.replace('-', '')}`, image, operation };
}

/** The name of the volume with the data; null when it is gone. */
async function dataVolume({ hands, compose, run }: Place): Promise<string | null> {
  const found = (await compose.volumes(run.signal)).find(({ key }) => key === hands.settings.volume);
  return found?.name ?? null;
}

async function databases({ hands, run }: Place): Promise<Container[]> {
  return (await hands.containers(run.signal)).filter(({ service }) => service === hands.settings.database);
}

function answering({ live, run }: Place): Promise<string | null> {
  return systemIdentifier(live, { signal: run.signal, purpose: purposeOf(run) });
}
