// Operations: one journal each, changed under a lock, one at a time per database.
import { afterAll, beforeEach, describe, expect, it } from 'vitest';
import { firstBroken } from '../../src/core/chain.ts';
import { Fault, LeaseLost, Refusal } from '../../src/core/errors.ts';
import type { Event } from '../../src/core/journal.ts';
import type { Telling } from '../../src/core/ports.ts';
import { lookOf, planOf, TARGET } from '../support/plans.ts';
import { type OpenStore, startStores } from '../support/stores.ts';

const server = await startStores();
let store: OpenStore;
beforeEach(async () => {
  store = await server.open();
});
afterAll(() => server.stop());

const asked = (command: string) => ({ by: 'U1', command });
const refusalOf = async (work: Promise<unknown>) => {
  const thrown = await work.then(
    () => null,
    (error: unknown) => error,
  );
  if (!(thrown instanceof Refusal)) throw new Error(`not refused: ${String(thrown)}`);
  return thrown;
};

describe('creating', () => {
  it('stores the plan with its proposal, at the time of the database', async () => {
    const created = await store.operations.create(planOf(), asked('c1'));
    const loaded = await store.operations.load('op-1');
    expect(loaded).toEqual(created);
    expect(loaded).toMatchObject({ state: 'awaiting_approval', requestedBy: 'U1' });
    const [row] = await store.sql(
      'select extract(epoch from now() - proposed_at)::float as age from holdfast.operations',
    );
    expect(row?.['age']).toBeLessThan(5);
  });

  it('gives ids that are never given twice', async () => {
    const ids = await Promise.all(Array.from({ length: 20 }, () => store.operations.nextId()));
    expect(new Set(ids).size).toBe(20);
    expect(ids.every((id) => /^op-[1-9]\d*$/.test(id))).toBe(true);
  });

  it('refuses a second operation on a busy database, saying who has it and since when', async () => {
    await store.operations.create(planOf(), asked('c1'));
    const second = { ...TARGET, environment: 'staging', name: 'grayledger-staging' };
    const work = store.operations.create(
      planOf({ operation: 'op-2', environment: 'staging', target: second }),
      asked('c2'),
    );
    const refusal = await refusalOf(work);
    expect(refusal.code).toBe('busy');
    expect(refusal.why).toMatch(
      /^staging is held by op-1 \(“Restore production from a001”\), asked by <@U1>, since \d\d:\d\d UTC\.$/,
    );
    expect(refusal.next).toBe('Wait for it, or `/dr cancel op-1`.');
    expect(await store.operations.load('op-2')).toBeNull();
  });

  it('refuses a second operation on an environment that has another database by now', async () => {
    await store.operations.create(planOf(), asked('c1'));
    const promoted = planOf({ operation: 'op-2', target: { ...TARGET, identity: 'addon-2222' } });
    expect((await refusalOf(store.operations.create(promoted, asked('c2')))).code).toBe('busy');
  });

  it('lets exactly one of ten simultaneous operations have the database', async () => {
    const tries = Array.from({ length: 10 }, (_, n) => {
      return store.operations.create(planOf({ operation: `op-${n + 1}` }), asked(`c${n}`));
    });
    const settled = await Promise.allSettled(tries);
    expect(settled.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    expect(settled.flatMap((one) => (one.status === 'rejected' ? [one.reason.code] : []))).toEqual(
      Array(9).fill('busy'),
    );
  });

  it('lets operations that only look run beside each other', async () => {
    await store.operations.create(planOf(), asked('c1'));
    await store.operations.create(lookOf({ operation: 'op-2' }), asked('c2'));
    expect(await store.operations.open(null)).toHaveLength(2);
  });

  it('gives the database free when the operation has ended', async () => {
    await store.operations.create(planOf(), asked('c1'));
    await store.operations.change('op-1', () => [
      { type: 'stopped', outcome: 'cancelled', why: 'no', by: 'U1' },
      { type: 'finished', outcome: 'cancelled' },
    ]);
    expect(await store.operations.create(planOf({ operation: 'op-2' }), asked('c2'))).toMatchObject({ id: 'op-2' });
  });

  it('returns the operation that the command led to before, also when planned twice at the same time', async () => {
    const plans = ['op-1', 'op-2', 'op-3'].map((operation) => planOf({ operation }));
    const created = await Promise.all(plans.map((plan) => store.operations.create(plan, asked('same'))));
    expect(new Set(created.map(({ id }) => id)).size).toBe(1);
    const late = await store.operations.create(planOf({ operation: 'op-4' }), asked('same'));
    expect(late.id).toBe(created[0]?.id);
  });
});

describe('changing', () => {
  beforeEach(async () => {
    await store.operations.create(planOf(), asked('c1'));
  });
  const progress = (note: string) => ({ type: 'step_progress', step: 's1', percent: null, note }) as const;

  it('chains every entry to the one before it', async () => {
    await store.operations.change('op-1', () => [{ type: 'step_started', step: 's1', before: { release: 'v7' } }]);
    await store.operations.change('op-1', () => [progress('a \0 log line \ud800'), progress('half')]);
    const entries = await store.operations.journal('op-1');
    expect(entries.map(({ seq }) => seq)).toEqual([1, 2, 3, 4]);
    expect(firstBroken(entries)).toBeNull();
    expect(entries[2]?.event).toEqual(progress('a \0 log line \ud800'));
    expect(await store.operations.load('op-1')).toMatchObject({
      last: { seq: 4 },
      steps: { s1: { state: 'running' } },
    });
  });

  it('keeps the chain whole when many change it at the same time', async () => {
    await store.operations.change('op-1', () => [{ type: 'step_started', step: 's1', before: null }]);
    const notes = Array.from({ length: 20 }, (_, n) => store.operations.change('op-1', () => [progress(`${n}`)]));
    await Promise.all(notes);
    const entries = await store.operations.journal('op-1');
    expect(entries).toHaveLength(22);
    expect(firstBroken(entries)).toBeNull();
  });

  it('shows `decide` the operation as it is now, and the time of the database', async () => {
    await store.operations.change('op-1', () => [{ type: 'approved', by: 'U2', roles: ['x'], digest: 'd' }]);
    await store.operations.change('op-1', (operation, now) => {
      expect(operation.votes.map(({ by }) => by)).toEqual(['U2']);
      expect(now.getTime()).toBeGreaterThanOrEqual(Date.parse(operation.last.at));
      return [];
    });
    expect(await store.operations.journal('op-1')).toHaveLength(2);
  });

  it('counts two approvals at the same moment as two, and lets one of them complete the consent', async () => {
    const approve = (by: string) =>
      store.operations.change('op-1', ({ votes }) => {
        const approved: Event = { type: 'approved', by, roles: ['engineering-lead'], digest: 'd' };
        return votes.length === 1 ? [approved, { type: 'consented' }] : [approved];
      });
    await Promise.all([approve('U2'), approve('U3')]);
    const types = (await store.operations.journal('op-1')).map(({ event }) => event.type);
    expect(types).toEqual(['proposed', 'approved', 'approved', 'consented']);
  });

  it('writes nothing when `decide` throws, and throws the same thing', async () => {
    const no = new Refusal('own-request', 'You asked.', 'Ask somebody.');
    const thrown = await store.operations
      .change('op-1', () => {
        throw no;
      })
      .catch((error: unknown) => error);
    expect(thrown).toBe(no);
    expect(await store.operations.journal('op-1')).toHaveLength(1);
  });

  it('writes nothing when one of the events is illegal', async () => {
    const work = store.operations.change('op-1', () => [
      { type: 'approved', by: 'U2', roles: [], digest: 'd' },
      { type: 'finished', outcome: 'succeeded' },
    ]);
    await expect(work).rejects.toThrow(Fault);
    expect(await store.operations.journal('op-1')).toHaveLength(1);
  });

  it('names the operation that does not exist', async () => {
    await expect(store.operations.change('op-99', () => [])).rejects.toThrow('op-99: there is no such operation');
  });

  it('puts what is to be told into the outbox with the entry, or neither', async () => {
    const tellings: Telling[] = [{ kind: 'card' }, { kind: 'note', seq: 2 }];
    const told = await server.open({
      narrate: (operation) => (operation.votes.length === 0 ? [{ kind: 'card' }] : tellings),
    });
    await told.operations.create(planOf(), asked('c1'));
    const vote = (by: string): Event => ({ type: 'approved', by, roles: [], digest: 'd' });
    await told.operations.change('op-1', () => [vote('U2')]);
    const keys = await told.sql('select key from holdfast.outbox order by key');
    expect(keys).toEqual([{ key: 'card' }, { key: 'note:2' }]);
    tellings.push({ kind: 'note', seq: Number.NaN });
    await told.sql('alter table holdfast.outbox add check (key !~ $$NaN$$)');
    await expect(told.operations.change('op-1', () => [vote('U3')])).rejects.toThrow('while changing op-1: new row');
    expect(await told.operations.journal('op-1')).toHaveLength(2);
  });
});

describe('the journal', () => {
  it.each([
    ['changed', `update holdfast.journal set type = 'consented'`],
    ['deleted', 'delete from holdfast.journal'],
    ['emptied', 'truncate holdfast.journal cascade'],
  ])('cannot be %s', async (_, statement) => {
    await store.operations.create(planOf(), asked('c1'));
    await expect(store.sql(statement)).rejects.toThrow('only ever appended to');
  });

  it('that was damaged keeps no other operation from being found', async () => {
    const broken = await store.operations.create(lookOf(), asked('c1'));
    const other = await store.operations.create(lookOf({ operation: 'op-2' }), asked('c2'));
    await store.sql('alter table holdfast.journal disable trigger journal_append_only');
    await store.sql("update holdfast.journal set event = '{}' where operation = $1", [broken.id]);
    await store.sql('alter table holdfast.journal enable trigger journal_append_only');
    expect((await store.operations.open(null)).map(({ id }) => id)).toEqual([other.id]);
    expect(await store.operations.due()).toEqual([other.id]);
    await expect(store.operations.load(broken.id)).rejects.toThrow();
  });

  it('shows which entry was tampered with when somebody took the guard away', async () => {
    await store.operations.create(planOf(), asked('c1'));
    await store.operations.change('op-1', () => [{ type: 'approved', by: 'U2', roles: [], digest: 'd' }]);
    await store.operations.change('op-1', () => [{ type: 'approved', by: 'U3', roles: [], digest: 'd' }]);
    await store.sql('alter table holdfast.journal disable trigger journal_append_only');
    await store.sql(`update holdfast.journal set event = replace(event::text, 'U2', 'U9')::json where seq = 2`);
    expect(firstBroken(await store.operations.journal('op-1'))).toBe(2);
  });
});

describe('a lease', () => {
  beforeEach(async () => {
    await store.operations.create(lookOf(), asked('c1'));
  });

  it('goes to one of two workers', async () => {
    const leases = await Promise.all(['w1', 'w2'].map((worker) => store.operations.claim('op-1', worker, 60)));
    expect(leases.filter((lease) => lease !== null)).toHaveLength(1);
  });

  it('has a greater token every time', async () => {
    const first = await store.operations.claim('op-1', 'w1', 60);
    if (first === null) throw new Error('not claimed');
    await store.operations.release(first);
    const second = await store.operations.claim('op-1', 'w1', 60);
    expect(second?.token).toBeGreaterThan(first.token);
  });

  it('lets its holder write, and nobody with an older token', async () => {
    const old = await store.operations.claim('op-1', 'w1', 60);
    await store.sql(`update holdfast.operations set lease_until = now() - interval '1 second'`);
    const current = await store.operations.claim('op-1', 'w2', 60);
    if (old === null || current === null) throw new Error('not claimed');
    await expect(store.operations.change('op-1', () => [{ type: 'started' }], old)).rejects.toThrow(LeaseLost);
    await expect(store.operations.renew(old, 60)).rejects.toThrow(LeaseLost);
    await store.operations.release(old);
    expect(await store.operations.change('op-1', () => [{ type: 'started' }], current)).toMatchObject({
      state: 'running',
    });
  });

  it('is lost when it runs out, even if nobody else took it', async () => {
    const lease = await store.operations.claim('op-1', 'w1', 60);
    if (lease === null) throw new Error('not claimed');
    await store.operations.renew(lease, 60);
    await store.sql(`update holdfast.operations set lease_until = now() - interval '1 ms'`);
    await expect(store.operations.change('op-1', () => [], lease)).rejects.toThrow(LeaseLost);
    await expect(store.operations.renew(lease, 60)).rejects.toThrow(LeaseLost);
  });

  it('is not given for an operation that has ended', async () => {
    await store.operations.change('op-1', () => [
      { type: 'stopped', outcome: 'cancelled', why: 'no', by: null },
      { type: 'finished', outcome: 'cancelled' },
    ]);
    expect(await store.operations.claim('op-1', 'w1', 60)).toBeNull();
  });
});
