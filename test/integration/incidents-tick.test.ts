// Never silent, never twice: what time brings to incidents, on a real store, by one process or by several.
import { describe, expect, it } from 'vitest';
import type { IncidentEventType } from '../../src/core/incident-log.ts';
import { tickIncidents } from '../../src/incidents/tick.ts';
import { declaredOf } from '../support/incidents.ts';
import { ALICE, roomsOfThisFile } from './incidents-fixture.ts';

const room = await roomsOfThisFile();
const on = { incident: 'inc-1', by: ALICE };

const updates = async () => {
  const rows = await room().store.sql(`select key from holdfast.outbox where kind = 'update' order by id`);
  return rows.map(({ key }) => key);
};
const ongoing = async () => {
  const rows = await room().store.sql(`select notifier, seq from holdfast.notices where what = 'ongoing' order by id`);
  return rows.map(({ notifier, seq }) => `${notifier} ${seq}`);
};
const count = async (type: IncidentEventType, id = 'inc-1') => {
  return (await room().events(id)).filter((event) => event.type === type).length;
};

describe('an open incident', () => {
  it('calls the first rung at once, and ticks what it sees', async () => {
    await room().declare();
    await room().round();
    expect((await room().events('inc-1')).slice(1)).toEqual([
      { type: 'escalated', rung: 0, call: ['on-call'] },
      { type: 'ticked', list: 'pre', item: 0, by: null, evidence: expect.stringMatching(/^declared at /) },
    ]);
    await room().round();
    expect(await room().events('inc-1')).toHaveLength(3);
  });

  it('says each thing once when several processes look at the same time', async () => {
    await room().declare();
    await room().pass(16);
    await Promise.all(Array.from({ length: 5 }, () => room().round()));
    expect(await count('escalated')).toBe(2);
    expect(await count('overdue')).toBe(2);
    expect(await count('ticked')).toBe(1);
    expect(await updates()).toEqual(['update:1']);
    expect(await ongoing()).toEqual(['statuspage 1']);
  });

  it('ticks that people were told when the card stands and every notice has arrived', async () => {
    await room().declare();
    const { outbox, notices } = room().store;
    const [card] = await outbox.take(1);
    await outbox.sent(card?.id ?? '', { channel: 'C1', ts: '1.1', seq: 1 });
    await room().round();
    expect(await count('ticked')).toBe(1);
    for (const { id } of await notices.take(10)) await notices.sent(id, null);
    await room().round();
    expect((await room().store.incidents.load('inc-1'))?.ticks['pre:1']?.evidence).toBe(
      'the card was posted, pagerduty was told, statuspage was told and email was told',
    );
    await room().round();
    expect(await count('ticked')).toBe(2);
  });

  it('links a recovery that is under way, and sees by it what was decided', async () => {
    await room().plan('op-1');
    await room().declare();
    await room().round();
    expect(await room().store.incidents.load('inc-1')).toMatchObject({
      operations: ['op-1'],
      reached: { diagnosed: { note: 'op-1 was planned' }, decided: { note: 'op-1 was planned' } },
    });
    await room().pass(20);
    await room().round();
    expect(await count('overdue')).toBe(0);
    expect(await count('linked')).toBe(1);
  });

  it('calls nobody else when somebody has acknowledged it', async () => {
    await room().declare();
    await room().round();
    await room().useCases.acknowledge(on);
    await room().pass(60);
    await room().round();
    expect(await count('escalated')).toBe(1);
  });
});

describe('status updates', () => {
  it('come once in each period, and what was missed is made up once', async () => {
    await room().declare();
    await room().round();
    expect(await updates()).toEqual([]);
    await room().pass(15);
    await room().round();
    await room().round();
    await room().pass(50);
    await room().round();
    expect(await updates()).toEqual(['update:1', 'update:4']);
    expect(await ongoing()).toEqual(['statuspage 1', 'statuspage 4']);
  });

  it('spare the public the general sentence where a person has told it something in that period', async () => {
    await room().declare();
    await room().useCases.update({ ...on, text: 'We have found it.', public: true });
    await room().pass(16);
    await room().round();
    expect(await ongoing()).toEqual([]);
    await room().pass(15);
    await room().round();
    expect(await ongoing()).toEqual(['statuspage 2']);
    expect(await updates()).toEqual(['update:1', 'update:2']);
  });

  it('do not take a sentence for the channel for one to the public', async () => {
    await room().declare();
    await room().useCases.update({ ...on, text: 'We have found it.', public: false });
    await room().pass(16);
    await room().round();
    expect(await ongoing()).toEqual(['statuspage 1']);
  });

  it('end with the last one when it is resolved', async () => {
    await room().declare();
    await room().useCases.resolve({ ...on, text: 'Done.' });
    await room().pass(40);
    await room().round();
    expect(await updates()).toEqual(['update:last']);
  });
});

describe('a resolved incident', () => {
  it('is reminded of once for each piece of work, until it is done', async () => {
    await room().declare();
    await room().useCases.resolve({ ...on, text: 'Done.' });
    await room().round();
    expect(await count('reminded')).toBe(0);
    await room().pass(25 * 60);
    await Promise.all([room().round(), room().round()]);
    expect(await count('reminded')).toBe(1);
    await room().useCases.followUp({ ...on, hours: 48, verdict: 'dismissed' });
    await room().pass(200 * 60);
    await room().round();
    expect((await room().store.incidents.load('inc-1'))?.reminded).toEqual([24, 168]);
  });
});

describe('what fails for one incident', () => {
  it('hinders no other', async () => {
    await room().declare();
    await room().declare();
    const { incidents } = room().store;
    const change: typeof incidents.change = (id, decide) => {
      if (id === 'inc-1') return Promise.reject(new Error('the disk is full'));
      return incidents.change(id, decide);
    };
    await tickIncidents({ ...room().deps, incidents: { ...incidents, change } }, new Date());
    expect(await count('escalated', 'inc-1')).toBe(0);
    expect(await count('escalated', 'inc-2')).toBe(1);
    expect(room().logged).toEqual(['incident not looked after: the disk is full']);
  });

  it('is left alone when its system is no longer protected here', async () => {
    await room().store.incidents.declare(declaredOf({ system: 'atlantis' }), 'c9');
    await room().pass(60);
    await room().round();
    expect(await count('overdue')).toBe(0);
    expect(room().logged).toEqual([]);
  });
});

it('asks for nothing when there is nothing to look after', async () => {
  const operations = { ...room().store.operations, open: () => Promise.reject(new Error('asked for nothing')) };
  await tickIncidents({ ...room().deps, operations }, new Date());
  await room().declare();
  await room().useCases.resolve({ ...on, text: 'Done.' });
  await tickIncidents({ ...room().deps, operations }, new Date());
});
