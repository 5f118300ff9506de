// What people do about incidents, on a real store: who may, what is refused, and that doing it twice changes nothing.
import { describe, expect, it } from 'vitest';
import type { Finding } from '../../src/core/alert.ts';
import type { ScenarioStep } from '../../src/core/system.ts';
import { assess as assessWith } from '../../src/incidents/assess.ts';
import { chooseIncident, openBeside } from '../../src/incidents/choose.ts';
import { linking } from '../../src/incidents/link.ts';
import { ticketsOf } from '../../src/incidents/tickets.ts';
import { daysAgo, environmentFacts, releaseOf } from '../support/facts.ts';
import { guardedSystem } from '../support/incidents.ts';
import { lookOf, planOf } from '../support/plans.ts';
import { ALICE, LEAD, refused, roomsOfThisFile, STRANGER } from './incidents-fixture.ts';

const room = await roomsOfThisFile();

const on = (by = ALICE) => ({ incident: 'inc-1', by });
const typesOf = async () => (await room().events('inc-1')).map(({ type }) => type);

describe('declaring', () => {
  it('needs an operator, and nobody else to agree', async () => {
    expect(await refused(room().declare({ by: STRANGER }))).toContain('You may look, not act.');
    expect(await refused(room().declare({ by: LEAD }))).toContain('You may look, not act.');
    expect(await room().declare()).toMatchObject({ id: 'inc-1', declaredBy: ALICE, level: 1 });
  });

  it('begins when it is said to have begun, else now', async () => {
    const since = new Date(Date.now() - 3_600_000).toISOString();
    expect((await room().declare({ since })).startedAt).toBe(since);
    const now = await room().declare();
    expect(Date.parse(now.declaredAt) - Date.parse(now.startedAt)).toBeLessThan(5_000);
  });

  it('is not of something that is yet to come', async () => {
    const since = '2999-01-01T10:00:00.000Z';
    expect(await refused(room().declare({ since }))).toBe(
      'It cannot have begun at 2999-01-01 10:00 UTC: that is yet to come. Say when it began, in UTC.',
    );
  });

  it('from an alert begins at the latest when that was raised', async () => {
    const finding: Finding = {
      ...{ kind: 'health', environment: 'production', about: '', severity: 'critical' },
      ...{ text: 'It answers 500.', remedy: null },
    };
    const [alert] = await room().store.alerts.reconcile('grayledger', [], [finding]);
    const incident = await room().declare({ alert: alert?.id ?? '' });
    expect(incident).toMatchObject({ alert: 'al-1', startedAt: alert?.raisedAt });
    expect(await refused(room().declare({ alert: 'al-9' }))).toBe('There is no alert al-9. See `/dr status`.');
  });

  it('wants a scenario and a system that there are, and words', async () => {
    expect(await refused(room().declare({ scenario: 'flood' }))).toContain('has no scenario “flood”');
    expect(await refused(room().declare({ system: 'atlantis' }))).toContain('There is no system “atlantis”.');
    expect(await refused(room().declare({ seen: ' ' }))).toContain('There is nothing in it.');
    expect(await room().declare({ scenario: 'corruption', seen: ' Sums are wrong. ' })).toMatchObject({
      scenario: 'corruption',
      seen: 'Sums are wrong.',
    });
  });

  it('opens one per command, and another one beside it, which it can name', async () => {
    await room().declare({ command: 'same' });
    const again = await room().declare({ command: 'same' });
    const other = await room().declare({ level: 3 });
    expect(again.id).toBe('inc-1');
    expect(await openBeside(room().deps, other)).toEqual(['inc-1']);
    expect(await openBeside(room().deps, again)).toEqual([other.id]);
  });
});

