// Incidents: one log each, declared once per command, changed under a lock, told in the transaction that writes.
import { afterAll, beforeEach, describe, expect, it } from 'vitest';
import { firstBroken } from '../../src/core/chain.ts';
import { Fault, Refusal } from '../../src/core/errors.ts';
import type { IncidentEvent } from '../../src/core/incident-log.ts';
import { createNarrateIncident } from '../../src/progress/narrate-incident.ts';
import { createStore } from '../../src/store/store.ts';
import { startCutProxy } from '../support/cut-proxy.ts';
import { declaredOf, guardedSystem } from '../support/incidents.ts';
import { type OpenStore, SILENT, silentLog, startStores } from '../support/stores.ts';

const server = await startStores();
let store: OpenStore;
beforeEach(async () => {
  store = await server.open({ narrateIncident: createNarrateIncident([guardedSystem()]) });
});
afterAll(() => server.stop());

const ack: IncidentEvent = { type: 'acknowledged', by: 'U02BOB' };
const word = (text: string, isPublic = false): IncidentEvent => {
  return { type: 'updated', by: 'U01ALICE', text, public: isPublic };
};
const resolved: IncidentEvent = { type: 'resolved', by: 'U01ALICE', text: 'Rolled back.' };
const outbox = async () => (await store.sql('select key from holdfast.outbox order by id')).map(({ key }) => key);
const told = async () => {
  return (await store.sql('select notifier, what, seq from holdfast.notices order by id')).map(
    ({ notifier, what, seq }) => `${notifier} ${what} ${seq}`,
  );
};

describe('declaring', () => {
  it('opens an incident at the time of the database, with its card and its notices', async () => {
    const incident = await store.incidents.declare(declaredOf(), 'c1');
    expect(await store.incidents.load('inc-1')).toEqual(incident);
    expect(incident).toMatchObject({ id: 'inc-1', level: 1, startedAt: declaredOf().startedAt, resolved: null });
    const [row] = await store.sql(
      'select extract(epoch from now() - declared_at)::float as age from holdfast.incidents',
    );
    expect(row?.['age']).toBeLessThan(5);
    expect(await outbox()).toEqual(['card']);
    expect(await told()).toEqual(['pagerduty declared 1', 'statuspage declared 1', 'email declared 1']);
  });

  it('never lets it begin after it was declared', async () => {
    const incident = await store.incidents.declare(declaredOf({ startedAt: '2999-01-01T00:00:00.000Z' }), 'c1');
    expect(incident.startedAt).toBe(incident.declaredAt);
  });

  it('leads a command to one incident, however often it is answered at the same time', async () => {
    const all = await Promise.all(Array.from({ length: 10 }, () => store.incidents.declare(declaredOf(), 'c1')));
    expect(new Set(all.map(({ id }) => id)).size).toBe(1);
    expect(await store.incidents.open(null)).toHaveLength(1);
    expect(await outbox()).toEqual(['card']);
  });

  it.each(['before it arrives', 'before its answer'] as const)('opens one when the commit is cut %s', async (when) => {
    const proxy = await startCutProxy(server.port);
    const cut = createStore({
      connectionString: store.url.replace(`:${server.port}`, `:${proxy.port}`),
      ...SILENT,
      log: silentLog,
    });
    await cut.ready();
    proxy.cutAtCommit(when);
    const incident = await cut.incidents.declare(declaredOf(), 'c1');
    expect(await store.incidents.open(null)).toEqual([incident]);
    proxy.cutAtCommit(when);
    const after = await cut.incidents.change(incident.id, () => [ack]).catch((error: unknown) => error);
    const isWritten = when === 'before its answer';
    if (isWritten) expect(after).toMatchObject({ acknowledged: { by: 'U02BOB' } });
    else expect(after).toBeInstanceOf(Fault);
    expect((await store.incidents.load(incident.id))?.acknowledged !== null).toBe(isWritten);
    await cut.close();
    await proxy.stop();
  });
});

