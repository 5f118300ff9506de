// A worker that loses its lease, its store, its process or its code at any point: nothing is done twice, nothing hangs in silence.
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { ActionArgs } from '../../src/core/action.ts';
import { LeaseLost } from '../../src/core/errors.ts';
import type { Operation } from '../../src/core/operation.ts';
import type { Deps } from '../../src/operations/deps.ts';
import type { Mishap } from '../support/paper-platform.ts';
import {
  ALICE,
  BOB,
  breaking,
  type Desk,
  desksOfThisFile,
  justBefore,
  openDesk,
  PLANTED,
  refusal,
  withoutBackups,
} from './operations-fixture.ts';

const desk = await desksOfThisFile();

describe('the store of a worker', () => {
  /** Works through a rollback whose store breaks once, at every call that a worker makes in turn. */
  async function breakEverywhere(
    when: 'before' | 'after',
    mishap: Mishap | null,
    check: (here: Desk, ended: Operation, before: unknown) => Promise<void>,
  ): Promise<number> {
    for (let at = 1; ; at += 1) {
      const here = openDesk(desk().store);
      const before = withoutBackups(here.paper.world);
      const operation = await here.ask('rollback v255');
      await here.agree(operation);
      here.paper.mishap = mishap;
      const broken = breaking(here.store.operations, { at, when });
      here.deps.operations = broken.operations;
      await here.work(operation.id).catch(() => {});
      here.deps.operations = here.store.operations;
      for (let tries = 0; tries < 3; tries += 1) {
        await here.lapse(operation.id);
        await here.work(operation.id);
      }
      await check(here, await here.useCases.find(operation.id), before);
      if (broken.calls() < at) return at;
    }
  }

  it.each(['before', 'after'] as const)(
    'may break %s any call: another worker goes on, nothing is done twice',
    async (when) => {
      const calls = await breakEverywhere(when, null, async ({ paper, types }, ended) => {
        expect(ended.state).toBe('succeeded');
        expect(paper.effects['release.rollback']).toBe(1);
        const ends = (await types(ended.id)).filter((type) => type === 'step_ended');
        expect(ends).toHaveLength(ended.plan.steps.length);
      });
      expect(calls).toBeGreaterThan(12);
    },
  );

  it.each(['before', 'after'] as const)('may break %s any call while a step is taken back', async (when) => {
    const mishap = { action: 'release.rollback', when: 'after', how: 'fails' } as const;
    const calls = await breakEverywhere(when, mishap, async ({ paper }, ended, before) => {
      // Where the word of the failure was lost, the provider says that it happened: that is then adopted.
      expect(['failed', 'succeeded']).toContain(ended.state);
      if (ended.state === 'failed') expect(withoutBackups(paper.world)).toEqual(before);
    });
    expect(calls).toBeGreaterThan(10);
  });

  it('may be away so long that the lease has surely run out: then it stops waiting', async () => {
    const { ask, agree, work, paper, deps, store, logged } = desk();
    const operation = await ask('rollback v255');
    await agree(operation);
    paper.acts = async (_action, run) => {
      deps.operations = store.operations;
      // Until then every beat fails.
      await new Promise((resolve) => run.signal.addEventListener('abort', resolve, { once: true }));
      run.signal.throwIfAborted();
    };
    const renew: typeof store.operations.renew = async (...args) => {
      if (deps.operations !== store.operations) return store.operations.renew(...args);
      throw new Error('the store is away');
    };
    deps.operations = { ...store.operations, renew };
    await work(operation.id, { leaseSeconds: 0.3 });
    expect(logged).toContain('lease not renewed: the store is away');
    expect(paper.effects).toEqual({});
  });
});

