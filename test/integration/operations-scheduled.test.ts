// What runs by itself and drills, from the proposal to the end: authority, consent, lanes, taking part, and what stays on failure.
import { describe, expect, it } from 'vitest';
import type { OperationCommand } from '../../src/core/command.ts';
import { SCHEDULE } from '../../src/core/names.ts';
import type { Operation } from '../../src/core/operation.ts';
import { proposeScheduled } from '../../src/operations/propose.ts';
import { createSweep } from '../../src/operations/sweep.ts';
import { createSchedules, type ScheduleDeps } from '../../src/progress/schedules.ts';
import { type SystemFile, systemFile } from '../support/system.ts';
import { ALICE, BOB, CAROL, DAVE, type Desk, desksOfThisFile, openDesk, refusal } from './operations-fixture.ts';

const desk = await desksOfThisFile();

const DRILLS: SystemFile['drills'] = {
  monthly: {
    title: 'First Friday',
    participants: { roles: ['operator'], atLeast: 1 },
    parts: [
      { do: 'backups' },
      { do: 'restore', environment: 'staging' },
      { do: 'person', title: 'Look at it', instructions: 'Open the console, look at the newest entry.' },
    ],
  },
  looking: { title: 'Only looking', parts: [{ do: 'backups' }] },
};

/** A desk whose system has drills; the environments are those of every system file unless told otherwise. */
function drillDesk(file: Partial<SystemFile> = {}, on: { direct?: boolean } = {}): Desk {
  return openDesk(desk().store, { drills: DRILLS, ...file }, on);
}

let ids = 0;
async function scheduled({ deps, paper }: Desk, command: OperationCommand): Promise<Operation> {
  ids += 1;
  const [system] = paper.systems.all;
  if (system === undefined) throw new Error('the desk has no system');
  return (await proposeScheduled(deps, { id: `schedule:test/${ids}`, command, system })).operation;
}

const drill = (name: string): OperationCommand => ({ verb: 'drill', system: null, drill: name });
const restoring = (environment: string): OperationCommand => ({
  ...{ verb: 'restore', system: null, environment, backup: 'latest', at: null, table: null },
});
const consentLine = ({ plan }: Operation) => plan.statements.find(({ label }) => label === 'Consent')?.text;

describe('what runs by itself', () => {
  it('needs no operator, and nobody types the name of what is not protected', async () => {
    const here = drillDesk();
    for (const person of [ALICE, BOB, CAROL]) here.gone.add(person);
    const operation = await scheduled(here, drill('monthly'));
    expect(operation).toMatchObject({ requestedBy: SCHEDULE, state: 'queued', plan: { consent: { kind: 'none' } } });
    expect(consentLine(operation)).toBe(
      'none is asked for: the system file starts this by itself, and staging is not protected',
    );
    await here.work(operation.id);
    expect(here.paper.effects['database.restore']).toBe(1);
  });

  it('says nothing of a consent that nobody would have been asked for', async () => {
    const here = drillDesk();
    expect(consentLine(await scheduled(here, drill('looking')))).toBeUndefined();
    expect(consentLine(await here.ask('drill monthly'))).toBeUndefined();
  });

  it('never changes what is protected without its approvals', async () => {
    const here = drillDesk();
    const operation = await scheduled(here, restoring('production'));
    expect(operation).toMatchObject({ state: 'awaiting_approval', plan: { consent: { kind: 'approvals' } } });
    await here.work(operation.id);
    expect(here.paper.effects['database.promote']).toBeUndefined();
    await here.agree(operation);
    await here.work(operation.id);
    expect(await here.state(operation.id)).toBe('succeeded');
  });

  it('waits for the approvals that an unprotected environment asks for', async () => {
    const { production, staging } = systemFile().environments ?? {};
    const consent = { kind: 'approvals' as const, count: 1, roles: ['engineering-lead'] };
    const environments = { ...(production && { production }), ...(staging && { staging: { ...staging, consent } }) };
    const operation = await scheduled(drillDesk({ environments }), drill('monthly'));
    expect(operation).toMatchObject({ state: 'awaiting_approval', plan: { consent: { kind: 'approvals' } } });
  });

  it('is one operation, however often it is asked for', async () => {
    const here = drillDesk();
    const [system] = here.paper.systems.all;
    if (system === undefined) throw new Error('the desk has no system');
    const asked = { id: `schedule:${system.name}/nightly:2026-11-26T02:00:00.000Z`, command: drill('looking'), system };
    const first = await proposeScheduled(here.deps, asked);
    const again = await proposeScheduled(here.deps, asked);
    expect(again.operation.id).toBe(first.operation.id);
  });

  it('is asked for by nobody from outside: its name is refused wherever a person acts', async () => {
    const here = drillDesk();
    expect(await refusal(here.ask('verify', SCHEDULE))).toBe('not-a-person');
    expect(await refusal(here.ask('drill monthly', SCHEDULE))).toBe('not-a-person');
    const { id, digest } = await here.ask('drill monthly');
    expect(await refusal(here.useCases.join({ operation: id, by: SCHEDULE }))).toBe('not-a-person');
    expect(await refusal(here.useCases.cancel({ operation: id, by: SCHEDULE }))).toBe('not-an-operator');
    const typed = { operation: id, digest, by: SCHEDULE, typed: 'app-staging' };
    expect(await refusal(here.useCases.confirm(typed))).toBe('not-an-operator');
  });
});

