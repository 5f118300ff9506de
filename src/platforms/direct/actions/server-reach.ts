// server.reach: does Holdfast still get to the server and to its machine? Asked behind what people have changed around it (F8, F10).
import { setTimeout as sleep } from 'node:timers/promises';
import type { Action, Args, Run } from '../../../core/action.ts';
import { reasonOf } from '../../../core/errors.ts';
import { onlyReads } from '../../../core/only-reads.ts';
import { done, failed } from '../../../core/outcomes.ts';
import { purposeOf } from '../../../core/purpose.ts';
import { megabytes } from '../../../core/wording.ts';
import { onServer } from '../../../postgres/database-facts.ts';
import type { Tools } from '../reach.ts';

type A = Args<'server.reach'>;

/** Rules of a network take effect a little later, and a server that was stopped takes a moment to start. */
const PATIENCE_MS = 60_000;
const PAUSE_MS = 2_000;

/** `patienceMs`: how long it is asked again before that is an answer. */
export function serverReach(tools: Pick<Tools, 'reach'>, { patienceMs = PATIENCE_MS } = {}): Action<A> {
  return {
    ...onlyReads,
    describe: () => 'SELECT 1, and the free space of its disk',

    async do({ environment }, run) {
      const until = Date.now() + patienceMs;
      for (;;) {
        try {
          return done([await answerOf(tools, environment, run)]);
        } catch (thrown) {
          run.signal.throwIfAborted();
          if (Date.now() > until) {
            return failed(
              `Holdfast does not reach ${environment} any more: ${reasonOf(thrown)}. Let its own address through, and see that the server runs; then ask again`,
            );
          }
        }
        await sleep(PAUSE_MS, undefined, { signal: run.signal });
      }
    },
  };
}

async function answerOf(tools: Pick<Tools, 'reach'>, environment: string, run: Run): Promise<string> {
  const { live, name, disk } = await tools.reach(run.system, environment);
  const connection = { readOnly: true, purpose: purposeOf(run), timeoutSeconds: 30, signal: run.signal };
  await onServer(live, connection, (query) => query('select 1'));
  const space = await disk(run.signal);
  const machine = space === null ? '' : `, and so does its machine: ${megabytes(space.freeBytes)} are free there`;
  return `The server of ${name} answers${machine}.`;
}
