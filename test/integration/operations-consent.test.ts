// People decide: who may approve, deny, confirm, cancel and settle, and what holds at the gate (faults 15-22, 24, 25, 29).
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import type { Factor } from '../../src/core/ports.ts';
import type { System } from '../../src/core/system.ts';
import { createSweep } from '../../src/operations/sweep.ts';
import { ALICE, BOB, CAROL, DAVE, type Desk, desksOfThisFile, ERIN, refusal } from './operations-fixture.ts';

const desk = await desksOfThisFile();

/** So short that it has run out after a moment. */
function expireSoon({ paper }: Desk, environment: keyof System['environments'], minutes = 0.001): void {
  const consent = paper.systems.all[0]?.environments[environment]?.consent;
  if (consent === undefined || consent.kind === 'none') throw new Error('nothing to expire');
  consent.expiresMinutes = minutes;
}

describe('consent', () => {
  it('lets the rehearsal run and nothing else before it is given', async () => {
    const { ask, work, state, paper } = desk();
    const { id } = await ask('restore production a001');
    await work(id);
    expect(Object.keys(paper.effects)).toEqual(['candidate.create', 'candidate.load', 'candidate.check']);
    expect(await state(id)).toBe('awaiting_approval');
  });

  it('refuses the requester, strangers, a second vote, another plan, and anything after the decision', async () => {
    const { ask, useCases } = desk();
    const { id, digest } = await ask('restore production a001', BOB);
    const click = (by: string) => useCases.approve({ operation: id, digest, by });
    expect(await refusal(click(BOB))).toBe('own-request');
    expect(await refusal(click(DAVE))).toBe('not-an-approver');
    expect(await refusal(useCases.approve({ operation: id, digest: 'other', by: CAROL }))).toBe('stale-plan');
    await click(CAROL);
    expect(await refusal(click(CAROL))).toBe('already-approved');
    expect(await refusal(useCases.deny({ operation: id, digest, by: DAVE }))).toBe('not-an-approver');
    await useCases.deny({ operation: id, digest, by: CAROL });
    expect(await refusal(click(CAROL))).toBe('already-decided');
    expect(await refusal(useCases.deny({ operation: id, digest, by: CAROL }))).toBe('already-decided');
    expect(await refusal(useCases.approve({ operation: 'op-999999', digest, by: CAROL }))).toBe('no-such-operation');
  });

  it.each(['totp', 'ssh'] as const)(
    'takes a second factor, %s, where the environment asks for it, and only when all else is well',
    async (factor) => {
      const { ask, useCases, paper, deps, store } = desk();
      const consent = paper.systems.all[0]?.environments['production']?.consent;
      if (consent?.kind !== 'approvals') throw new Error('production takes approvals');
      consent.secondFactor = factor;
      const judged: string[] = [];
      const ANSWERS = { '111111': 'right', '222222': 'used', '333333': 'locked', '444444': 'late' } as const;
      const judge: Factor['judge'] = async ({ person, typed, text }) => {
        judged.push(`${person} ${typed} ${text}`);
        return ANSWERS[typed as keyof typeof ANSWERS] ?? 'wrong';
      };
      const keyed = (...people: string[]) => {
        deps.factors = { ...deps.factors, [factor]: { keyed: async () => new Set(people), judge } };
      };
      const typing = (typed: string) => ({ second: { typed, shownAt: '2026-11-27T10:00:00.000Z' } });
      keyed(BOB);
      const stranger = await refusal(ask('restore production a001'));
      expect(stranger).toBe('not-approvable');
      keyed(BOB, CAROL, ERIN);
      const { id, digest } = await ask('restore production a001');
      const click = { operation: id, digest, by: BOB };
      expect(await refusal(useCases.approve({ ...click, by: DAVE, ...typing('111111') }))).toBe('not-an-approver');
      expect(await refusal(useCases.approve(click))).toBe('factor-needed');
      expect(judged).toEqual([]);
      expect(await refusal(useCases.approve({ ...click, ...typing('000000') }))).toBe('wrong-factor');
      expect(await refusal(useCases.approve({ ...click, ...typing('222222') }))).toBe('used-factor');
      expect(await refusal(useCases.approve({ ...click, ...typing('333333') }))).toBe('too-many-tries');
      expect(await refusal(useCases.approve({ ...click, ...typing('444444') }))).toBe('late-factor');
      expect(judged[0]).toBe(`${BOB} 000000 Holdfast: approve ${id}, plan ${digest}, asked 2026-11-27T10:00:00.000Z`);
      expect((await useCases.find(id)).votes).toEqual([]);
      await useCases.approve({ ...click, ...typing('111111') });
      expect(await refusal(useCases.approve({ ...click, ...typing('111111') }))).toBe('already-approved');
      keyed();
      expect(await refusal(useCases.approve({ ...click, by: CAROL, ...typing('111111') }))).toBe('no-key');
      const approved = (await store.operations.journal(id)).map(({ event }) => event);
      expect(approved).toContainEqual(expect.objectContaining({ type: 'approved', by: BOB, factor }));
      expect((await useCases.deny(click)).state).toBe('cancelled');
    },
  );

  it('can be given while the rehearsal is running, when nothing expires', async () => {
    const { ask, work, useCases, paper, state } = desk();
    const { id, digest } = await ask('restore production a001');
    paper.acts = async (action) => {
      if (action !== 'candidate.load') return;
      expect((await useCases.approve({ operation: id, digest, by: BOB })).expiresAt).toBeNull();
      await useCases.approve({ operation: id, digest, by: CAROL });
    };
    await work(id);
    expect(await state(id)).toBe('succeeded');
  });

  it('is not asked for where the system file asks for none', async () => {
    const { ask, work, state, paper } = desk();
    const staging = paper.systems.all[0]?.environments['staging'];
    if (staging !== undefined) staging.consent = { kind: 'none' };
    const { id } = await ask('restore staging a001');
    await work(id);
    expect(await state(id)).toBe('succeeded');
  });

  it('counts the requester where a tiny team says so', async () => {
    const { ask, useCases, paper } = desk();
    const consent = paper.systems.all[0]?.environments['production']?.consent;
    if (consent?.kind === 'approvals') consent.requesterCounts = true;
    const { id, digest } = await ask('rollback v255', BOB);
    await useCases.approve({ operation: id, digest, by: BOB });
    expect((await useCases.approve({ operation: id, digest, by: CAROL })).state).toBe('queued');
  });

  it('counts two approvers at once as two votes and one decision', async () => {
    const { ask, useCases } = desk();
    const { id, digest } = await ask('restore production a001');
    await Promise.all([BOB, CAROL].map((by) => useCases.approve({ operation: id, digest, by })));
    const { votes, state } = await useCases.find(id);
    expect(votes.map(({ by }) => by).sort()).toEqual([BOB, CAROL]);
    expect(state).toBe('queued');
  });

  it('lets deny win over approve and takes the candidate away again', async () => {
    const { ask, work, state, paper, useCases } = desk();
    const { id, digest } = await ask('restore production a001');
    await work(id);
    await useCases.approve({ operation: id, digest, by: BOB });
    await useCases.deny({ operation: id, digest, by: CAROL });
    await work(id);
    expect(await state(id)).toBe('cancelled');
    expect(paper.world.databases).toEqual(['db-one', 'db-staging']);
  });

  it('can be denied until a worker passes the gate', async () => {
    const { ask, agree, useCases, work, paper } = desk();
    const operation = await ask('rollback v255');
    await agree(operation);
    expect((await useCases.deny({ operation: operation.id, digest: operation.digest, by: ERIN })).state).toBe(
      'cancelled',
    );
    await work(operation.id);
    expect(paper.effects).toEqual({});
  });

  it('cannot be denied where nobody approves', async () => {
    const { ask, agree, useCases } = desk();
    const operation = await ask('restore staging a001');
    await agree(operation);
    const click = { operation: operation.id, digest: operation.digest, by: BOB };
    await expect(useCases.deny(click)).rejects.toThrow(/nothing to decide/);
  });

  it('expires, by the clock of the database', async () => {
    const here = desk();
    expireSoon(here, 'production');
    const operation = await here.ask('rollback v255');
    await sleep(100);
    expect(await refusal(here.agree(operation))).toBe('expired');
    await createSweep(here.deps)();
    expect(await here.state(operation.id)).toBe('expired');
    expect(await refusal(here.agree(operation))).toBe('already-decided');
  });

  it('is asked of the requester alone where a name has to be typed', async () => {
    const { ask, useCases } = desk();
    const { id, digest } = await ask('restore staging a001');
    const typed = (by: string, text: string) => useCases.confirm({ operation: id, digest, by, typed: text });
    expect(await refusal(typed(BOB, 'app-staging'))).toBe('not-yours');
    expect(await refusal(typed(ALICE, 'app-production'))).toBe('wrong-name');
    expect(await refusal(useCases.confirm({ operation: id, digest: 'other', by: ALICE, typed: 'app-staging' }))).toBe(
      'stale-plan',
    );
    await typed(ALICE, ' app-staging ');
    expect(await refusal(typed(ALICE, 'app-staging'))).toBe('already-decided');
  });

  it('by a typed name expires too, and is not taken from somebody who may no longer act', async () => {
    const here = desk();
    const first = await here.ask('restore staging a001');
    here.gone.add(ALICE);
    expect(await refusal(here.agree(first))).toBe('not-an-operator');
    here.gone.clear();
    await here.useCases.cancel({ operation: first.id, by: ALICE });
    expireSoon(here, 'staging');
    const second = await here.ask('restore staging a001');
    await sleep(100);
    expect(await refusal(here.agree(second))).toBe('expired');
  });

  it('cannot be given when roles cannot be read', async () => {
    const { ask, useCases, deps } = desk();
    const { id, digest } = await ask('rollback v255');
    deps.people = {
      holders: async () => {
        throw new Error('Slack does not answer');
      },
    };
    expect(await refusal(useCases.approve({ operation: id, digest, by: BOB }))).toMatch(/Slack does not answer/);
    expect((await useCases.find(id)).votes).toEqual([]);
  });
});