describe('a worker that was taken for dead', () => {
  it('begins nothing any more', async () => {
    const { ask, agree, work, steal, lapse, state, paper, woken } = desk();
    const operation = await ask('rollback v255');
    await agree(operation);
    paper.begins = async () => {
      paper.begins = async () => {};
      await steal(operation.id);
    };
    await work(operation.id);
    expect(paper.effects).toEqual({});
    expect(woken.at(-1)).toBe(operation.id);
    await lapse(operation.id);
    await work(operation.id);
    expect(await state(operation.id)).toBe('succeeded');
    expect(paper.effects['release.rollback']).toBe(1);
  });

  it('writes nothing any more about what it has done: another one finds that it happened', async () => {
    const { ask, agree, work, steal, lapse, state, types, paper } = desk();
    const operation = await ask('rollback v255');
    await agree(operation);
    paper.acts = async () => {
      paper.acts = async () => {};
      await steal(operation.id);
    };
    await work(operation.id);
    expect(await types(operation.id)).not.toContain('step_ended');
    await lapse(operation.id);
    await work(operation.id);
    expect(await state(operation.id)).toBe('succeeded');
    expect(paper.effects['release.rollback']).toBe(1);
  });

  it('takes nothing back any more', async () => {
    const { ask, agree, work, steal, state, paper } = desk();
    const operation = await ask('rollback v255');
    await agree(operation);
    paper.mishap = { action: 'release.rollback', when: 'after', how: 'fails' };
    paper.undoes = async (_action, run) => {
      await steal(operation.id);
      await run.fence();
    };
    await work(operation.id);
    expect(paper.world.release).toBe('v255');
    expect(await state(operation.id)).toBe('unwinding');
  });

  it('notices it within a third of its lease', async () => {
    const { ask, agree, work, steal, paper } = desk();
    const operation = await ask('rollback v255');
    await agree(operation);
    let waited = 0;
    paper.acts = async (_action, run) => {
      await steal(operation.id);
      const since = Date.now();
      await new Promise((resolve) => run.signal.addEventListener('abort', resolve, { once: true }));
      waited = Date.now() - since;
      throw run.signal.reason;
    };
    await work(operation.id, { leaseSeconds: 1 });
    expect(waited).toBeLessThan(1000);
    expect(paper.effects).toEqual({});
  });

  it('is not taken for one while it takes something back for longer than its lease', async () => {
    const { ask, agree, work, paper, state } = desk();
    const operation = await ask('rollback v255');
    await agree(operation);
    paper.mishap = { action: 'release.rollback', when: 'after', how: 'fails' };
    paper.undoes = () => sleep(1500);
    await work(operation.id, { leaseSeconds: 1 });
    expect(await state(operation.id)).toBe('failed');
    expect(paper.world.release).toBe('v256');
  });

  it('is told apart from a fault by the error that it gets', async () => {
    const { ask, agree, work, paper, state, steal } = desk();
    const operation = await ask('rollback v255');
    await agree(operation);
    paper.begins = async (_action, run) => {
      await steal(operation.id);
      await run.fence().catch((thrown: unknown) => {
        expect(thrown).toBeInstanceOf(LeaseLost);
        throw thrown;
      });
    };
    await work(operation.id);
    expect(await state(operation.id)).toBe('running');
  });
});

describe('two workers', () => {
  it('at one operation do everything once', async () => {
    const { ask, agree, work, state, paper } = desk();
    const operation = await ask('restore production a001');
    await Promise.all([work(operation.id), work(operation.id), work(operation.id)]);
    await agree(operation);
    await Promise.all([work(operation.id), work(operation.id), work(operation.id)]);
    expect(await state(operation.id)).toBe('succeeded');
    expect(new Set(Object.values(paper.effects))).toEqual(new Set([1]));
  });

  it('do not mind an operation that has ended or was never there', async () => {
    const { ask, work, useCases, types } = desk();
    const { id } = await ask('rollback v255');
    await useCases.cancel({ operation: id, by: ALICE });
    const before = await types(id);
    await work(id);
    await work('op-999999');
    expect(await types(id)).toEqual(before);
  });
});