describe('an open incident', () => {
  it('is acknowledged once, by an operator or by whoever is called', async () => {
    await room().declare();
    expect(await refused(room().useCases.acknowledge(on(STRANGER)))).toContain('You may look, not act.');
    await room().useCases.acknowledge(on(LEAD));
    expect(await room().useCases.acknowledge(on())).toMatchObject({ acknowledged: { by: LEAD } });
    expect(await typesOf()).toEqual(['declared', 'acknowledged']);
  });

  it('takes sentences, each once in a row', async () => {
    await room().declare();
    const say = (text: string, isPublic = false) => room().useCases.update({ ...on(), text, public: isPublic });
    await say('We see it.');
    await say(' We see it. ');
    await say('We see it.', true);
    await say('It is the disk.');
    const { words } = await say('We see it.');
    expect(words.map(({ text, public: isPublic }) => [text, isPublic])).toEqual([
      ['We see it.', false],
      ['We see it.', true],
      ['It is the disk.', false],
      ['We see it.', false],
    ]);
  });

  it('takes a level and a scenario, each once', async () => {
    await room().declare();
    await room().useCases.setLevel({ ...on(), level: 1 });
    await room().useCases.setLevel({ ...on(), level: 2 });
    await room().useCases.setScenario({ ...on(), scenario: 'corruption' });
    expect(await room().useCases.setScenario({ ...on(), scenario: 'corruption' })).toMatchObject({
      level: 2,
      scenario: 'corruption',
    });
    expect(await refused(room().useCases.setScenario({ ...on(), scenario: 'flood' }))).toContain('“flood”');
    expect(await typesOf()).toEqual(['declared', 'level_set', 'scenario_set']);
  });

  it('has items ticked and unticked by name', async () => {
    await room().declare();
    const item = { ...on(), list: 'during', item: 1 } as const;
    await room().useCases.untick(item);
    await room().useCases.tick(item);
    expect(await room().useCases.tick(item)).toMatchObject({ ticks: { 'during:1': { by: ALICE, evidence: null } } });
    await room().useCases.untick(item);
    expect(await typesOf()).toEqual(['declared', 'ticked', 'unticked']);
    expect(await refused(room().useCases.tick({ ...item, item: 2 }))).toContain('has no item 3');
    expect(await refused(room().useCases.untick({ ...item, item: 2 }))).toContain('has no item 3');
  });

  it('is changed by operators only', async () => {
    await room().declare();
    const { useCases } = room();
    for (const work of [
      () => useCases.update({ ...on(STRANGER), text: 'Hello.', public: true }),
      () => useCases.setLevel({ ...on(STRANGER), level: 3 }),
      () => useCases.setScenario({ ...on(STRANGER), scenario: 'corruption' }),
      () => useCases.tick({ ...on(LEAD), list: 'pre', item: 0 }),
      () => useCases.untick({ ...on(LEAD), list: 'pre', item: 0 }),
      () => useCases.resolve({ ...on(LEAD), text: 'Done.' }),
      () => useCases.followUp({ ...on(LEAD), hours: 24, verdict: 'done' }),
    ]) {
      expect(await refused(work())).toContain('You may look, not act.');
    }
    expect(await typesOf()).toEqual(['declared']);
  });
});

describe('resolving', () => {
  it('ends it once, and nothing else is said after that', async () => {
    await room().declare();
    await room().useCases.resolve({ ...on(), text: 'Rolled back.' });
    expect(await room().useCases.resolve({ ...on(), text: 'Again.' })).toMatchObject({
      resolved: { by: ALICE, text: 'Rolled back.' },
    });
    const { useCases } = room();
    for (const work of [
      () => useCases.acknowledge(on()),
      () => useCases.update({ ...on(), text: 'Hello.', public: false }),
      () => useCases.setLevel({ ...on(), level: 3 }),
      () => useCases.setScenario({ ...on(), scenario: 'corruption' }),
    ]) {
      expect(await refused(work())).toMatch(/^inc-1 was resolved at .* Declare another one/);
    }
  });

  it('is refused while its recovery is at work', async () => {
    await room().declare();
    await room().link(planOf());
    expect(await refused(room().useCases.resolve({ ...on(), text: 'Done.' }))).toBe(
      'op-1 of inc-1 has not ended. Wait for it, or stop it with `/dr cancel op-1`, then resolve inc-1.',
    );
    await room().end('op-1');
    expect((await room().useCases.resolve({ ...on(), text: 'Done.' })).resolved).not.toBeNull();
  });

  it('is followed by work that is done or dismissed, each once', async () => {
    await room().declare();
    const follow = (hours: number, verdict: 'done' | 'dismissed' = 'done') => {
      return room().useCases.followUp({ ...on(), hours, verdict });
    };
    expect(await refused(follow(24))).toBe('inc-1 is still open. Resolve it first with `/dr incident resolve`.');
    await room().useCases.resolve({ ...on(), text: 'Done.' });
    expect(await refused(follow(25))).toContain('Nothing follows 25 h after inc-1.');
    await follow(24);
    expect(await follow(24, 'dismissed')).toMatchObject({ followedUp: { '24': { by: ALICE, verdict: 'done' } } });
  });
});

