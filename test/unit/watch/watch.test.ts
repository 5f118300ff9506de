// The watch: when it looks, what it raises and declares over, and what it leaves alone.
import { describe, expect, it } from 'vitest';
import { Refusal } from '../../../src/core/errors.ts';
import type { Incident } from '../../../src/core/incident.ts';
import type { Vitals } from '../../../src/core/vitals.ts';
import { daysAgo, factsOf, NOW, nightly, proofOf } from '../../support/facts.ts';
import { systemOf } from '../../support/system.ts';
import { alertOf } from './alerts.ts';
import { paperWatch } from './paper-watch.ts';

const MINUTE = 60_000;
const grayledger = systemOf();
const suoops = systemOf({ name: 'suoops' });
const careful = systemOf({ incidents: { watchAfter: { hours: 1, everySeconds: 300 } } });

const gone = async () => factsOf({ production: { backups: nightly(8).slice(2) } });
const odd = async () => factsOf({ production: { backups: nightly(8).map((one, at) => ({ ...one, bytes: at + 1 })) } });
const away = () => Promise.reject(new Refusal('heroku-unreachable', 'Heroku cannot be reached.', 'Ask again.'));
const hang = () => new Promise<never>(() => {});
const vitals = (percent: number): Vitals => ({
  disk: { percent, text: '5.3 GB left' },
  lagSeconds: null,
  pool: null,
  bytes: null,
});
const resolvedNow = { resolved: { by: 'U1', at: NOW.toISOString(), text: 'restored' } } as Incident;

describe('the rhythm', () => {
  it('begins within seconds of the start, then comes every quarter of an hour for each system', async () => {
    const paper = paperWatch([grayledger, suoops]);
    paper.watch().start();
    await paper.clock.advance(46 * MINUTE);
    expect(paper.reads).toEqual({ grayledger: [0.1, 15.1, 30.1, 45.1], suoops: [0.1, 15.1, 30.1, 45.1] });
    expect(paper.alerts.all).toEqual([]);
  });

  it('is closer for the hours after an incident, from whenever it was resolved', async () => {
    const paper = paperWatch([careful]);
    paper.watch().start();
    await paper.clock.advance(16 * MINUTE);
    paper.resolved = { resolved: { by: 'U1', at: paper.clock.now().toISOString(), text: 'restored' } } as Incident;
    await paper.clock.advance(75 * MINUTE);
    const every5 = [20.1, 25.1, 30.1, 35.1, 40.1, 45.1, 50.1, 55.1, 60.1, 65.1, 70.1, 75.1];
    expect(paper.reads['grayledger']).toEqual([0.1, 15.1, ...every5, 90.1]);
  });

  it('goes on when the clock is set back', async () => {
    const paper = paperWatch([grayledger]);
    paper.watch().start();
    await paper.clock.advance(MINUTE);
    paper.clock.setBack(120 * MINUTE);
    await paper.clock.advance(15 * MINUTE);
    expect(paper.reads['grayledger']).toHaveLength(2);
  });

  it('tries again after half a minute when the store does not answer, and says so', async () => {
    const paper = paperWatch([grayledger]);
    paper.alerts.failing = true;
    paper.watch().start();
    await paper.clock.advance(40_000);
    expect(paper.warnings).toEqual([
      'system not looked at {"system":"grayledger","reason":"the store does not answer"}',
      'system not looked at {"system":"grayledger","reason":"the store does not answer"}',
    ]);
    paper.alerts.failing = false;
    await paper.clock.advance(30_000);
    expect(paper.reads['grayledger']).toHaveLength(1);
  });

  it('ends with the stop: nothing is read and, of a look that is under way, nothing is written any more', async () => {
    const paper = paperWatch([grayledger]);
    let answer = (_facts: Awaited<ReturnType<typeof odd>>) => {};
    paper.facts = () => new Promise((resolve) => (answer = resolve));
    const running = paper.watch().start();
    await paper.clock.advance(6_000);
    await running.stop();
    answer(await odd());
    await paper.clock.advance(60 * MINUTE);
    expect(paper.reads['grayledger']).toHaveLength(1);
    expect(paper.alerts.all).toEqual([]);
    expect(paper.clock.sleepers).toBe(0);
  });

  it('ends with the stop also when the store fails then', async () => {
    const paper = paperWatch([grayledger]);
    let fail = () => {};
    paper.alerts.open = () => new Promise((_, reject) => (fail = () => reject(new Error('the pool has ended'))));
    const running = paper.watch().start();
    await paper.clock.advance(6_000);
    await running.stop();
    fail();
    await paper.clock.advance(MINUTE);
    expect(paper.warnings).toEqual([]);
  });
});

