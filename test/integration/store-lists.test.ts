// What the store finds: work that is due, consent that ran out, what is open and what has ended, proofs and durations.
import { afterAll, beforeEach, describe, expect, it } from 'vitest';
import type { Outcome } from '../../src/core/action.ts';
import type { Proof } from '../../src/core/facts.ts';
import type { Event } from '../../src/core/journal.ts';
import { lookOf, planOf } from '../support/plans.ts';
import { type OpenStore, startStores } from '../support/stores.ts';

const server = await startStores();
let store: OpenStore;
beforeEach(async () => {
  store = await server.open();
});
afterAll(() => server.stop());

const create = async (id: string, plan = lookOf) => {
  const operation = plan({
    operation: id,
    target: { environment: 'production', name: 'n', database: 'd', identity: id },
  });
  return store.operations.create(operation, { by: 'U1', command: id });
};
const CANCELLED: Event[] = [
  { type: 'stopped', outcome: 'cancelled', why: 'no', by: null },
  { type: 'finished', outcome: 'cancelled' },
];
const started: Event = { type: 'step_started', step: 's1', before: null };
const ended = (evidence: { proof?: Proof } = {}, adopted = false): Event => {
  const outcome: Outcome = { is: 'done', evidence: { checks: [], says: [], ...evidence }, output: null };
  return { type: 'step_ended', step: 's1', outcome, adopted };
};

describe('what is due', () => {
  it('is what has a next move', async () => {
    await create('op-1');
    await create('op-2', planOf);
    expect(await store.operations.due()).toEqual(['op-1', 'op-2']);
  });

  it('is not what waits for people', async () => {
    await create('op-1', planOf);
    await store.operations.change('op-1', () => [started, ended()]);
    await store.operations.change('op-1', () => [{ ...started, step: 's2' }, { ...ended(), step: 's2' } as Event]);
    expect(await store.operations.due()).toEqual([]);
    const vote: Event = { type: 'approved', by: 'U2', roles: [], digest: '' };
    await store.operations.change('op-1', () => [vote, { type: 'consented' }]);
    expect(await store.operations.due()).toEqual(['op-1']);
    await store.operations.change('op-1', () => [{ type: 'asked', step: 's3', why: 'unclear' }]);
    expect(await store.operations.due()).toEqual([]);
  });

  it('is not what a worker holds, until its lease runs out', async () => {
    await create('op-1');
    await store.operations.claim('op-1', 'w1', 60);
    expect(await store.operations.due()).toEqual([]);
    await store.sql(`update holdfast.operations set lease_until = now() - interval '1 ms'`);
    expect(await store.operations.due()).toEqual(['op-1']);
  });

  it('is found by the index of open operations, however many have ended', async () => {
    await create('op-1');
    await store.sql(`insert into holdfast.operations (id, command, system, environment, verb, headline, plan, digest,
        requested_by, target_identity, proposed_at, state, last_seq, ended_at)
      select 'op-' || n, 'c' || n, 's', 'e', 'verify', 'h', '{}', 'd', 'U1', 't', now(), 'succeeded', 1, now()
      from generate_series(1000, 6000) n`);
    await store.sql('analyze holdfast.operations');
    const plan = await store.sql(`explain select id, plan, digest from holdfast.operations where ended_at is null
      and state in ('queued') order by number`);
    expect(JSON.stringify(plan)).toContain('operations_open');
    expect(await store.operations.due()).toEqual(['op-1']);
  });
});

it('finds operations whose consent ran out, and no others', async () => {
  await create('op-1', planOf);
  await create('op-2');
  expect(await store.operations.expired()).toEqual([]);
  await store.sql(`update holdfast.operations set expires_at = now() - interval '1 ms' where id = 'op-1'`);
  expect(await store.operations.expired()).toEqual(['op-1']);
  await store.operations.change('op-1', () => CANCELLED);
  expect(await store.operations.expired()).toEqual([]);
});

it('keeps the time at which consent ends as the journal has it', async () => {
  const { expiresAt } = await create('op-1', planOf);
  const read = await store.sql(`select expires_at = $1::timestamptz as same from holdfast.operations`, [expiresAt]);
  expect(read).toEqual([{ same: true }]);
});