describe('the lane', () => {
  it('is that of people for what people ask for, but for drills', async () => {
    const here = drillDesk();
    const { id: looked } = await here.ask('verify');
    const { id: drilled } = await here.ask('drill looking');
    const { id: nightly } = await scheduled(here, { verb: 'verify', system: null, backup: 'latest', deep: false });
    expect(here.lanes).toEqual([`${looked} people`, `${drilled} scheduled`, `${nightly} scheduled`]);
  });

  it('is the same when the sweeper wakes it again', async () => {
    const here = drillDesk();
    const { id: looked } = await here.ask('verify');
    const { id: nightly } = await scheduled(here, { verb: 'verify', system: null, backup: 'latest', deep: false });
    here.lanes.length = 0;
    await createSweep(here.deps)();
    expect(here.lanes).toEqual(expect.arrayContaining([`${looked} people`, `${nightly} scheduled`]));
  });
});

describe('taking part in a drill', () => {
  it('is for anybody, once, as long as it goes on', async () => {
    const here = drillDesk();
    const { id } = await here.ask('drill looking');
    await here.useCases.join({ operation: id, by: DAVE });
    const after = await here.useCases.join({ operation: id, by: CAROL });
    expect(after.joined).toEqual([DAVE, CAROL]);
    expect(await refusal(here.useCases.join({ operation: id, by: DAVE }))).toBe('already-joined');
    await here.work(id);
    expect(await here.state(id)).toBe('succeeded');
    expect(await refusal(here.useCases.join({ operation: id, by: BOB }))).toBe('already-decided');
  });

  it('is of drills alone', async () => {
    const here = drillDesk();
    const { id } = await here.ask('verify');
    expect(await refusal(here.useCases.join({ operation: id, by: DAVE }))).toBe('not-a-drill');
    expect(await refusal(here.useCases.join({ operation: 'op-999999', by: DAVE }))).toBe('no-such-operation');
  });

  it('does not make a typed name count for longer', async () => {
    const { production, staging } = systemFile().environments ?? {};
    const consent = { kind: 'typed' as const, expiresMinutes: 0.01 };
    const environments = { ...(production && { production }), ...(staging && { staging: { ...staging, consent } }) };
    const parts = [{ do: 'restore' as const, environment: 'staging' }];
    const here = drillDesk({ environments, drills: { monthly: { title: 'First Friday', parts } } });
    const operation = await here.ask('drill monthly');
    await here.agree(operation);
    await new Promise((resolve) => setTimeout(resolve, 700));
    await here.useCases.join({ operation: operation.id, by: DAVE });
    await here.work(operation.id);
    expect(await here.state(operation.id)).toBe('expired');
  });
});

