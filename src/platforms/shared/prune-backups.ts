// The action backups.prune: deletes files that the retention no longer keeps, after judging them once more (S13, P13, G2).
import type { Opening } from '../../archives/open-store.ts';
import type { Action, Args, Outcome, Run } from '../../core/action.ts';
import { LeaseLost, Refusal, reasonOf } from '../../core/errors.ts';
import type { Backup, Copy } from '../../core/facts.ts';
import { canonical } from '../../core/json.ts';
import { done, failed, prepared, untouched } from '../../core/outcomes.ts';
import { type Held, retain } from '../../core/retention.ts';
import type { System } from '../../core/system.ts';
import { count, list, megabytes } from '../../core/wording.ts';
import { archivesOf, type OurPlace, offsiteOf } from './places.ts';

type A = Args<'backups.prune'>;

export type PruneOptions = Opening & {
  readonly now: () => Date;
  /** What must not be deleted, asked at the last moment: `ids` are the backups that are there, `except` is who asks. */
  held(system: string, ids: readonly string[], except: string): Promise<Held>;
};

export function pruneBackups(options: PruneOptions): Action<A> {
  return {
    describe: ({ environment, place, remove }, system) => {
      const { name } = placeOf(options, system, { environment, place }).store;
      return `delete ${count(remove.length, 'file')} with their manifests from ${name}`;
    },

    async do(args, run) {
      const ready = await prepared(run, async () => {
        const place = placeOf(options, run.system, args);
        const there = await place.list(run.signal);
        return { place, there, problem: await objection(options, args, there, run) };
      });
      if ('refused' in ready) return ready.refused;
      const { place, there, problem } = ready.value;
      if (problem !== null) return untouched(problem);
      return await remove(place, args, there, run);
    },

    async probe(args, run) {
      const place = placeOf(options, run.system, args);
      const left = leftOf(args, await place.list(run.signal));
      // Of some that are gone the rest is deleted as well, judged once more.
      return left.length > 0 ? { is: 'not_happened' } : { is: 'happened', outcome: gone(place, args, 0) };
    },

    undo: { not: 'what is deleted is gone' },
  };
}

function placeOf(opening: Opening, system: System, { environment, place }: Pick<A, 'environment' | 'place'>): OurPlace {
  const found =
    place === 'archives' ? archivesOf(opening, system, environment) : offsiteOf(opening, system, environment);
  if (found !== null) return found;
  throw new Refusal(
    'no-such-place',
    `The settings of ${environment} of ${system.title} no longer name the place of these backups.`,
    'Plan it again.',
  );
}

/** Why nothing may be deleted as planned; null when everything is as it was. */
async function objection(
  { now, held }: PruneOptions,
  { remove }: A,
  there: readonly (Backup | Copy)[],
  { system, operation }: Run,
): Promise<string | null> {
  const planned = new Map(remove.map((backup) => [backup.id, backup]));
  const changed = there.filter((one) => {
    const then = planned.get(one.id);
    return then !== undefined && canonical(asPlanned(one)) !== canonical(then);
  });
  if (changed.length > 0) return `${namesOf(changed)}: no longer what was planned to be deleted`;
  const ids = there.map((one) => ('of' in one ? one.of : one.id));
  const { kept } = retain(there, system.backups.tiers ?? {}, await held(system.name, ids, operation), now());
  const saved = kept.filter(({ backup }) => planned.has(backup.id));
  if (saved.length === 0) return null;
  return `must be kept by now: ${list(saved.map(({ backup, why }) => `${backup.id} (${why})`))}`;
}

function asPlanned({ id, kind, state, startedAt, finishedAt, bytes, sha256 }: Backup | Copy): Backup {
  return { id, kind, state, startedAt, finishedAt, bytes, sha256 };
}

async function remove(place: OurPlace, args: A, there: readonly Backup[], run: Run): Promise<Outcome> {
  const { signal } = run;
  const todo = leftOf(args, there);
  try {
    for (const [at, { id }] of todo.entries()) {
      await run.fence();
      await place.store.remove(id, { signal });
      run.progress({ percent: Math.floor(((at + 1) / todo.length) * 99), note: `${at + 1} of ${todo.length} deleted` });
    }
  } catch (thrown) {
    signal.throwIfAborted();
    if (thrown instanceof LeaseLost) throw thrown;
    return await broken(place, args, reasonOf(thrown), run);
  }
  const left = leftOf(args, await place.list(signal));
  if (left.length > 0) return failed(`read back, there still is ${namesOf(left)} in ${place.store.name}`);
  return gone(place, args, todo.length);
}

/** It is certain that something was begun: what is gone is read, and told. */
async function broken(place: OurPlace, args: A, why: string, { signal }: Run): Promise<Outcome> {
  try {
    const left = leftOf(args, await place.list(signal));
    const deleted = args.remove.length - left.length;
    return failed(
      `${why}; ${deleted} of ${count(args.remove.length, 'backup')} are gone, still there: ${namesOf(left)}`,
    );
  } catch (thrown) {
    signal.throwIfAborted();
    return failed(`${why}; how many are gone could not be read: ${reasonOf(thrown)}`);
  }
}

function leftOf({ remove }: A, there: readonly Backup[]): Backup[] {
  const planned = new Set(remove.map(({ id }) => id));
  return there.filter(({ id }) => planned.has(id));
}

function gone({ store }: OurPlace, { remove }: A, now: number): Outcome {
  const bytes = remove.reduce((sum, backup) => sum + (backup.bytes ?? 0), 0);
  const before = remove.length - now;
  const says = [
    `${count(remove.length, 'backup')} are gone from ${store.name}: ${megabytes(bytes)}; read back, none of them is listed.`,
    ...(before === 0 ? [] : [`${before} of them had been gone before.`]),
  ];
  return done(says, { removed: remove.map(({ id }) => id) });
}

const SHOWN = 5;

function namesOf(backups: readonly Backup[]): string {
  const names = backups.slice(0, SHOWN).map(({ id }) => id);
  const rest = backups.length - names.length;
  return list([...names, ...(rest === 0 ? [] : [`${rest} more`])]);
}