it('lists open operations oldest first and ended ones newest first, of one system or of all', async () => {
  for (const id of ['op-9', 'op-10', 'op-11', 'op-12']) await create(id);
  await store.operations.create(lookOf({ operation: 'op-13', system: 'other' }), { by: 'U1', command: 'x' });
  for (const id of ['op-10', 'op-11']) await store.operations.change(id, () => CANCELLED);
  const ids = async (list: Promise<readonly { id: string }[]>) => (await list).map(({ id }) => id);
  expect(await ids(store.operations.open(null))).toEqual(['op-9', 'op-12', 'op-13']);
  expect(await ids(store.operations.open('grayledger'))).toEqual(['op-9', 'op-12']);
  expect(await ids(store.operations.recent('grayledger', 5))).toEqual(['op-11', 'op-10']);
  expect(await ids(store.operations.recent(null, 1))).toEqual(['op-11']);
  expect(await ids(store.operations.recent('other', 5))).toEqual([]);
});

describe('proofs', () => {
  const proof = (backup: string, day: number) => ({
    ...{ system: 'grayledger', backup, operation: 'op-1', seconds: 42, tables: { entries: 4812 } },
    at: `2025-11-${day}T02:00:00.000Z`,
  });

  it('are remembered from the evidence of steps: the newest of a backup, or of any', async () => {
    for (const [id, shown] of Object.entries({
      'op-1': proof('a001', 20),
      'op-2': proof('a002', 21),
      'op-3': proof('a001', 18),
    })) {
      await create(id);
      await store.operations.change(id, () => [{ type: 'started' }, started, ended({ proof: shown })]);
    }
    expect(await store.operations.lastProof('grayledger', null)).toEqual(proof('a002', 21));
    expect(await store.operations.lastProof('grayledger', 'a001')).toEqual(proof('a001', 20));
    expect(await store.operations.lastProof('grayledger', 'a009')).toBeNull();
    expect(await store.operations.lastProof('other', null)).toBeNull();
  });

  it('are not taken from a step that failed', async () => {
    await create('op-1');
    const evidence = { says: [], checks: [], proof: proof('a001', 20) };
    const failed: Event = {
      ...{ type: 'step_ended', step: 's1', adopted: false },
      outcome: { is: 'failed', why: 'rows missing', evidence, untouched: true },
    };
    await store.operations.change('op-1', () => [{ type: 'started' }, started, failed]);
    expect(await store.operations.lastProof('grayledger', null)).toBeNull();
  });
});

describe('the usual duration of a step', () => {
  it('is unknown before it ran once', async () => {
    expect(await store.operations.usualSeconds('grayledger', 'backups.verify')).toBeNull();
  });

  const run = async (id: string, adopted: boolean) => {
    await create(id);
    await store.operations.change(id, () => [{ type: 'started' }, started]);
    await store.operations.change(id, () => [ended({}, adopted)]);
  };

  it('is that of the newest 50: what it took on the data of long ago does not count', async () => {
    for (let number = 1; number <= 101; number += 1) await run(`op-${number}`, false);
    await store.sql(
      `update holdfast.durations set seconds = case when substring(operation from 4)::int <= 51 then 1000 else 7 end`,
    );
    expect(await store.operations.usualSeconds('grayledger', 'backups.verify')).toBe(7);
  });

  it('is the median of those that succeeded, without those that were adopted', async () => {
    await run('op-1', false);
    await run('op-2', true);
    const [row] = await store.sql('select count(*)::int as kept, max(seconds) as longest from holdfast.durations');
    expect(row).toMatchObject({ kept: 1 });
    expect(row?.['longest']).toBeLessThan(5);
    for (const id of ['op-3', 'op-4']) await run(id, false);
    await store.sql(`update holdfast.durations set seconds = substring(operation from 4)::int * 10`);
    expect(await store.operations.usualSeconds('grayledger', 'backups.verify')).toBe(30);
    expect(await store.operations.usualSeconds('other', 'backups.verify')).toBeNull();
  });
});