describe('a decision wakes a worker', () => {
  it('only when there is something for one to do', async () => {
    const { ask, useCases, woken } = desk();
    const staging = await ask('restore staging a001');
    const { id, digest } = await ask('rollback v255');
    await useCases.approve({ operation: id, digest, by: BOB });
    expect(woken).toEqual([]);
    await useCases.cancel({ operation: staging.id, by: ALICE });
    expect(woken).toEqual([]);
    await useCases.approve({ operation: id, digest, by: CAROL });
    expect(woken).toEqual([id]);
  });

  it('and stands although the queue is away', async () => {
    const { ask, agree, deps, state, logged } = desk();
    deps.queue = {
      wake: async () => {
        throw new Error('Redis is away');
      },
    };
    const operation = await ask('rollback v255');
    await agree(operation);
    expect(await state(operation.id)).toBe('queued');
    expect(logged).toContain('queue not reached, the sweeper will wake it: Redis is away');
  });
});

describe('the gate', () => {
  it('sends it back to waiting when an approver has lost the role', async () => {
    const { ask, agree, work, useCases, paper, gone } = desk();
    const operation = await ask('rollback v255');
    await agree(operation);
    gone.add(CAROL);
    await work(operation.id);
    const after = await useCases.find(operation.id);
    expect(after.state).toBe('awaiting_approval');
    expect(after.votes.map(({ by }) => by)).toEqual([BOB]);
    expect(paper.effects).toEqual({});
  });

  it.each(['restore staging a001', 'restore production a001'])(
    'stops “%s” when the facts have changed in the meantime',
    async (text) => {
      const { ask, agree, work, useCases, paper } = desk();
      const operation = await ask(text);
      await work(operation.id);
      await agree(operation);
      paper.world.backups['production'] = [];
      await work(operation.id);
      const after = await useCases.find(operation.id);
      expect(after.state).toBe('cancelled');
      expect(after.stopped?.why).toMatch(/consent is void. Backup a001 of production is gone/);
      expect(paper.world.databases).toEqual(['db-one', 'db-staging']);
      expect(paper.effects['database.promote'] ?? paper.effects['database.restore']).toBeUndefined();
    },
  );

  it('stops it when the facts cannot be read again', async () => {
    const { ask, agree, work, useCases, paper, deps } = desk();
    const operation = await ask('rollback v255');
    await agree(operation);
    const facts = async () => {
      throw new Error('Heroku is away');
    };
    deps.systems = { ...paper.systems, facts };
    await work(operation.id);
    const after = await useCases.find(operation.id);
    expect(after.state).toBe('failed');
    expect(after.stopped?.why).toMatch(/could not be checked once more: Heroku is away/);
    expect(paper.effects).toEqual({});
  });

  it.each(['does not answer', 'is away'] as const)('waits a moment for a provider that %s', async (how) => {
    const { ask, agree, work, paper, deps, state } = desk();
    const operation = await ask('rollback v255');
    await agree(operation);
    let tried = 0;
    deps.systems = {
      ...paper.systems,
      async facts(...asked) {
        tried += 1;
        if (tried === 3) return paper.systems.facts(...asked);
        if (how === 'does not answer') throw new Error('Heroku is away');
        const facts = structuredClone(await paper.systems.facts(...asked));
        const production = facts.environments['production'];
        if (production === undefined) return facts;
        const target = { ...production.target, identity: 'unreachable' };
        return { ...facts, environments: { production: { ...production, target, surveyProblem: 'no answer' } } };
      },
    };
    await work(operation.id);
    expect(await state(operation.id)).toBe('succeeded');
    expect(tried).toBe(3);
  });

  it.each([
    ['rollback v255', 'production', 'awaiting_approval'],
    ['restore staging a001', 'staging', 'expired'],
  ] as const)('is closed again when nobody worked on %s for longer than consent lasts', async (text, where, state) => {
    const here = desk();
    expireSoon(here, where, 0.02);
    const operation = await here.ask(text);
    await here.agree(operation);
    // Its worker died at this point.
    await here.store.operations.change(operation.id, () => [{ type: 'started' }]);
    await sleep(1_500);
    await here.work(operation.id);
    expect(await here.state(operation.id)).toBe(state);
    expect(here.paper.effects).toEqual({});
  });

  it('stays open behind the first change, however long nobody was there', async () => {
    const here = desk();
    expireSoon(here, 'production', 0.02);
    const operation = await here.ask('rollback v255');
    await here.agree(operation);
    here.paper.mishap = { action: 'release.rollback', when: 'after', how: 'crash' };
    await here.work(operation.id);
    await here.lapse(operation.id);
    await sleep(1_500);
    await here.work(operation.id);
    expect(await here.state(operation.id)).toBe('succeeded');
    expect(here.paper.effects['release.rollback']).toBe(1);
  });

  it('does not let a typed name count from somebody who may no longer act', async () => {
    const { ask, agree, work, useCases, paper, gone } = desk();
    const operation = await ask('restore staging a001');
    await agree(operation);
    gone.add(ALICE);
    await work(operation.id);
    const after = await useCases.find(operation.id);
    expect(after.state).toBe('cancelled');
    expect(after.stopped?.why).toMatch(/<@U01ALICE>, who confirmed it, may no longer do so/);
    expect(paper.effects).toEqual({});
  });

  it('does not let a typed name count for ever', async () => {
    const here = desk();
    expireSoon(here, 'staging');
    const operation = await here.ask('restore staging a001');
    await here.agree(operation);
    await sleep(100);
    await here.work(operation.id);
    const after = await here.useCases.find(operation.id);
    expect(after.state).toBe('expired');
    expect(here.paper.effects).toEqual({});
  });

  it('stays shut when somebody denies while it is being looked at', async () => {
    const { ask, agree, work, useCases, deps, paper } = desk();
    const operation = await ask('rollback v255');
    await agree(operation);
    const facts: typeof paper.systems.facts = async (...args) => {
      await useCases.deny({ operation: operation.id, digest: operation.digest, by: ERIN });
      return paper.systems.facts(...args);
    };
    deps.systems = { ...paper.systems, facts };
    await work(operation.id);
    expect((await useCases.find(operation.id)).state).toBe('cancelled');
    expect(paper.effects).toEqual({});
  });

  it('is not there for what changes nothing, which can be cancelled just before it begins all the same', async () => {
    const { ask, work, useCases, deps, store, state, paper } = desk();
    const { id } = await ask('backup production');
    const change: typeof store.operations.change = async (...args) => {
      deps.operations = store.operations;
      await useCases.cancel({ operation: id, by: BOB });
      return store.operations.change(...args);
    };
    deps.operations = { ...store.operations, change };
    await work(id);
    expect(await state(id)).toBe('cancelled');
    expect(paper.effects).toEqual({});
  });
});

