// After a swap that broke off behind the closed door: what happened is read, and the live database takes connections again.
import { setTimeout as sleep } from 'node:timers/promises';
import { Fault, Refusal, reasonOf } from '../../core/errors.ts';
import type { Secret } from '../../core/secret.ts';
import type { Query } from '../connect.ts';
import { onServer } from '../database-facts.ts';
import { databasesOf, stateOf } from './databases.ts';
import { type Attempt, type Backend, type Promoted, wasInTheWay } from './door.ts';
import { openingStatements, PATIENCE_MS } from './statements.ts';

/** A server that crashed comes back within this, or a person is needed. */
const COME_BACK_MS = 30_000;

/** Returns when the swap had happened all the same; otherwise throws, with the live database open again. */
export async function settle(server: Secret, attempt: Attempt, thrown: unknown, purpose: string): Promise<Promoted> {
  const { swap } = attempt;
  const began = attempt.began ?? performance.now();
  const state = await patiently(began, async () => {
    const connection = { readOnly: false, purpose, timeoutSeconds: 10, apartFrom: [swap.live, swap.candidate] };
    return await onServer(server, connection, (query) => putRight(query, attempt));
  }).catch((cause: unknown) => {
    const order = openingStatements([swap.live]).slice(1, -1).join('');
    throw new Fault(`opening ${swap.live} again after a swap that broke off (${reasonOf(thrown)}); by hand: ${order}`, {
      cause,
    });
  });
  const unavailableMs = performance.now() - began;
  if (state === 'promoted') return { unavailableMs, endedSessions: null, identity: swap.identities.candidate };
  if (state === 'not_promoted' && wasInTheWay(thrown)) {
    throw new Refusal(
      'sessions-stay',
      `The sessions of ${swap.live} could not be ended within ${PATIENCE_MS / 1000} s. It is live as before, and was closed for ${Math.round(unavailableMs)} ms.`,
      'Stop the services that use it, then ask again.',
    );
  }
  throw new Fault(`promoting ${swap.candidate}`, { cause: thrown });
}

async function patiently<T>(began: number, attempt: () => Promise<T>): Promise<T> {
  for (;;) {
    try {
      return await attempt();
    } catch (thrown) {
      if (performance.now() - began > COME_BACK_MS) throw thrown;
    }
    await sleep(100);
  }
}

async function putRight(query: Query, { swap, backend, reopen }: Attempt) {
  if (backend !== null) await endOurs(query, backend);
  const found = await databasesOf(query, swap);
  const state = stateOf(swap, found);
  if (state === 'promoted') return state;
  const closed = found.filter(({ identity, open }) => !open && reopen.includes(identity)).map(({ name }) => name);
  if (closed.length > 0) await query(openingStatements(closed).join(';\n'));
  return state;
}

/** Our former session works on at the server when only the connection broke: until it is gone, nothing that is read holds. */
async function endOurs(query: Query, { pid, started }: Backend): Promise<void> {
  const ended = await query<{ gone: boolean }>(
    `select pg_terminate_backend(pid, 2000) as gone from pg_stat_activity where pid = $1 and backend_start::text = $2`,
    [pid, started],
  );
  if (ended.some(({ gone }) => !gone)) throw new Fault('ending our former session');
}