describe('a drill that fails', () => {
  it('behind its gate leaves the environment as it is, to be looked into', async () => {
    const here = drillDesk();
    here.paper.mishap = { action: 'health.check', when: 'before', how: 'fails' };
    const { id } = await scheduled(here, drill('monthly'));
    await here.work(id);
    expect(await here.state(id)).toBe('failed');
    expect(here.paper.world.stagingHolds).toBe('production a001');
    expect(await here.types(id)).not.toContain('undo_started');
  });

  it('before its gate takes back what it has built', async () => {
    const here = drillDesk({}, { direct: true });
    here.paper.mishap = { action: 'candidate.check', when: 'before', how: 'fails' };
    const { id } = await scheduled(here, drill('monthly'));
    await here.work(id);
    expect(await here.state(id)).toBe('failed');
    expect(here.paper.world).toMatchObject({ databases: ['db-one', 'db-staging'], beside: [], stopped: false });
  });

  it('keeps the database that it has exchanged, but no file here', async () => {
    const here = drillDesk({}, { direct: true });
    here.paper.mishap = { action: 'health.check', when: 'before', how: 'fails' };
    const { id } = await scheduled(here, drill('monthly'));
    await here.work(id);
    expect(await here.state(id)).toBe('failed');
    expect(here.paper.world.live).toContain(id);
    expect(here.paper.world.databases).toContain(here.paper.world.live);
    expect(here.paper.world.beside).toEqual([]);
  });

  it('is no restore of the same: that takes itself back', async () => {
    const here = drillDesk();
    here.paper.mishap = { action: 'health.check', when: 'before', how: 'fails' };
    const { state } = await here.run('restore staging a001');
    expect(state).toBe('failed');
    expect(here.paper.world.stagingHolds).toBe('old data');
  });
});

it('goes on to the restore although the backups are not as they should be, and asks for the human part', async () => {
  const here = drillDesk({ backups: { of: 'production', maxAgeHours: 1, sizeTolerancePercent: 10, retentionDays: 7 } });
  const checks = [{ name: 'Newest within 1 h', status: 'fail' as const, figure: 'a001 finished 11 d ago' }];
  const verify = here.paper.actions['backups.verify'];
  if (verify === undefined) throw new Error('the paper cannot verify');
  Object.assign(here.paper.actions, {
    'backups.verify': {
      ...verify,
      do: async () => ({ is: 'done', evidence: { says: ['1 backup read.'], checks }, output: null }),
    },
  });
  const { id, digest } = await scheduled(here, drill('monthly'));
  await here.work(id);
  const asking = await here.useCases.find(id);
  expect(asking).toMatchObject({ state: 'needs_human', question: { about: 'task', step: 's6' } });
  expect(asking.plan.steps.map(({ part }) => part)).toEqual([0, 1, 1, 1, 1, 2]);
  expect(asking.steps['s1']?.outcome?.evidence.checks).toEqual(checks);
  const settled = {
    operation: id,
    digest,
    by: BOB,
    asks: asking.question?.seq ?? 0,
    verdict: 'happened' as const,
  };
  await here.useCases.settle(settled);
  await here.work(id);
  expect(await here.state(id)).toBe('succeeded');
});