describe('operations', () => {
  it('that are a recovery are linked to the open incidents of their system, once', async () => {
    await room().declare();
    await room().declare({ level: 3 });
    const operation = await room().link(planOf());
    expect(await room().link(planOf())).toEqual(operation);
    for (const id of ['inc-1', 'inc-2']) {
      expect(await room().store.incidents.load(id)).toMatchObject({ operations: ['op-1'] });
    }
    expect(await typesOf()).toEqual(['declared', 'linked']);
  });

  it('that are none are not, nor those of a system that nobody protects here', async () => {
    await room().declare();
    await room().link(lookOf());
    await room().link(planOf({ operation: 'op-2', system: 'atlantis' }));
    expect(await typesOf()).toEqual(['declared']);
  });

  it('are planned also when they cannot be linked', async () => {
    await room().declare();
    const open = () => Promise.reject(new Error('the disk is full'));
    const deps = { ...room().deps, incidents: { ...room().store.incidents, open } };
    const operations = linking(deps, room().store.operations);
    expect(await operations.create(planOf(), { by: ALICE, command: 'o1' })).toMatchObject({ id: 'op-1' });
    expect(room().logged).toEqual(['operation not linked to its incident: the disk is full']);
  });
});

describe('finding', () => {
  it('shows an incident with its log, clocks, operations and notices', async () => {
    await room().declare({ scenario: 'corruption' });
    await room().link(planOf());
    const sight = await room().useCases.find('inc-1');
    expect(sight.incident.id).toBe('inc-1');
    expect(sight.entries.map(({ event }) => event.type)).toEqual(['declared', 'linked']);
    expect(sight.clocks.map(({ what }) => what)).toContain('rto');
    expect(sight.operations).toMatchObject([{ operation: { id: 'op-1' }, entries: [{ event: { type: 'proposed' } }] }]);
    expect(sight.notices.map(({ notifier }) => notifier)).toEqual(['pagerduty', 'statuspage', 'email']);
    const { declaredAt } = sight.incident;
    expect(sight.nextUpdateAt).toBe(new Date(Date.parse(declaredAt) + 15 * 60_000).toISOString());
  });

  it('refuses what there is not', async () => {
    expect(await refused(room().useCases.find('inc-9'))).toBe('There is no incident inc-9. See `/dr incident list`.');
    expect(await refused(room().useCases.acknowledge({ incident: 'inc-9', by: ALICE }))).toContain('inc-9');
  });

  it('takes the one that is named, else the only open one, and asks when there are several', async () => {
    const choose = (named: string | null) => chooseIncident(room().deps, named, 'grayledger');
    expect(await refused(choose(null))).toContain('No incident of grayledger is open.');
    await room().declare();
    expect((await choose(null)).id).toBe('inc-1');
    await room().declare();
    expect(await refused(choose(null))).toBe(
      'Several incidents of grayledger are open: inc-1 and inc-2. Name one with `--incident inc-7`.',
    );
    expect((await choose('inc-2')).id).toBe('inc-2');
  });
});

