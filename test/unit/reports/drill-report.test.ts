// What a drill's report says: only what was read back, each figure from the plan and the journal.
import { describe, expect, it } from 'vitest';
import type { Step } from '../../../src/core/plan.ts';
import { stepOf } from '../../support/plans.ts';
import {
  ALICE,
  BOB,
  check,
  checked,
  done,
  drillPlan,
  drillStory,
  drillSystem,
  failing,
  goodSteps,
  NEXT,
  PROOF,
  ran,
  reportOf,
  type Told,
} from './drills.ts';

const FAILED: readonly Told[] = [
  [835, { type: 'stopped', outcome: 'failed', why: 'a step failed', by: null }],
  [836, { type: 'finished', outcome: 'failed' }],
];
const unverified = {
  is: 'unverified' as const,
  why: 'it did not answer',
  evidence: { says: [], checks: [] },
  output: null,
};

function figuresOf(...args: Parameters<typeof reportOf>) {
  const { figures } = reportOf(...args);
  if (figures === null) throw new Error('a drill has figures');
  return figures;
}

const results = (...args: Parameters<typeof reportOf>) =>
  figuresOf(...args).parts.map(({ title, result }) => `${title}: ${result}`);

/** With these steps only, all in one part, and what became of them. */
function only(steps: readonly Step[], told: readonly Told[], end?: readonly Told[]) {
  return drillStory(told, {
    plan: drillPlan({ steps: [...steps], statements: [] }),
    ...(end === undefined ? {} : { end }),
  });
}

describe('a drill that went well', () => {
  const report = reportOf(drillStory());

  it('passes, part by part, under the titles of its plan', () => {
    expect(report).toMatchObject({ kind: 'drill', of: 'op-50', result: 'pass', at: '2025-11-21T15:04:00.000Z' });
    expect(report.title).toBe('Monthly drill of GrayLedger, 2025-11-21');
    expect(results(drillStory())).toEqual([
      'Backup verification: pass',
      'Scratch restore: pass',
      'Staging restore: pass',
    ]);
  });

  it('measures from the journal', () => {
    expect(report.figures).toMatchObject({
      drill: 'monthly',
      backup: { id: 'a001', at: '2025-11-21T02:04:00.000Z', bytes: 245_000_000 },
      downloadSeconds: 180,
      restoreSeconds: 480,
      recoverySeconds: 660,
      totalSeconds: 830,
      rtoMinutes: 60,
      rpoMinutes: 1440,
      rows: { entries: 48_120, users: 31 },
      smoke: { passed: 2, of: 2 },
      leaks: 0,
      participants: [BOB],
      people: { [BOB]: 'Engineering lead' },
      issues: [],
      recommendations: [],
      nextAt: NEXT,
    });
    expect(report.figures?.parts.map(({ seconds }) => seconds)).toEqual([4, 660, 152]);
  });

  it('is told as a page, each figure with its source', () => {
    expect(report.markdown).toMatchSnapshot();
  });
});