describe('schedules over the real store', () => {
  type Process = { round(): Promise<void>; readonly reported: number[] };

  function processOf({ deps, store, paper }: Desk, clock: { now: Date }, instead: Partial<ScheduleDeps> = {}): Process {
    const reported: number[] = [];
    const round = createSchedules({
      systems: paper.systems.all,
      schedules: store.schedules,
      propose: async (asked) => (await proposeScheduled(deps, asked)).operation.id,
      report: async (system, findings) => {
        reported.push(findings.length);
        await store.alerts.reconcile(system.name, ['schedule'], findings);
      },
      log: deps.log,
      now: () => clock.now,
      ...instead,
    });
    return { round, reported };
  }

  const nightly = (missed: 'make-up' | 'report'): SystemFile['schedules'] => [
    { name: 'nightly', cron: '0 2 * * *', missed, work: { do: 'verify' } },
  ];
  /** The schedule counts from the store's own clock on: a night after that. */
  const nights = (days: number) =>
    new Date(Math.ceil(Date.now() / 86_400_000) * 86_400_000 + (days * 24 + 2) * 3_600_000);
  const operationsOf = ({ store, paper }: Desk) => store.operations.open(paper.systems.all[0]?.name ?? '');

  it('start one operation for each night, in two processes that are restarted in between', async () => {
    const here = drillDesk({ schedules: nightly('make-up') });
    const clock = { now: new Date() };
    let processes = [processOf(here, clock), processOf(here, clock)];
    await Promise.all(processes.map(({ round }) => round()));
    for (const night of [0, 1, 2]) {
      clock.now = nights(night);
      await Promise.all(processes.map(({ round }) => round()));
      processes = [processOf(here, clock), processOf(here, clock)];
      await Promise.all(processes.map(({ round }) => round()));
    }
    const operations = await operationsOf(here);
    expect(operations.map(({ requestedBy, plan }) => `${requestedBy} ${plan.verb}`)).toEqual(
      Array.from({ length: 3 }, () => 'USCHEDULE verify'),
    );
    const [system] = here.paper.systems.all;
    expect(await here.store.schedules.latest(system?.name ?? '')).toMatchObject([
      { due: nights(2).toISOString(), operation: operations.at(-1)?.id, note: 'started' },
    ]);
  });

  it('find the operation again whose process died before it had said so', async () => {
    const here = drillDesk({ schedules: nightly('make-up') });
    const clock = { now: new Date() };
    const dying = processOf(here, clock, {
      schedules: {
        ...here.store.schedules,
        settle: async () => {
          throw new Error('killed');
        },
      },
    });
    await dying.round();
    clock.now = nights(0);
    await dying.round();
    expect(await operationsOf(here)).toHaveLength(1);
    // Two minutes later, by the store's clock.
    await here.store.sql(
      "update holdfast.schedule_runs set taken_at = taken_at - interval '3 minutes' where settled_at is null",
    );
    await processOf(here, clock).round();
    const [operation, ...more] = await operationsOf(here);
    expect(more).toEqual([]);
    const [run] = await here.store.schedules.latest(here.paper.systems.all[0]?.name ?? '');
    expect(run).toMatchObject({ operation: operation?.id });
  });

  it('raise an alert for a night that was missed, which is over after the next good one', async () => {
    const here = drillDesk({ schedules: nightly('report') });
    const name = here.paper.systems.all[0]?.name ?? '';
    const clock = { now: new Date() };
    await processOf(here, clock).round();
    clock.now = new Date(nights(0).getTime() + 3_600_000);
    const { round } = processOf(here, clock);
    await round();
    expect(await operationsOf(here)).toEqual([]);
    expect(await here.store.alerts.open(name)).toMatchObject([{ kind: 'schedule', about: 'nightly' }]);
    clock.now = nights(1);
    await round();
    expect(await operationsOf(here)).toHaveLength(1);
    expect(await here.store.alerts.open(name)).toEqual([]);
  });

  it('make nothing up of the time before their definition was changed', async () => {
    const begun = async (cron: string) => {
      const here = drillDesk({ schedules: [{ name: 'nightly', cron: '*/10 * * * *', work: { do: 'verify' } }] });
      const clock = { now: new Date() };
      const [system] = here.paper.systems.all;
      if (system === undefined) throw new Error('the desk has no system');
      await processOf(here, clock).round();
      await here.store.sql(
        "update holdfast.schedules set since = since - interval '1 day' where starts_with(key, $1)",
        [`${system.name}/`],
      );
      const schedules = system.schedules.map((schedule) => ({ ...schedule, cron }));
      await processOf(here, clock, { systems: [{ ...system, schedules }] }).round();
      return (await operationsOf(here)).length;
    };
    expect(await begun('*/10 * * * *')).toBe(1);
    expect(await begun('*/15 * * * *')).toBe(0);
  });
});