describe('changing', () => {
  beforeEach(async () => {
    await store.incidents.declare(declaredOf(), 'c1');
  });

  it('appends to a chain that shows where it was tampered with', async () => {
    const after = await store.incidents.change('inc-1', () => [ack, word('We see it.')]);
    expect(after.words.map(({ text }) => text)).toEqual(['We see it.']);
    const log = await store.incidents.log('inc-1');
    expect(log.map(({ seq, event }) => [seq, event.type])).toEqual([
      [1, 'declared'],
      [2, 'acknowledged'],
      [3, 'updated'],
    ]);
    expect(firstBroken(log)).toBeNull();
    await expect(store.sql(`update holdfast.incident_log set type = 'x'`)).rejects.toThrow('only ever appended to');
    await store.sql('alter table holdfast.incident_log disable trigger incident_log_append_only');
    await store.sql(`update holdfast.incident_log set event = replace(event::text, 'BOB', 'EVE')::json where seq = 2`);
    expect(firstBroken(await store.incidents.log('inc-1'))).toBe(2);
  });

  it('tells each change in the transaction that writes it, and nothing when it is not written', async () => {
    await store.incidents.change('inc-1', () => [word('We see it.', true)]);
    expect(await outbox()).toEqual(['card', 'note:2']);
    expect((await told()).slice(3)).toEqual(['statuspage updated 2', 'email updated 2']);
    await store.sql(`alter table holdfast.notices add check (what <> 'resolved')`);
    await expect(store.incidents.change('inc-1', () => [resolved])).rejects.toThrow(Fault);
    expect(await store.incidents.log('inc-1')).toHaveLength(2);
    expect(await outbox()).toEqual(['card', 'note:2']);
  });

  it('lets one of two simultaneous deciders see what the other has written', async () => {
    const acknowledge = () =>
      store.incidents.change('inc-1', ({ acknowledged }) => (acknowledged === null ? [ack] : []));
    await Promise.all(Array.from({ length: 8 }, acknowledge));
    expect(await store.incidents.log('inc-1')).toHaveLength(2);
  });

  it('throws what the decision throws, and writes nothing', async () => {
    const refusal = new Refusal('resolved', 'It is over.', 'Declare another one.');
    const work = store.incidents.change('inc-1', () => {
      throw refusal;
    });
    await expect(work).rejects.toBe(refusal);
    expect(await store.incidents.log('inc-1')).toHaveLength(1);
  });

  it('is a Fault where there is no such incident', async () => {
    await expect(store.incidents.change('inc-9', () => [ack])).rejects.toThrow('there is no such incident');
    expect(await store.incidents.load('inc-9')).toBeNull();
    expect(await store.incidents.log('inc-9')).toEqual([]);
  });

  it('keeps hostile words unchanged', async () => {
    const text = "\0 \ud800 '; drop table holdfast.incidents; -- \u202e <!channel>";
    await store.incidents.change('inc-1', () => [word(text)]);
    const [, entry] = await store.incidents.log('inc-1');
    expect(entry?.event).toMatchObject({ text });
    expect(firstBroken(await store.incidents.log('inc-1'))).toBeNull();
  });
});

describe('listing', () => {
  it('gives open ones oldest first and resolved ones newest first, by system', async () => {
    for (const system of ['grayledger', 'provote', 'grayledger', 'provote']) {
      await store.incidents.declare(declaredOf({ system }), `${system}-${Math.random()}`);
    }
    await store.incidents.change('inc-1', () => [resolved]);
    await store.incidents.change('inc-2', () => [resolved]);
    const ids = (all: readonly { id: string }[]) => all.map(({ id }) => id);
    expect(ids(await store.incidents.open(null))).toEqual(['inc-3', 'inc-4']);
    expect(ids(await store.incidents.open('provote'))).toEqual(['inc-4']);
    expect(ids(await store.incidents.resolved(null, 5))).toEqual(['inc-2', 'inc-1']);
    expect(ids(await store.incidents.resolved(null, 1))).toEqual(['inc-2']);
    expect(ids(await store.incidents.resolved('grayledger', 5))).toEqual(['inc-1']);
  });

  it('finds the one whose own channel it is, open or over', async () => {
    for (const command of ['c1', 'c2']) await store.incidents.declare(declaredOf(), command);
    await store.incidents.change('inc-1', () => [{ type: 'channel', channel: 'C0OWN', why: null }]);
    await store.incidents.change('inc-2', () => [{ type: 'channel', channel: null, why: 'Slack says no' }]);
    expect(await store.incidents.inChannel('C0OWN')).toMatchObject({ id: 'inc-1', channel: 'C0OWN' });
    await store.incidents.change('inc-1', () => [resolved]);
    expect((await store.incidents.inChannel('C0OWN'))?.id).toBe('inc-1');
    expect(await store.incidents.inChannel('C0OTHER')).toBeNull();
  });

  it('gives those that were resolved within so many hours', async () => {
    for (const command of ['c1', 'c2', 'c3']) await store.incidents.declare(declaredOf(), command);
    for (const id of ['inc-1', 'inc-2']) await store.incidents.change(id, () => [resolved]);
    await store.sql(`update holdfast.incidents set resolved_at = now() - interval '49 hours' where id = 'inc-1'`);
    expect((await store.incidents.resolvedWithin(48)).map(({ id }) => id)).toEqual(['inc-2']);
    expect((await store.incidents.resolvedWithin(50)).map(({ id }) => id)).toEqual(['inc-1', 'inc-2']);
  });
});
