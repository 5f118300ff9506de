// database.promote: puts a candidate into use by renaming schemas, with the rows of auth that belong to it, in one transaction.
import { z } from 'zod';
import type { Action, Args, Outcome, Run } from '../../../core/action.ts';
import { Fault, Refusal, reasonOf } from '../../../core/errors.ts';
import { done, evidence, prepared } from '../../../core/outcomes.ts';
import { purposeOf } from '../../../core/purpose.ts';
import type { Secret } from '../../../core/secret.ts';
import { withDatabase } from '../../../postgres/connect.ts';
import type { Tools } from '../../direct/reach.ts';
import { isShelfName } from '../names.ts';
import { storageOf } from '../reach.ts';
import {
  type Exchange,
  type Exchanged,
  exchangeSchemas,
  exchangeState,
  mustBePromoted,
  reversed,
} from '../schemas/exchange.ts';
import { shelfOf } from '../schemas/shelf.ts';
import { asking } from '../scratch.ts';
import { bucketsSay } from '../storage/evidence.ts';
import { recreateBuckets } from '../storage/recreate-buckets.ts';

type A = Args<'database.promote'>;

/** Read before the intent: by these the schemas are told apart, whatever they are called afterwards. */
const Before = z.object({ live: z.string(), candidate: z.string() });

const LIVE = 'public is the schema that was built as';

export function databasePromote(tools: Tools): Action<A> {
  const exchangeOf = async ({ environment, promote: candidate, previous }: A, run: Run) => {
    const { live } = await tools.reach(run.system, environment);
    const exchange: Exchange = { candidate, previous, identities: Before.parse(run.before) };
    return { live, exchange };
  };

  return {
    describe: ({ promote: candidate, previous }) =>
      `BEGIN; ALTER SCHEMA public RENAME TO ${previous}; ALTER SCHEMA ${candidate} RENAME TO public; the rows of auth that belong to them; COMMIT`,

    async before({ environment, promote: candidate, previous }, run) {
      const { live } = await tools.reach(run.system, environment);
      const [here, next] = await asking(live, run, (query) => both(query, candidate), { readOnly: true });
      if (next === null || !isShelfName(candidate) || !isShelfName(previous)) {
        throw new Refusal('candidate-gone', `There is no candidate ${candidate}.`, 'Ask for a new plan.');
      }
      if (here === null)
        throw new Refusal('no-public', 'There is no schema public.', 'CREATE SCHEMA public, then ask again.');
      return { live: here.identity, candidate: next.identity };
    },

    async do(args, run) {
      const ready = await prepared(run, () => exchangeOf(args, run));
      if ('refused' in ready) return ready.refused;
      const { live, exchange } = ready.value;
      const state = await asking(live, run, (query) => exchangeState(query, exchange));
      if (state === 'promoted') return promoted(exchange, null, ['It had been exchanged already.']);
      const keep = { operation: run.operation, until: keptUntil(args, run) };
      const exchanged = await prepared(run, () => exchangeNow(live, exchange, args, keep, run));
      if ('refused' in exchanged) return await afterRefusal(live, exchange, run, exchanged.refused);
      const { gapMs, came, says } = exchanged.value;
      return promoted(exchange, gapMs, [
        `Whoever wrote waited for ${Math.round(gapMs)} ms at the most; nobody was disconnected.`,
        `What was in use is kept as ${exchange.previous}, with its people and their sessions.`,
        came === 'candidate' ? 'Nobody is signed in.' : 'Whoever was signed in then is signed in again.',
        ...says,
        ...(came === 'candidate' ? await makeBuckets(tools, args, run) : []),
      ]);
    },

    async probe(args, run) {
      const { live, exchange } = await exchangeOf(args, run);
      const state = await asking(live, run, (query) => exchangeState(query, exchange));
      if (state === 'not_promoted') return { is: 'not_happened' };
      if (state === 'promoted') return { is: 'happened', outcome: promoted(exchange, null, []) };
      return { is: 'unknown', why: `public, ${exchange.candidate} and ${exchange.previous} are not as planned` };
    },

    undo: {
      how: 'the schemas are exchanged again, with the rows of auth that belong to them',
      async run(args, _output, run) {
        const { live, exchange } = await exchangeOf(args, run);
        if ((await asking(live, run, (query) => exchangeState(query, exchange))) === 'not_promoted') {
          return evidence(['public is what it was before.']);
        }
        const keep = { operation: run.operation, until: null };
        const { gapMs } = await exchangeNow(live, reversed(exchange), args, keep, run);
        return evidence([
          `public is what it was before, with its people, read back; whoever wrote waited for ${Math.round(gapMs)} ms.`,
        ]);
      },
    },
  };
}

async function both(query: Parameters<typeof shelfOf>[0], candidate: string) {
  return [await shelfOf(query, 'public'), await shelfOf(query, candidate)] as const;
}

/** Without the signal: an exchange that has begun must not be left half way by ourselves. */
async function exchangeNow(
  live: Secret,
  exchange: Exchange,
  { environment }: A,
  keep: { readonly operation: string; readonly until: string | null },
  run: Run,
): Promise<Exchanged> {
  const masked = run.system.environments[environment]?.masked === true;
  run.signal.throwIfAborted();
  return await withDatabase(live, { readOnly: false, purpose: purposeOf(run), timeoutSeconds: 180 }, async (query) => {
    const exchanged = await inFault(exchange, () =>
      exchangeSchemas(query, exchange, { ...keep, masked }, () => run.fence()),
    );
    await mustBePromoted(query, exchange);
    return exchanged;
  });
}

/** What the server said becomes a Fault: a refused transaction has changed nothing, which is read back. */
async function inFault<T>({ candidate }: Exchange, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (thrown) {
    if (thrown instanceof Error && 'severity' in thrown)
      throw new Fault(`putting ${candidate} into use`, { cause: thrown });
    throw thrown;
  }
}

function promoted({ candidate, identities }: Exchange, unavailableMs: number | null, says: readonly string[]): Outcome {
  return done([`${LIVE} ${candidate}, read back by its identity.`, ...says], {
    live: identities.candidate,
    unavailableMs,
  });
}

/** A refusal leaves everything untouched, unless the exchange has happened all the same. */
async function afterRefusal(live: Secret, exchange: Exchange, run: Run, refused: Outcome): Promise<Outcome> {
  const state = await asking(live, run, (query) => exchangeState(query, exchange));
  if (state === 'not_promoted') return refused;
  throw new Fault(`putting ${exchange.candidate} into use`, { cause: 'why' in refused ? refused.why : state });
}

function keptUntil({ environment }: A, { system }: Run): string | null {
  const days = system.environments[environment]?.keepDays;
  return days === undefined ? null : new Date(Date.now() + days * 86_400_000).toISOString();
}

/** The bucket structure of the protected environment (B6). What cannot be made is said: the data is in use by now. */
async function makeBuckets(tools: Tools, { environment }: A, run: Run): Promise<string[]> {
  const { of } = run.system.backups;
  if (environment === of) return [];
  try {
    const from = storageOf(tools, run.system, of);
    const to = storageOf(tools, run.system, environment);
    if (from === null || to === null) return [];
    const wanted = (await from.client.buckets(run.signal)).filter(({ name }) => to.settings.buckets.includes(name));
    return bucketsSay(await recreateBuckets(to.client, wanted, run.signal));
  } catch (thrown) {
    run.signal.throwIfAborted();
    return [`The buckets of ${of} were not made in ${environment}: ${reasonOf(thrown)}.`];
  }
}