describe('cancelling', () => {
  it('is refused once something is being changed', async () => {
    const { ask, agree, work, useCases, paper } = desk();
    const operation = await ask('rollback v255');
    await agree(operation);
    paper.mishap = { action: 'release.rollback', when: 'before', how: 'crash' };
    await work(operation.id);
    expect(await refusal(useCases.cancel({ operation: operation.id, by: ALICE }))).toBe('too-late');
  });

  it('of what has begun but changed nothing takes back what was prepared', async () => {
    const { ask, agree, work, useCases, paper, state } = desk();
    const operation = await ask('restore staging a001');
    await agree(operation);
    paper.mishap = { action: 'backup.capture', when: 'after', how: 'unknown' };
    await work(operation.id);
    expect(await useCases.find(operation.id)).toMatchObject({ state: 'needs_human', gatePassed: true });
    await useCases.cancel({ operation: operation.id, by: ALICE });
    await work(operation.id);
    expect(await state(operation.id)).toBe('cancelled');
    expect(paper.effects['database.restore']).toBeUndefined();
  });

  it('ends what has prepared nothing at once, and is refused after that', async () => {
    const { ask, useCases } = desk();
    const { id } = await ask('rollback v255');
    expect((await useCases.cancel({ operation: id, by: BOB })).state).toBe('cancelled');
    expect(await refusal(useCases.cancel({ operation: id, by: BOB }))).toBe('already-decided');
  });

  it('is for operators', async () => {
    const { ask, useCases } = desk();
    const { id } = await ask('rollback v255');
    expect(await refusal(useCases.cancel({ operation: id, by: ERIN }))).toBe('not-an-operator');
  });

  it('takes back what was prepared when a rehearsal step is unclear', async () => {
    const { ask, work, useCases, paper, state } = desk();
    const { id } = await ask('restore production a001');
    paper.mishap = { action: 'candidate.load', when: 'after', how: 'unknown' };
    await work(id);
    expect(await state(id)).toBe('needs_human');
    expect((await useCases.cancel({ operation: id, by: ALICE })).state).toBe('unwinding');
    await work(id);
    expect(await state(id)).toBe('cancelled');
    expect(paper.world.databases).toEqual(['db-one', 'db-staging']);
  });

  it('does not hide why something is being taken back: the open question is answered instead', async () => {
    const { ask, work, useCases, paper } = desk();
    const { id } = await ask('restore production a001');
    paper.mishap = { action: 'candidate.load', when: 'after', how: 'fails' };
    paper.stuck.add('candidate.create');
    await work(id);
    expect(await useCases.find(id)).toMatchObject({ state: 'needs_human', question: { about: 'undo', step: 's1' } });
    const refused = useCases.cancel({ operation: id, by: ALICE });
    await expect(refused).rejects.toThrow(/waits for somebody to say what happened.*on its card/);
    expect((await useCases.find(id)).stopped?.outcome).toBe('failed');
  });

  it('of a change that waits for a person points to the question', async () => {
    const { run, useCases, paper } = desk();
    paper.mishap = { action: 'release.rollback', when: 'after', how: 'unknown' };
    const { id } = await run('rollback v255');
    expect(await refusal(useCases.cancel({ operation: id, by: ALICE }))).toBe('answer-first');
  });
});