describe('the result', () => {
  it('is FAIL when a check failed though its step was done', () => {
    const missing = checked([check('Daily backup present', 'fail', 'missing for 2025-11-21')]);
    const { result, figures, markdown } = reportOf(drillStory(goodSteps({ s1: missing })));
    expect(result).toBe('fail');
    expect(figures?.parts[0]?.result).toBe('fail');
    expect(figures?.issues).toEqual(['Backup verification: Daily backup present: missing for 2025-11-21']);
    expect(markdown).toContain('- [ ] Backup verification: **FAIL** in 00:04');
  });

  it('is not PASS for a step that only claims to be done', () => {
    expect(results(drillStory(goodSteps({ s4: done() })))).toContain('Staging restore: unverified');
    expect(reportOf(drillStory(goodSteps({ s4: done() }))).result).toBe('unverified');
  });

  it('is UNVERIFIED when something could not be read back', () => {
    const { result, markdown, figures } = reportOf(drillStory(goodSteps({ s6: unverified })));
    expect(result).toBe('unverified');
    expect(markdown).toContain('**Result: UNVERIFIED**');
    expect(figures?.issues).toEqual([
      'Staging restore: “Ask the health endpoint” could not be read back: it did not answer',
    ]);
  });

  it('is UNVERIFIED when a part was not run', () => {
    const some = goodSteps().filter(([at]) => at < 680);
    const end: Told[] = [
      [690, { type: 'stopped', outcome: 'cancelled', why: 'the hour is over', by: ALICE }],
      [691, { type: 'finished', outcome: 'cancelled' }],
    ];
    const story = drillStory(some, { end });
    expect(results(story)).toEqual(['Backup verification: pass', 'Scratch restore: pass', 'Staging restore: not run']);
    expect(reportOf(story).result).toBe('unverified');
    expect(figuresOf(story).issues).toEqual([`The drill was cancelled by <@${ALICE}>: the hour is over`]);
    expect(reportOf(story).markdown).toContain(`The drill was cancelled by ${ALICE}: the hour is over`);
  });

  it('says that nobody stopped it when time did', () => {
    const end: Told[] = [
      [690, { type: 'stopped', outcome: 'expired', why: 'nobody agreed', by: null }],
      [691, { type: 'finished', outcome: 'expired' }],
    ];
    expect(figuresOf(drillStory([], { end })).issues).toEqual(['The drill was expired: nobody agreed']);
  });

  it('is UNVERIFIED for a step that was interrupted', () => {
    const end: Told[] = [[690, { type: 'stopped', outcome: 'cancelled', why: 'enough', by: null }]];
    const begun: Told[] = [[20, { type: 'step_started', step: 's1', before: null }]];
    const story = drillStory(begun, { end });
    expect(figuresOf(story)).toMatchObject({ totalSeconds: 0, downloadSeconds: null, restoreSeconds: null });
    expect(figuresOf(story).parts[0]).toMatchObject({
      result: 'unverified',
      seconds: null,
      says: ['Check the backups: begun; how it ended was not read back.'],
    });
    expect(figuresOf(story).issues[0]).toBe('Backup verification: “Check the backups” was interrupted');
  });

  it('does not count when fewer took part than the system file asks for', () => {
    const system = drillSystem({
      drills: {
        monthly: {
          title: 'Monthly drill',
          participants: { roles: ['operator'], atLeast: 3 },
          parts: [{ do: 'backups' }],
        },
      },
    });
    const { result, markdown } = reportOf(drillStory(), { system });
    expect(result).toBe('none');
    expect(markdown).toContain('**Result: DOES NOT COUNT**');
    expect(markdown).toContain('Too few people joined, so the drill does not count.');
    expect(markdown).toContain('1 person joined, at least 3 must');
  });

  it('takes a person’s word as that, and neither for a proof nor for a failure', () => {
    const steps = [
      stepOf('s1', { action: 'backups.verify', title: 'Check', part: 0 }),
      stepOf('s2', { action: 'person.task', title: 'Log in', part: 1 }),
    ];
    const told: Told[] = [
      ...ran('s1', 10, 12, done('7 backups read.')),
      [20, { type: 'step_started', step: 's2', before: null }],
      [21, { type: 'asked', step: 's2', why: 'log in' }],
      [80, { type: 'answered', step: 's2', by: BOB, verdict: 'happened' }],
    ];
    const story = only(steps, told);
    expect(results(story)).toEqual(['Backup verification: pass', 'Log in: confirmed']);
    expect(reportOf(story).result).toBe('pass');
    expect(reportOf(story).markdown).toContain(
      '- [x] Log in: **CONFIRMED BY A PERSON** in 01:00\n  - Engineering lead (U02BOB) has done it.',
    );
    const alone = only(steps.slice(1), told.slice(2));
    expect(reportOf(alone).result).toBe('unverified');
  });

  it('tells why the step failed when no check does, and what could not be taken back', () => {
    const end: Told[] = [
      [833, { type: 'stopped', outcome: 'failed', why: 'a step failed', by: null }],
      [834, { type: 'undo_started', step: 's4' }],
      [835, { type: 'undo_failed', step: 's4', why: 'it is locked' }],
    ];
    const story = drillStory(goodSteps({ s7: failing('the network was away') }), { end });
    expect(figuresOf(story).issues).toEqual([
      'Staging restore: “Ask the smoke tests” failed: the network was away',
      '“Load a001 into a candidate” could not be taken back: it is locked',
    ]);
    expect(reportOf(story)).toMatchObject({ result: 'fail', at: '2025-11-21T15:03:55.000Z' });
  });
});