describe('an alert', () => {
  it('is raised once, kept while it lasts, and over with the look that finds it no longer', async () => {
    const paper = paperWatch([grayledger]);
    paper.facts = odd;
    paper.watch().start();
    await paper.clock.advance(31 * MINUTE);
    expect(paper.open()).toEqual(['size']);
    expect(paper.alerts.all).toHaveLength(1);
    paper.facts = async () => factsOf();
    await paper.clock.advance(15 * MINUTE);
    expect(paper.open()).toEqual([]);
  });

  it('of a backup that is late is raised by the second look', async () => {
    const paper = paperWatch([grayledger]);
    paper.facts = gone;
    paper.watch().start();
    await paper.clock.advance(14 * MINUTE);
    expect(paper.open()).toEqual([]);
    await paper.clock.advance(2 * MINUTE);
    expect(paper.open()).toEqual(['missing', 'retention']);
  });

  it('is none for a backup that had come when the second look was taken', async () => {
    const paper = paperWatch([grayledger]);
    paper.facts = gone;
    paper.watch().start();
    await paper.clock.advance(14 * MINUTE);
    paper.facts = async () => factsOf();
    await paper.clock.advance(15 * MINUTE);
    paper.facts = gone;
    await paper.clock.advance(15 * MINUTE);
    expect(paper.alerts.all).toEqual([]);
  });

  it('is the same one after a restart, at the first look', async () => {
    const paper = paperWatch([grayledger]);
    paper.facts = gone;
    const first = paper.watch().start();
    await paper.clock.advance(16 * MINUTE);
    await first.stop();
    paper.watch().start();
    await paper.clock.advance(MINUTE);
    expect(paper.alerts.all.map(({ kind, overAt }) => [kind, overAt])).toEqual([
      ['missing', null],
      ['retention', null],
    ]);
  });

  it('is one for two processes that watch at once', async () => {
    const paper = paperWatch([grayledger]);
    paper.facts = gone;
    paper.watch().start();
    paper.watch().start();
    await paper.clock.advance(46 * MINUTE);
    expect(paper.alerts.all.map(({ kind }) => kind)).toEqual(['missing', 'retention']);
  });

  it('of a kind that others own is left alone', async () => {
    const paper = paperWatch([grayledger]);
    paper.alerts.all.push(alertOf('schedule', { about: 'daily-verify' }));
    paper.watch().start();
    await paper.clock.advance(46 * MINUTE);
    expect(paper.open()).toEqual(['schedule/daily-verify']);
  });

  it('of a restore test is raised also while the platform is away', async () => {
    const paper = paperWatch([grayledger]);
    paper.facts = away;
    paper.proof = null;
    paper.watch().start();
    await paper.clock.advance(MINUTE);
    expect(paper.open()).toEqual(['restore-test']);
  });
});

describe('a platform that cannot be read', () => {
  it('is an alert from the second time in a row, and over when it can be read', async () => {
    const paper = paperWatch([grayledger]);
    paper.facts = away;
    paper.watch().start();
    await paper.clock.advance(MINUTE);
    expect(paper.open()).toEqual([]);
    await paper.clock.advance(15 * MINUTE);
    expect(paper.alerts.all).toEqual([
      expect.objectContaining({
        kind: 'unreadable',
        about: '',
        severity: 'critical',
        text: 'The backups of production could not be read: Heroku cannot be reached. Ask again.',
        remedy: { label: 'Look at the backups', command: 'backups --system grayledger' },
      }),
    ]);
    paper.facts = async () => factsOf();
    await paper.clock.advance(15 * MINUTE);
    expect(paper.open()).toEqual([]);
  });

  it('wakes nobody when it is away every other time', async () => {
    const paper = paperWatch([grayledger]);
    let times = 0;
    paper.facts = () => {
      times += 1;
      return times % 2 === 1 ? away() : Promise.resolve(factsOf());
    };
    paper.watch().start();
    await paper.clock.advance(91 * MINUTE);
    expect(times).toBe(7);
    expect(paper.alerts.all).toEqual([]);
  });

  it('ends no alert: what could not be looked at is not over', async () => {
    const paper = paperWatch([grayledger]);
    paper.facts = async () =>
      factsOf({ production: { ...(await gone()).environments['production'], surveyProblem: 'it is down' } });
    paper.watch().start();
    await paper.clock.advance(16 * MINUTE);
    const before = paper.open();
    expect(before).toEqual(['missing', 'retention', 'unreadable/database']);
    paper.facts = away;
    await paper.clock.advance(30 * MINUTE);
    expect(paper.open()).toEqual([...before, 'unreadable']);
  });

  it('that says nothing of the environment counts as one that cannot be read', async () => {
    const paper = paperWatch([grayledger]);
    paper.facts = async () => ({ at: NOW.toISOString(), environments: {} });
    paper.watch().start();
    await paper.clock.advance(16 * MINUTE);
    expect(paper.open()).toEqual(['unreadable']);
  });

  it('that hangs holds up nobody, not even itself for long', async () => {
    const paper = paperWatch([grayledger, suoops]);
    paper.facts = (system) => (system.name === 'grayledger' ? hang() : odd());
    paper.watch().start();
    await paper.clock.advance(MINUTE);
    expect(paper.alerts.all.map(({ system, kind }) => `${system} ${kind}`)).toEqual(['suoops size']);
    await paper.clock.advance(30 * MINUTE);
    expect(paper.reads['suoops']).toEqual([0.1, 15.1, 30.1]);
    expect(paper.reads['grayledger']).toEqual([0.1, 16.1]);
    const unread = paper.alerts.all.find(({ system }) => system === 'grayledger');
    expect(unread?.text).toBe('The backups of production could not be read: while waiting for an answer for 60 s.');
  });
});