describe('a process that stops', () => {
  it('begins nothing, keeps what it had begun for the next one, and gives the lease back', async () => {
    const { ask, agree, work, state, types, paper } = desk();
    const operation = await ask('rollback v255');
    await agree(operation);
    const stop = new AbortController();
    paper.begins = async () => {
      paper.begins = async () => {};
      stop.abort(new Error('the process stops'));
    };
    await work(operation.id, { stop });
    expect(paper.effects).toEqual({});
    expect((await types(operation.id)).at(-1)).toBe('step_started');
    await work(operation.id);
    expect(await state(operation.id)).toBe('succeeded');
  });

  it('does not wait for the next try of taking something back', async () => {
    const { ask, agree, work, state, paper } = desk();
    const operation = await ask('rollback v255');
    await agree(operation);
    const stop = new AbortController();
    paper.mishap = { action: 'release.rollback', when: 'after', how: 'fails' };
    paper.undoes = async () => {
      stop.abort(new Error('the process stops'));
      throw new Error('not now');
    };
    await work(operation.id, { stop });
    expect(await state(operation.id)).toBe('unwinding');
    paper.undoes = async () => {};
    await work(operation.id);
    expect(await state(operation.id)).toBe('failed');
    expect(paper.world.release).toBe('v256');
  });

  it('logs a lease that it could not give back', async () => {
    const { ask, work, deps, store, logged } = desk();
    const { id } = await ask('verify');
    deps.operations = { ...store.operations, release: () => Promise.reject(new Error('the store is away')) };
    await work(id);
    expect(logged).toContain('lease not released, it will lapse: the store is away');
  });
});

describe('a person who stops an operation while a worker is at it', () => {
  it('stops the waiting for a step, which is taken back', async () => {
    const { ask, work, state, paper, useCases, woken } = desk();
    const { id } = await ask('restore production a001');
    paper.acts = async (action, run) => {
      if (action !== 'candidate.load') return;
      await useCases.cancel({ operation: id, by: BOB });
      await new Promise((resolve) => run.signal.addEventListener('abort', resolve, { once: true }));
      run.signal.throwIfAborted();
    };
    await work(id, { leaseSeconds: 1 });
    expect(woken.at(-1)).toBe(id);
    await work(id);
    expect(await state(id)).toBe('cancelled');
    expect(paper.world.databases).toEqual(['db-one', 'db-staging']);
  });

  it('keeps the result of the step that was running, and the step is taken back', async () => {
    const { ask, work, state, types, paper, useCases } = desk();
    const { id } = await ask('restore production a001');
    paper.acts = async () => {
      paper.acts = async () => {};
      await useCases.cancel({ operation: id, by: BOB });
    };
    await work(id);
    expect(await state(id)).toBe('cancelled');
    expect((await types(id)).slice(-5)).toEqual(['stopped', 'step_ended', 'undo_started', 'undo_ended', 'finished']);
    expect(paper.world.databases).toEqual(['db-one', 'db-staging']);
  });

  it.each([
    ['dropped', false],
    ['not waited for', true],
  ])('ends at once what has nothing to take back; what the worker still finds out is %s', async (_what, waits) => {
    const { ask, work, types, paper, useCases } = desk();
    const { id } = await ask('backup production');
    paper.acts = async (_action, run) => {
      await useCases.cancel({ operation: id, by: BOB });
      if (waits) await new Promise((resolve) => run.signal.addEventListener('abort', resolve, { once: true }));
      run.signal.throwIfAborted();
    };
    await work(id, { leaseSeconds: 1 });
    expect((await types(id)).slice(-2)).toEqual(['stopped', 'finished']);
    expect(paper.effects['backup.capture']).toBe(waits ? undefined : 1);
  });

  it('stops a step from being begun, or from having failed, when it could not be prepared', async () => {
    const { ask, work, types, paper, useCases, state } = desk();
    const { id } = await ask('restore production a001');
    const create = paper.actions['candidate.create'];
    if (create === undefined) throw new Error('no such action');
    const before = async () => {
      await useCases.cancel({ operation: id, by: BOB });
      throw new Error('not now');
    };
    paper.actions = { ...paper.actions, 'candidate.create': { ...create, before } };
    await work(id);
    expect(await state(id)).toBe('cancelled');
    expect(await types(id)).toEqual(['proposed', 'stopped', 'finished']);
  });

  it('is not asked about a step whose outcome is unclear', async () => {
    const { ask, work, state, types, paper, useCases } = desk();
    const { id } = await ask('restore production a001');
    paper.mishap = { action: 'candidate.load', when: 'after', how: 'unknown' };
    paper.acts = async (action) => {
      if (action === 'candidate.load') await useCases.cancel({ operation: id, by: BOB });
    };
    await work(id);
    expect(await state(id)).toBe('cancelled');
    expect(await types(id)).not.toContain('asked');
    expect(paper.world.databases).toEqual(['db-one', 'db-staging']);
  });

  it('at the last moment wins over success', async () => {
    const here = desk();
    const { id } = await here.ask('verify');
    justBefore(here, 'finished', () => here.useCases.cancel({ operation: id, by: BOB }));
    await here.work(id);
    expect(await here.state(id)).toBe('cancelled');
  });
});