describe('parts without numbers', () => {
  it('are made of what the steps do', () => {
    const steps = [
      stepOf('s1', { action: 'backups.verify', title: 'Check' }),
      stepOf('s2', { action: 'backup.fetch', title: 'Get' }),
      stepOf('s3', { action: 'backup.rehearse', title: 'Try' }),
      stepOf('s4', { action: 'candidate.load', title: 'Load', args: { environment: 'staging' } }),
      stepOf('s5', { action: 'health.check', title: 'Ask', args: {} }),
      stepOf('s6', { action: 'drill.disaster', title: 'Destroy' }),
      stepOf('s7', { action: 'person.task', title: 'Log in' }),
    ];
    expect(results(only(steps, [], []))).toEqual([
      'Backup verification: not run',
      'Scratch restore: not run',
      'Restore into staging: not run',
      'Simulated disaster: not run',
      'Log in: not run',
    ]);
  });

  it('are told without a promise where none is made', () => {
    const plain = { name: 'users', status: 'pass' as const, figure: '31 rows' };
    const system = drillSystem({ objectives: undefined });
    const { markdown } = reportOf(drillStory(goodSteps({ s1: checked([plain]) })), { system });
    expect(markdown).toContain('The data was recovered in 11 min.');
    expect(markdown).toContain('| Backup verification | users | PASS | 31 rows | data check |');
  });

  it('keep a number without a statement under what its first step does', () => {
    const steps = [stepOf('s1', { action: 'drill.disaster', title: 'Destroy', part: 4 })];
    expect(results(only(steps, [], []))).toEqual(['Simulated disaster: not run']);
  });
});