describe('assessing', () => {
  const assess = (symptoms: string[], onset: string | null = daysAgo(0, 0.5)) => {
    return room().useCases.assess({ by: STRANGER, system: 'grayledger', symptoms, onset });
  };

  it('gives level, cause, scenario and the facts, to anybody, and changes nothing', async () => {
    const assessment = await assess(['errors', 'slow']);
    expect(assessment).toMatchObject({
      level: 1,
      causes: ['a bad release', 'resources'],
      scenario: { name: 'bad-release' },
      release: { id: 'v256' },
      migration: '20251101090000',
      backup: { id: 'a008' },
      proof: null,
      advice: { is: 'roll back' },
      plan: 'recover bad-release --system grayledger',
    });
    expect(await room().store.incidents.open(null)).toEqual([]);
  });

  it('names the newest backup from before it began, where a person has to choose one', async () => {
    const assessment = await assess(['wrong-sums'], daysAgo(1, 2));
    expect(assessment).toMatchObject({
      backup: { id: 'a007' },
      advice: { is: 'restore' },
      plan: 'recover corruption a007 --system grayledger',
    });
    expect((await assess(['wrong-sums'], daysAgo(99))).plan).toBe('recover corruption --system grayledger');
  });

  it.each<[string, ScenarioStep, string]>([
    ['the moment', { do: 'moment' }, 'recover corruption --at "2025-11-21T13:30:00.000Z" --system grayledger'],
    ['the backup of a table', { do: 'table' }, 'recover corruption a008 --system grayledger'],
    ['nothing', { do: 'restore', backup: 'latest' }, 'recover corruption --system grayledger'],
  ])('names %s where the scenario asks for it', async (_, step, plan) => {
    const { scenarios, incidents } = guardedSystem();
    const { corruption } = scenarios;
    if (corruption === undefined) throw new Error('no such scenario');
    const other = guardedSystem({
      scenarios: { ...scenarios, corruption: { ...corruption, steps: [step] } },
      incidents,
    });
    const deps = { ...room().deps, systemNamed: () => other };
    const asked = { by: ALICE, system: 'grayledger', symptoms: ['wrong-sums'], onset: '2025-11-21T13:30:00.000Z' };
    expect((await assessWith(deps, asked, new Date())).plan).toBe(plan);
  });

  it('plans a rollback where the code is to blame and no scenario is named', async () => {
    const now = new Date().toISOString();
    const releases = [
      releaseOf('v256', { current: true, createdAt: now }),
      releaseOf('v255', { createdAt: daysAgo(2) }),
    ];
    room().facts = environmentFacts('production', { releases });
    expect(await assess(['slow'], null)).toMatchObject({
      scenario: null,
      advice: { is: 'roll back' },
      plan: 'rollback previous --system grayledger',
    });
  });

  it('has nothing to plan where nothing points anywhere', async () => {
    expect(await assess(['slow'], daysAgo(3))).toMatchObject({ advice: { is: 'neither' }, plan: null });
  });

  it('says what it could not read when the platform does not answer', async () => {
    room().facts = null;
    expect(await assess(['errors'])).toMatchObject({
      ...{ level: 1, release: null, migration: null, backup: null },
      advice: { is: 'unclear' },
    });
    expect(room().logged).toEqual(['facts of the live environment not read: the platform does not answer']);
    room().facts = environmentFacts('production', { releases: [], survey: null });
    expect(await assess(['errors'])).toMatchObject({ release: null, migration: null, backup: { id: 'a008' } });
  });

  it('warns of no migration where there is no earlier code to return to', async () => {
    const releases = [releaseOf('v1', { current: true, createdAt: daysAgo(0, 1) })];
    room().facts = environmentFacts('production', { releases });
    const { advice } = await assess(['errors']);
    expect(advice.is).toBe('roll back');
    expect(advice.because.join(' ')).not.toContain('Migration');
  });

  it('refuses symptoms that the system does not know, and none at all', async () => {
    expect(await refused(assess(['fever']))).toContain('GrayLedger knows no symptom “fever”.');
    expect(await refused(assess([]))).toBe('Nothing was chosen. Choose what is seen.');
  });
});

describe('tickets', () => {
  it('are filled in from the platform and the operations of the incident', async () => {
    await room().declare();
    await room().link(planOf());
    const incident = await room().store.incidents.load('inc-1');
    const [ticket] = await ticketsOf(room().deps, room().system, incident);
    expect(ticket?.subject).toBe('grayledger-production: Checkout answers 500.');
    expect(ticket?.body).toContain('Runs v256. Done: Restore production from a001');
  });

  it('are written without an incident, and while the platform is down', async () => {
    room().facts = null;
    const [ticket] = await ticketsOf(room().deps, room().system, null);
    expect(ticket).toMatchObject({ to: 'Heroku support', subject: 'unknown: unknown' });
  });
});
