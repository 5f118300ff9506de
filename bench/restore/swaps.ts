// Makes the warm candidate live and goes back again, while a client polls; then everything is as it was before.
import pg from 'pg';
import { Secret } from '../../src/core/secret.ts';
import { databaseFacts } from '../../src/postgres/database-facts.ts';
import { reversed, type Swap } from '../../src/postgres/swap/databases.ts';
import { type Ground, LIVE, WARM } from './ground.ts';
import { type Measured, nothing } from './measured.ts';
import { type Seen, startPoller } from './poller.ts';
import { ask, difference, truthOf } from './truth.ts';

export async function promoteAndUndo(ground: Ground): Promise<Measured> {
  const server = new Secret(ground.server.url);
  const [live, warm] = await Promise.all([databaseFacts(server, LIVE), databaseFacts(server, WARM)]);
  if (live === null || warm === null) throw new Error('the databases of the swap are not there');
  const swap = {
    live: LIVE,
    candidate: WARM,
    previous: 'bank_before_op_1',
    identities: { live: live.identity, candidate: warm.identity },
  };
  const back = reversed(swap);
  if (back === null) throw new Error('there is no way back');
  const promoted = await watched(ground, swap, true);
  const there = await notTheTruth(ground, warm.identity, promoted.seen);
  await ground.settle();
  const undone = await watched(ground, back, false);
  const again = await notTheTruth(ground, live.identity, undone.seen);
  await makeWarmAgain(ground, warm.comment ?? '');
  return {
    ...nothing,
    phases: { ...promoted.phases, undo: undone.phases['swap'] ?? Number.NaN },
    peaks: promoted.peaks,
    wrong: [...promoted.wrong, ...there, ...again],
    seen: { promote: promoted.seen, undo: undone.seen },
  };
}

async function watched({ server, customers, holdfast }: Ground, swap: Swap, check: boolean) {
  const poller = await startPoller(server.urlOf(LIVE), customers);
  const job = { part: 'swap', server: server.urlOf(LIVE), live: LIVE, name: WARM, swap, check } as const;
  const done = await holdfast.run(job);
  return { ...done, seen: await poller.stop() };
}

/** The client must have been answered by the new database in the end, and the live name must hold everything. */
async function notTheTruth(ground: Ground, identity: string, { databases, wrong }: Seen): Promise<string[]> {
  const differs = difference(ground.truth.clear, await truthOf(ground.server.urlOf(LIVE), { masked: false }));
  const oid = identity.split('/').at(-1);
  return [
    ...(differs === null ? [] : [differs]),
    ...(databases.length === 2 && databases.at(-1) === oid
      ? []
      : [`clients were answered by databases ${databases.join(', ')}, in the end not by ${oid}`]),
    ...(wrong === 0 ? [] : [`clients got ${wrong} wrong answers`]),
  ];
}

/** After the way back it is closed and marked as put aside. */
async function makeWarmAgain({ server }: Ground, comment: string): Promise<void> {
  await ask(
    server.url,
    `alter database ${WARM} allow_connections true`,
    `comment on database ${WARM} is ${pg.escapeLiteral(comment)}`,
  );
}