describe('settling', () => {
  const asking = async ({ paper, run }: Desk) => {
    paper.mishap = { action: 'release.rollback', when: 'after', how: 'unknown' };
    const { id, digest, question } = await run('rollback v255');
    return { operation: id, digest, by: ALICE, asks: question?.seq ?? 0, verdict: 'happened' as const };
  };

  it('is for operators, for the question that is asked, and for the plan that was shown', async () => {
    const here = desk();
    const answer = await asking(here);
    expect(await refusal(here.useCases.settle({ ...answer, by: ERIN }))).toBe('not-an-operator');
    expect(await refusal(here.useCases.settle({ ...answer, asks: answer.asks - 1 }))).toBe('answer-first');
    expect(await refusal(here.useCases.settle({ ...answer, digest: 'other' }))).toBe('stale-plan');
    await here.useCases.settle(answer);
    expect(await refusal(here.useCases.settle(answer))).toBe('already-decided');
  });

  it('of a question that was answered is no answer to the next one about the same step', async () => {
    const here = desk();
    const answer = await asking(here);
    await here.useCases.settle({ ...answer, verdict: 'did_not' });
    here.paper.mishap = { action: 'release.rollback', when: 'after', how: 'unknown' };
    await here.work(answer.operation);
    const { question } = await here.useCases.find(answer.operation);
    expect(question).toMatchObject({ step: 's1', about: 'step' });
    expect(await refusal(here.useCases.settle({ ...answer, verdict: 'did_not' }))).toBe('answer-first');
    await here.useCases.settle({ ...answer, asks: question?.seq ?? 0 });
  });

  it.each([
    ['did_not', 'tries again', ['db-one', 'db-staging']],
    ['happened', 'believes it', ['db-one', 'db-staging', 'the candidate']],
    ['abandon', 'leaves it there', ['db-one', 'db-staging', 'the candidate']],
  ] as const)('what could not be taken back: “%s” %s', async (verdict, _does, databases) => {
    const { ask, work, useCases, paper, state } = desk();
    const { id, digest } = await ask('restore production a001');
    paper.mishap = { action: 'candidate.load', when: 'after', how: 'fails' };
    paper.stuck.add('candidate.create');
    await work(id);
    paper.stuck.clear();
    const { question } = await useCases.find(id);
    expect(question).toMatchObject({ step: 's1', about: 'undo' });
    await useCases.settle({ operation: id, digest, by: CAROL, asks: question?.seq ?? 0, verdict });
    await work(id);
    expect(await state(id)).toBe('failed');
    expect(paper.world.databases.map((name) => (name.startsWith('app-') ? 'the candidate' : name))).toEqual(databases);
  });
});
