// Whether a service that was just started stays up: a container that dies right after its start is no success.
import { setTimeout as sleep } from 'node:timers/promises';
import type { Container } from './containers.ts';

export type SettleOptions = {
  readonly signal: AbortSignal;
  /** How long it is watched: 3 s by default; with a health check at least until that says healthy. */
  readonly watchMs?: number;
  /** How long a health check may take to say so. Default: two minutes. */
  readonly healthyWithinMs?: number;
  /** `told`: one that runs but is not healthy counts as up, for others to judge. Default: `required`. */
  readonly health?: 'required' | 'told';
};

export type Settled =
  | { readonly is: 'up'; readonly containers: Container[] }
  /** `why` reads after a container's name or a comma: "provote_web_1 ended with exit code 1". */
  | { readonly is: 'down'; readonly why: string };

const LOOK_EVERY_MS = 300;

/** Watches the containers of one service; `before` is what was there of it before the start. */
export async function watchStart(
  before: readonly Container[],
  look: () => Promise<Container[]>,
  { signal, watchMs = 3_000, healthyWithinMs = 120_000, health = 'required' }: SettleOptions,
): Promise<Settled> {
  const since = Date.now();
  const first = await look();
  if (first.length === 0) return { is: 'down', why: 'it has no container' };
  for (let containers = first; ; containers = await look()) {
    const ill = containers.find((container) => container.health === 'unhealthy');
    const why = problemOf(containers, first, before);
    if (why !== null) return { is: 'down', why };
    if (ill !== undefined && health === 'required') return { is: 'down', why: `${ill.name} is unhealthy` };
    const waited = Date.now() - since;
    const starting = containers.find(({ health }) => health === 'starting');
    if (starting === undefined && waited >= watchMs) return { is: 'up', containers };
    if (starting !== undefined && waited >= healthyWithinMs) {
      if (health === 'told') return { is: 'up', containers };
      return { is: 'down', why: `${starting.name} was not healthy within ${Math.round(healthyWithinMs / 1000)} s` };
    }
    await sleep(LOOK_EVERY_MS, undefined, { signal });
  }
}

function problemOf(
  now: readonly Container[],
  first: readonly Container[],
  before: readonly Container[],
): string | null {
  const gone = first.find(({ id }) => !now.some((container) => container.id === id));
  if (gone !== undefined) return `${gone.name} was removed by somebody else`;
  for (const container of now) {
    const { id, name, state, exitCode } = container;
    const again = container.restarts - knownRestarts(container, before);
    if (again > 0) return `${name} ended and was started again ${again === 1 ? 'once' : `${again} times`}`;
    if (state === 'exited' || state === 'restarting' || state === 'dead')
      return `${name} ended with exit code ${exitCode}`;
    if (state !== 'running') return `${name} is ${state}`;
    const seen = first.find((other) => other.id === id);
    if (seen?.startedAt !== container.startedAt) return `${name} was started again by somebody else`;
  }
  return null;
}

/** One that had been running all the time keeps its count; for any other it begins anew with a start. */
function knownRestarts({ id, startedAt }: Container, before: readonly Container[]): number {
  const old = before.find((container) => container.id === id);
  return old?.state === 'running' && old.startedAt === startedAt ? old.restarts : 0;
}