describe('the server', () => {
  it('is looked at where the platform tells of it', async () => {
    const paper = paperWatch([grayledger]);
    paper.vitals = async () => vitals(95);
    paper.watch().start();
    await paper.clock.advance(MINUTE);
    expect(paper.open()).toEqual(['disk']);
    paper.vitals = async () => vitals(89);
    await paper.clock.advance(15 * MINUTE);
    expect(paper.open()).toEqual(['disk']);
    paper.vitals = async () => vitals(88);
    await paper.clock.advance(15 * MINUTE);
    expect(paper.open()).toEqual([]);
  });

  it.each([
    ['tells nothing any more', async () => ({ ...vitals(0), disk: null })],
    ['fails', () => Promise.reject(new Error('no'))],
    ['hangs', hang],
  ])('that %s leaves its alerts open', async (_how, after) => {
    const paper = paperWatch([grayledger]);
    paper.vitals = async () => vitals(95);
    paper.watch().start();
    await paper.clock.advance(MINUTE);
    paper.vitals = after;
    await paper.clock.advance(20 * MINUTE);
    expect(paper.reads['grayledger']).toHaveLength(2);
    expect(paper.open()).toEqual(['disk']);
  });
});

describe('the application', () => {
  const unwell = () => ({ ok: false, text: 'answered 500 in 3 ms' });

  it('is not asked in ordinary times', async () => {
    const paper = paperWatch([careful]);
    paper.health = unwell;
    paper.watch().start();
    await paper.clock.advance(MINUTE);
    expect(paper.open()).toEqual([]);
  });

  it('is watched after an incident, and then for as long as it is unwell', async () => {
    const paper = paperWatch([careful]);
    paper.resolved = resolvedNow;
    paper.health = unwell;
    paper.watch().start();
    await paper.clock.advance(MINUTE);
    expect(paper.alerts.all[0]).toMatchObject({
      kind: 'health',
      severity: 'critical',
      text: 'The application of production is not well: its health endpoint answered 500 in 3 ms.',
      remedy: { label: 'Assess it', command: 'assess --system grayledger' },
    });
    await paper.clock.advance(120 * MINUTE);
    expect(paper.open()).toEqual(['health']);
    paper.health = () => ({ ok: true, text: 'answered 200 in 3 ms' });
    await paper.clock.advance(15 * MINUTE);
    expect(paper.open()).toEqual([]);
  });

  it('is asked a second time before it counts as unwell', async () => {
    const paper = paperWatch([careful]);
    paper.resolved = resolvedNow;
    let asked = 0;
    paper.health = () => {
      asked += 1;
      return { ok: asked % 2 === 0, text: 'failed: ECONNRESET' };
    };
    paper.watch().start();
    await paper.clock.advance(MINUTE);
    expect(asked).toBe(2);
    expect(paper.alerts.all).toEqual([]);
  });

  it('is not asked where the system names none', async () => {
    const paper = paperWatch([{ ...careful, environments: {} }]);
    paper.resolved = resolvedNow;
    paper.health = unwell;
    paper.watch().start();
    await paper.clock.advance(MINUTE);
    expect(paper.alerts.all).toEqual([]);
  });
});

describe('the last look', () => {
  it('tells the newest backup that can be restored, the proof, and how much could be lost', async () => {
    const paper = paperWatch([grayledger]);
    const watch = paper.watch();
    watch.start();
    expect(watch.latest('grayledger')).toBeNull();
    await paper.clock.advance(MINUTE);
    const [newest] = nightly(8);
    expect(watch.latest('grayledger')).toEqual({
      at: '2025-11-21T14:00:05.000Z',
      newest,
      proof: proofOf('a007'),
      capability: { minutes: 24 * 60, by: 'backups' },
    });
    expect(watch.latest('suoops')).toBeNull();
  });

  it('is that of moments where they can be recovered', async () => {
    const paper = paperWatch([grayledger]);
    paper.facts = async () => factsOf({ production: { window: { from: daysAgo(7), to: daysAgo(0, 0.5) } } });
    const watch = paper.watch();
    watch.start();
    await paper.clock.advance(5_000);
    await paper.clock.advance(0);
    expect(watch.latest('grayledger')?.capability).toEqual({ minutes: 30 + 5 / 60, by: 'moments' });
  });

  it('stays what it was while nothing can be read', async () => {
    const paper = paperWatch([grayledger]);
    const watch = paper.watch();
    watch.start();
    await paper.clock.advance(MINUTE);
    paper.facts = away;
    await paper.clock.advance(60 * MINUTE);
    expect(watch.latest('grayledger')?.at).toBe('2025-11-21T14:00:05.000Z');
  });
});