describe('figures that were not measured', () => {
  it('are null and said so', () => {
    const plan = drillPlan({
      pinned: { targets: [], backup: null, release: null },
      steps: [stepOf('s1', { action: 'person.task', title: 'Read the runbook' })],
    });
    const system = drillSystem({ objectives: undefined, drills: {} });
    const story = drillStory([], { plan, end: [] });
    const { figures, markdown, title } = reportOf(story, { system, nextAt: null });
    expect(figures).toMatchObject({
      backup: null,
      recoverySeconds: null,
      smoke: null,
      leaks: null,
      rtoMinutes: null,
      rows: {},
    });
    expect(title).toBe('monthly of GrayLedger, 2025-11-21');
    expect(markdown).toContain('This drill does not show how long a recovery takes. Not proven: Read the runbook.');
    expect(markdown).toContain('| Backup | unknown |');
    expect(markdown).toContain('| Smoke tests | not measured |');
    expect(markdown).toContain('No check was made.');
    expect(markdown).toContain('**Next drill:** not scheduled');
    expect(markdown).toContain('none stated');
    expect(markdown).not.toContain('## Rows');
  });

  it('take the shortest promise of the scenarios where the system itself makes none', () => {
    const scenario = (rtoMinutes: number) => ({
      title: 'Corruption',
      environment: 'production',
      rtoMinutes,
      rpoMinutes: 30,
      steps: [{ do: 'restore' as const, backup: 'latest' as const }],
    });
    const system = drillSystem({ objectives: undefined, scenarios: { slow: scenario(240), fast: scenario(90) } });
    expect(figuresOf(drillStory(), { system })).toMatchObject({ rtoMinutes: 90, rpoMinutes: 30 });
  });

  it('say when the backup was finished only where that is known', () => {
    const plan = drillPlan();
    const { backup } = plan.pinned;
    if (backup === null) throw new Error('the plan pins a backup');
    const unfinished = { ...backup, backup: { ...backup.backup, finishedAt: null, bytes: null } };
    const { markdown } = reportOf(
      drillStory(goodSteps(), { plan: { ...plan, pinned: { ...plan.pinned, backup: unfinished } } }),
    );
    expect(markdown).toContain('| Backup | a001, finished unknown |');
    expect(markdown).toContain('| Size of the backup | unknown |');
  });

  it('count rows from the checks of the data where nothing was proven', () => {
    const rows = checked([
      check('entries', 'pass', '1,204 rows'),
      check('users', 'fail', 'not counted: no'),
      check('balance', 'pass', '1 row'),
    ]);
    expect(figuresOf(drillStory(goodSteps({ s3: rows }))).rows).toEqual({ entries: 1204 });
  });

  it('count what the scan has found, and a doubt as one', () => {
    const scan = failing('personal data is left', [
      check('emails', 'fail', 'public.users.email: 1,203 values, public.a.b: 1 value'),
      check('completeness of the scan', 'fail', 'entries cannot be read'),
      check('phones', 'pass', 'none'),
    ]);
    expect(figuresOf(drillStory(goodSteps({ s5: scan }).slice(0, 10), { end: FAILED })).leaks).toBe(1205);
  });

  it('name nobody when nobody joined', () => {
    const story = drillStory(goodSteps(), { alone: true });
    const { figures, markdown, result } = reportOf(story, { system: drillSystem({ drills: {} }) });
    expect(figures?.participants).toEqual([]);
    expect(result).toBe('pass');
    expect(markdown).toContain('**Participants:** nobody joined');
  });

  it('take the recovery of a disaster, not its making, and count it though it was too slow', () => {
    const steps = [
      stepOf('s1', { action: 'backup.fetch', title: 'Get', part: 0 }),
      stepOf('s2', { action: 'drill.disaster', title: 'Destroy and recover', part: 0 }),
    ];
    const disaster = (...checks: Parameters<typeof checked>[0]) => ({
      ...checked(checks, 'Recovered in 20:00.'),
      output: { filledSeconds: 1000, recoverySeconds: 1200 },
    });
    const story = (...checks: Parameters<typeof checked>[0]) =>
      only(steps, [...ran('s1', 10, 70, done('245 MB read.')), ...ran('s2', 70, 2400, disaster(...checks))], []);
    const late = story(check('RTO 15 min', 'fail', 'recovered in 20:00'), check('entries', 'pass', '9 rows'));
    expect(figuresOf(late)).toMatchObject({ recoverySeconds: 1260, restoreSeconds: 1200, downloadSeconds: 60 });
    expect(reportOf(late).result).toBe('fail');
    expect(figuresOf(story(check('entries', 'fail', '0 rows'))).recoverySeconds).toBeNull();
  });
});

describe('what is no drill', () => {
  it('has no report', () => {
    const plan = drillPlan({ command: '/dr verify latest --deep --system grayledger' });
    expect(() => reportOf(drillStory(goodSteps(), { plan }))).toThrow(
      'reporting op-50 as a drill: it is /dr verify latest --deep',
    );
    const listing = drillPlan({ command: '/dr drill' });
    expect(() => reportOf(drillStory(goodSteps(), { plan: listing }))).toThrow('as a drill');
  });
});

