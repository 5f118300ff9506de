// database.promote: makes a candidate the live database by two renames in one transaction. Undone by the same with the names exchanged.
import { z } from 'zod';
import type { Action, Args, Outcome, Run } from '../../../core/action.ts';
import { Fault, Refusal } from '../../../core/errors.ts';
import { done, evidence, failed, prepared, untouched } from '../../../core/outcomes.ts';
import { purposeOf } from '../../../core/purpose.ts';
import type { Secret } from '../../../core/secret.ts';
import { count } from '../../../core/wording.ts';
import { handOver } from '../../../postgres/candidate/hand-over.ts';
import { candidateMark, markCandidate } from '../../../postgres/candidate/mark.ts';
import { databaseName } from '../../../postgres/connect.ts';
import { databaseFacts } from '../../../postgres/database-facts.ts';
import { reversed, type Swap } from '../../../postgres/swap/databases.ts';
import type { Promoted } from '../../../postgres/swap/door.ts';
import { promote, swapState } from '../../../postgres/swap/promote.ts';
import type { Tools } from '../reach.ts';

type A = Args<'database.promote'>;

/** Read before the intent: by these the databases are told apart, whatever they are called afterwards. */
const Before = z.object({ live: z.string().nullable(), candidate: z.string() });

export function databasePromote(tools: Tools): Action<A> {
  const swapOf = async ({ environment, promote: candidate, previous }: A, run: Run) => {
    const { live: server, owner } = await tools.reach(run.system, environment);
    const swap: Swap = { live: databaseName(server), candidate, previous, identities: Before.parse(run.before) };
    return { server, swap, owner };
  };

  return {
    describe: ({ promote: candidate, previous }) =>
      `BEGIN; ALTER DATABASE (live) RENAME TO ${previous}; ALTER DATABASE ${candidate} RENAME TO (live); COMMIT`,

    async before({ environment, promote: candidate }, run) {
      const { live: server } = await tools.reach(run.system, environment);
      const [live, next] = await Promise.all([
        databaseFacts(server, databaseName(server), run),
        databaseFacts(server, candidate, run),
      ]);
      if (next === null) {
        throw new Refusal('candidate-gone', `There is no database ${candidate}.`, 'Ask for a new plan.');
      }
      return { live: live?.identity ?? null, candidate: next.identity };
    },

    async do(args, run) {
      const ready = await prepared(run, () => swapOf(args, run));
      if ('refused' in ready) return ready.refused;
      const { server, swap, owner } = ready.value;
      const says: string[] = [];
      let promoted: Promoted;
      try {
        promoted = await promote(server, swap, {
          purpose: purposeOf(run),
          keep: { operation: run.operation, until: keptUntil(args, run) },
          signal: run.signal,
          fence: () => run.fence(),
          prepare: async () => void says.push(...(await handOverFor(server, swap, owner ?? null, run))),
        });
      } catch (thrown) {
        return await afterTrouble(server, swap, run, thrown);
      }
      const { unavailableMs, endedSessions } = promoted;
      return done(
        [
          `${swap.live} is the database that was built as ${swap.candidate}, read back by its identity.`,
          unavailableMs === null
            ? 'It had been exchanged already.'
            : `Unavailable for ${Math.round(unavailableMs)} ms; ${endedSessions === null ? 'sessions' : count(endedSessions, 'session')} ended.`,
          swap.identities.live === null
            ? `There was no ${swap.live} to be kept.`
            : `What was live is kept as ${swap.previous}, closed to connections.`,
          ...says,
        ],
        { live: swap.identities.candidate, unavailableMs },
      );
    },

    async probe(args, run) {
      const { server, swap } = await swapOf(args, run);
      const state = await swapState(server, swap, { purpose: purposeOf(run), signal: run.signal });
      if (state === 'not_promoted') return { is: 'not_happened' };
      if (state === 'unclear') {
        return { is: 'unknown', why: `${swap.live}, ${swap.candidate} and ${swap.previous} are not as planned` };
      }
      const says = [`${swap.live} is the database that was built as ${swap.candidate}, read back by its identity.`];
      return { is: 'happened', outcome: done(says, { live: swap.identities.candidate, unavailableMs: null }) };
    },

    undo: {
      how: 'the databases are exchanged again',
      async run(args, _output, run) {
        const { server, swap } = await swapOf(args, run);
        const options = { purpose: purposeOf(run), signal: run.signal };
        const back = reversed(swap);
        if (back === null && (await swapState(server, swap, options)) === 'not_promoted') {
          return evidence([`There is no ${swap.live}, as before.`]);
        }
        if (back === null) throw new Fault(`going back from ${swap.live}: there was no database before it`);
        // Where nothing was exchanged, only a door that was left closed is opened.
        const { unavailableMs } = await promote(server, back, {
          ...options,
          keep: { operation: run.operation, until: null },
          fence: () => run.fence(),
        });
        const gap = unavailableMs === null ? '' : `, unavailable for ${Math.round(unavailableMs)} ms`;
        return evidence([`${swap.live} is the database that it was before, read back by its identity${gap}.`]);
      },
    },
  };
}

/** A database that was live before, and comes back, was never ours. From here on a candidate does not count as ready any more. */
async function handOverFor(server: Secret, swap: Swap, owner: string | null, run: Run): Promise<string[]> {
  const options = { purpose: purposeOf(run), signal: run.signal };
  const mark = await candidateMark(server, swap.candidate, options);
  if (mark === null) return [];
  if (mark.state === 'checked') await markCandidate(server, swap.candidate, { state: 'loaded' }, options);
  return await handOver(server, { name: swap.candidate, live: swap.live, owner }, options);
}

/** Nothing was changed where that can be read: not exchanged, and not left closed by a swap that broke off. */
async function afterTrouble(server: Secret, swap: Swap, run: Run, thrown: unknown): Promise<Outcome> {
  run.signal.throwIfAborted();
  if (!(thrown instanceof Refusal) && !(thrown instanceof Fault)) throw thrown;
  const found = await readAgain(server, swap, run);
  // A refusal speaks before the door is closed, or when it is open again.
  if (found === 'as before' || (found === 'closed' && thrown instanceof Refusal)) return untouched(thrown.message);
  if (found === 'exchanged') throw new Fault(`exchanging ${swap.live}`, { cause: thrown });
  return failed(thrown.message);
}

type FoundAgain = 'as before' | 'closed' | 'exchanged' | 'no answer';

async function readAgain(server: Secret, swap: Swap, run: Run): Promise<FoundAgain> {
  const options = { purpose: purposeOf(run), signal: run.signal };
  try {
    if ((await swapState(server, swap, options)) !== 'not_promoted') return 'exchanged';
    const live = await databaseFacts(server, swap.live, options);
    return live === null || live.allowsConnections ? 'as before' : 'closed';
  } catch {
    run.signal.throwIfAborted();
    return 'no answer';
  }
}

function keptUntil({ environment }: A, { system }: Run): string | null {
  const days = system.environments[environment]?.keepDays;
  return days === undefined ? null : new Date(Date.now() + days * 86_400_000).toISOString();
}