describe('after an upgrade', () => {
  it('a step that this installation does not know fails before it begins, and the rest is taken back', async () => {
    const { ask, agree, work, useCases, paper } = desk();
    const before = withoutBackups(paper.world);
    const operation = await ask('restore production a001');
    await work(operation.id);
    await agree(operation);
    const { 'database.promote': _, ...others } = paper.actions;
    paper.actions = others;
    await work(operation.id);
    const { state, stopped } = await useCases.find(operation.id);
    expect(state).toBe('failed');
    expect(stopped?.why).toMatch(/could not be prepared: .*database.promote/);
    expect(withoutBackups(paper.world)).toEqual(before);
  });

  it('a step in flight whose arguments are not understood any more is put to a person', async () => {
    const { ask, agree, work, useCases, paper } = desk();
    const operation = await ask('rollback v255');
    await agree(operation);
    paper.mishap = { action: 'release.rollback', when: 'after', how: 'crash' };
    await work(operation.id);
    const { parse } = ActionArgs['release.rollback'];
    ActionArgs['release.rollback'].parse = () => {
      throw new Error('release: required');
    };
    try {
      await work(operation.id);
    } finally {
      ActionArgs['release.rollback'].parse = parse;
    }
    const { state, question } = await useCases.find(operation.id);
    expect(state).toBe('needs_human');
    expect(question?.why).toMatch(/release: required/);
    expect(paper.effects['release.rollback']).toBe(1);
  });

  it.each(['the action', 'its way back'])(
    'a person is asked when %s that would take a step back is gone',
    async (what) => {
      const { ask, agree, work, useCases, paper } = desk();
      const operation = await ask('rollback v255');
      await agree(operation);
      paper.mishap = { action: 'release.rollback', when: 'after', how: 'fails' };
      const { 'release.rollback': rollback, ...others } = paper.actions;
      paper.undoes = async () => {
        paper.actions =
          what === 'the action' || rollback === undefined
            ? others
            : { ...others, 'release.rollback': { ...rollback, undo: { not: 'not any more' } } };
        throw new Error('not now');
      };
      await work(operation.id);
      expect(await useCases.find(operation.id)).toMatchObject({ state: 'needs_human', question: { about: 'undo' } });
    },
  );

  it('an operation whose system file is gone does not loop in silence, and goes on when the file is back', async () => {
    const { ask, agree, work, useCases, paper, deps } = desk();
    const operation = await ask('rollback v255');
    await agree(operation);
    paper.mishap = { action: 'release.rollback', when: 'after', how: 'crash' };
    await work(operation.id);
    deps.systems = { ...paper.systems, all: [] };
    await work(operation.id);
    const { state, question, digest } = await useCases.find(operation.id);
    expect(state).toBe('needs_human');
    expect(question?.why).toMatch(/There is no system/);
    const answer = {
      operation: operation.id,
      digest,
      by: ALICE,
      asks: question?.seq ?? 0,
      verdict: 'happened' as const,
    };
    expect(await refusal(useCases.settle(answer))).toBe('unknown-system');
    deps.systems = paper.systems;
    await useCases.settle(answer);
    await work(operation.id);
    expect(await useCases.find(operation.id)).toMatchObject({ state: 'unverified' });
  });

  it('an operation whose system file is gone before its gate stops there', async () => {
    const { ask, agree, work, useCases, paper, deps } = desk();
    const operation = await ask('rollback v255');
    await agree(operation);
    deps.systems = { ...paper.systems, all: [] };
    await work(operation.id);
    const { state, stopped } = await useCases.find(operation.id);
    expect(state).toBe('failed');
    expect(stopped?.why).toMatch(/There is no system/);
  });
});