describe('recommendations', () => {
  const slowSystem = (rtoMinutes: number) => drillSystem({ objectives: { rtoMinutes, rpoMinutes: 60 } });
  const recommended = (...args: Parameters<typeof reportOf>) => figuresOf(...args).recommendations;

  it('come first when the recovery took longer than the RTO', () => {
    const system = slowSystem(10);
    expect(recommended(drillStory(), { system })).toEqual([
      'Recovery took 11 min, 110 % of the RTO of 10 min: make it faster (a candidate kept warm by `/dr warm` leaves only the swap), or promise less.',
    ]);
    expect(reportOf(drillStory(), { system }).markdown).toContain('longer than the RTO of 10 min');
  });

  it('warn from 80 % of the RTO on', () => {
    expect(recommended(drillStory(), { system: slowSystem(13) })).toEqual([
      'Recovery took 11 min, 85 % of the RTO of 13 min: little is left for people to decide; make it faster before the data grows.',
    ]);
  });

  it('name a backup that is older than allowed', () => {
    const story = drillStory(goodSteps(), { plan: drillPlan({ proposedAt: '2025-11-22T14:50:00.000Z' }) });
    expect(recommended(story)).toEqual([
      'The backup was 36 h 46 min old, more than the 26 h that are allowed: find out why there is no newer one.',
    ]);
  });

  it('ask for a proof when none is new enough', () => {
    const story = drillStory(goodSteps({ s3: done('It was restored.') }));
    const old = { ...PROOF, operation: 'op-9', at: '2025-10-01T10:00:00.000Z' };
    expect(recommended(story, { proof: null })).toEqual([
      'No backup was ever restored and checked in a scratch database: run `/dr verify --deep`.',
    ]);
    expect(recommended(story, { proof: old })).toEqual([
      'The last restore was proven 51 d 5 h ago (op-9), longer than the 35 days that are allowed: run `/dr verify --deep`.',
    ]);
    expect(recommended(story, { proof: { ...old, at: '2025-11-20T10:00:00.000Z' } })).toEqual([]);
  });

  it('repeat why the RPO cannot be met', () => {
    const rpo = checked([check('RPO 1 h', 'warn', 'cannot be met: up to 24 h of data lie between two backups')]);
    expect(recommended(drillStory(goodSteps({ s1: rpo })))).toEqual([
      'RPO 1 h: cannot be met: up to 24 h of data lie between two backups.',
    ]);
  });

  it('name environments whose application nobody asks anything', () => {
    const told = goodSteps().filter(([at, event]) => at < 832 && !('step' in event && event.step === 's7'));
    const plan = drillPlan();
    const without = { ...plan, steps: plan.steps.filter(({ id }) => id !== 's7') };
    expect(recommended(drillStory(told, { plan: without }))).toEqual([
      'staging has 0 smoke tests: name the first questions of users in the system file.',
    ]);
  });

  it('name several such environments together', () => {
    const health = (id: string, environment: string) =>
      stepOf(id, { action: 'health.check', title: 'Ask', args: { environment, required: true } });
    const plan = drillPlan({ steps: [health('s1', 'staging'), health('s2', 'production'), health('s3', 'staging')] });
    const told = ['s1', 's2', 's3'].flatMap((id, at) => ran(id, 10 + at, 11 + at, done('It answered 200.')));
    expect(recommended(drillStory(told, { plan }), { proof: PROOF })).toEqual([
      'staging and production have 0 smoke tests: name the first questions of users in the system file.',
    ]);
  });

  it('leave out environments that the system file no longer has', () => {
    const plan = drillPlan({
      steps: [stepOf('s1', { action: 'health.check', title: 'Ask', args: { environment: 'gone' } })],
    });
    expect(recommended(drillStory(ran('s1', 10, 11, done('It answered 200.')), { plan }), { proof: PROOF })).toEqual(
      [],
    );
  });

  it('are three at most, the most important first', () => {
    const scan = failing('personal data is left', [check('emails', 'fail', 'public.users.email: 3 values')]);
    const rpo = checked([check('RPO 1 h', 'warn', 'cannot be met')]);
    const story = drillStory(goodSteps({ s1: rpo, s5: scan }).slice(0, 10), { end: FAILED });
    expect(recommended(story, { system: slowSystem(10) })).toEqual([
      expect.stringContaining('110 % of the RTO'),
      'The scan found 3 leaks of personal data after masking: add the columns that it names to the masking rules.',
      '1 of 3 parts failed (Staging restore): mend what the issues name, then run `/dr drill monthly` again.',
    ]);
  });
});