describe('progress', () => {
  it('is journaled now and then, and only while the step is running', async () => {
    const { ask, work, types, paper } = desk();
    const { id } = await ask('backup production');
    let late = (_note: string) => {};
    paper.acts = async (_action, run) => {
      for (const percent of [10, 20, 30]) run.progress({ percent, note: `${percent} MB` });
      await sleep(50);
      late = (note) => run.progress({ percent: 99, note });
    };
    await work(id);
    late('too late');
    await sleep(50);
    expect((await types(id)).filter((type) => type === 'step_progress')).toHaveLength(1);
  });

  it('is dropped when a person is being asked by the time that it is written', async () => {
    const here = desk();
    const { id } = await here.ask('backup production');
    here.paper.mishap = { action: 'backup.capture', when: 'after', how: 'unknown' };
    here.paper.acts = async (_action, run) => run.progress({ percent: 1, note: 'held up' });
    justBefore(here, 'step_progress', async () => {
      while ((await here.state(id)) !== 'needs_human') await sleep(5);
    });
    await here.work(id);
    expect(await here.types(id)).not.toContain('step_progress');
    expect(here.logged).toEqual([]);
  });

  it('that cannot be written does not hurt the work', async () => {
    const here = desk();
    const { id } = await here.ask('backup production');
    here.paper.acts = async (_action, run) => run.progress({ percent: 1, note: 'one' });
    justBefore(here, 'step_progress', () => Promise.reject(new Error('the disk is full')));
    await here.work(id);
    expect(await here.state(id)).toBe('succeeded');
    expect(here.logged).toEqual(['progress not journaled: the disk is full']);
  });
});

describe('without a lasting record', () => {
  it('nothing is changed, and that is said; what only looks goes on', async () => {
    const here = openDesk(desk().store);
    here.deps.audit = { secure: () => Promise.reject(new Error('no space left on the disk of the audit file')) };
    const before = withoutBackups(here.paper.world);
    const operation = await here.ask('rollback v255');
    await here.agree(operation);
    await here.work(operation.id);
    const ended = await here.useCases.find(operation.id);
    expect(ended.state).toBe('failed');
    expect(ended.stopped?.why).toContain(
      'could not be written down lastingly: no space left on the disk of the audit file',
    );
    expect(here.paper.effects['release.rollback'] ?? 0).toBe(0);
    expect(withoutBackups(here.paper.world)).toEqual(before);

    const look = await here.ask('verify');
    await here.work(look.id);
    expect((await here.useCases.find(look.id)).state).toBe('succeeded');
  });
});

describe('a secret in what other programs say', () => {
  it('is in no entry of the journal and in no plan, while what the program reads again stays as it was', async () => {
    const { paper, deps, ask, agree, work, store, useCases } = desk();
    const survey: Deps['systems']['survey'] = async (_system, facts) => {
      const { production, ...others } = facts.environments;
      if (production === undefined) return facts;
      return { ...facts, environments: { ...others, production: { ...production, surveyProblem: `no ${PLANTED}` } } };
    };
    deps.systems = { ...paper.systems, survey };
    const said = { says: [`it said ${PLANTED}`], checks: [{ name: 'Log', status: 'warn' as const, figure: PLANTED }] };
    const { 'maintenance.on': on, 'candidate.check': check } = paper.actions;
    if (on === undefined || check === undefined) throw new Error('there are no such actions');
    paper.actions = {
      ...paper.actions,
      'candidate.check': {
        ...check,
        do: async (args, run) => {
          run.progress({ percent: null, note: `reading ${PLANTED}` });
          await check.do(args, run);
          return { is: 'done', evidence: said, output: { read: PLANTED } };
        },
      },
      'maintenance.on': {
        ...on,
        do: async () => ({ is: 'failed', why: `it broke: ${PLANTED}`, evidence: said, untouched: true }),
      },
    };
    const operation = await ask('restore production a001');
    await work(operation.id);
    await agree(operation);
    await work(operation.id);
    const { state, stopped, steps, plan } = await useCases.find(operation.id);
    expect(state).toBe('failed');
    expect(stopped?.why).toContain('it broke: [secret]');
    expect(plan.statements.map(({ text }) => text).join()).toContain('no [secret]');
    const checked = steps[plan.steps.find(({ action }) => action === 'candidate.check')?.id ?? '']?.outcome;
    expect(checked).toMatchObject({ is: 'done', evidence: { says: ['it said [secret]'] }, output: { read: PLANTED } });
    const entries = JSON.stringify(await store.operations.journal(operation.id));
    expect(entries.split(PLANTED)).toHaveLength(2);
    expect(entries).toContain('reading [secret]');
  });
});
