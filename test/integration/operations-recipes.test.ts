// The use cases on a real store with a platform on paper: consent, crashes at every boundary, and the way back from each.
import { afterAll, afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { ActionName } from '../../src/core/action.ts';
import { Refusal } from '../../src/core/errors.ts';
import { isEnded, type Operation } from '../../src/core/operation.ts';
import type { Deps } from '../../src/operations/deps.ts';
import { execute } from '../../src/operations/execute.ts';
import { sweep } from '../../src/operations/sweep.ts';
import { createUseCases, type UseCases } from '../../src/operations/use-cases.ts';
import { runbooks } from '../../src/runbooks/runbooks.ts';
import { type Mishap, type Paper, paperPlatform } from '../support/paper-platform.ts';
import { type OpenStore, silentLog, startStores } from '../support/stores.ts';
import { systemOf } from '../support/system.ts';

const server = await startStores();
afterEach(() => store.close());
afterAll(() => server.stop());

const ALICE = 'U01ALICE';
const BOB = 'U02BOB';
const CAROL = 'U03CAROL';
const DAVE = 'U04DAVE';
const ERIN = 'U05ERIN';

let store: OpenStore;
let paper: Paper;
let deps: Deps;
let useCases: UseCases;
let holders: Record<string, readonly string[]>;
let woken: string[];
let asked = 0;

beforeEach(async () => {
  store = await server.open();
  const system = systemOf({
    operators: ['operator'],
    roles: {
      operator: { users: [ALICE, BOB, CAROL] },
      'engineering-lead': { users: [BOB, ERIN] },
      'product-lead': { users: [CAROL] },
    },
  });
  paper = paperPlatform(system);
  holders = {};
  woken = [];
  deps = {
    commands: store.commands,
    operations: store.operations,
    queue: { wake: async (id) => void woken.push(id) },
    people: { holders: async (role) => ('users' in role ? (holders[role.users.join()] ?? role.users) : []) },
    systems: paper.systems,
    runbooks,
    log: silentLog,
  };
  useCases = createUseCases(deps);
});

async function ask(text: string, user = ALICE): Promise<Operation> {
  asked += 1;
  const intake = { key: `key-${asked}`, text, user, channel: 'C01INCIDENTS', team: 'T1' };
  const { accepted } = await useCases.accept(intake);
  const answer = await useCases.answer(accepted);
  if (answer?.is === 'refused') throw answer.refusal;
  if (answer?.is !== 'operation') throw new Error(`no operation but ${answer?.is}`);
  return answer.operation;
}

/** A worker works on it until it can go no further. Returns whether it died on the way. */
async function work(id: string): Promise<boolean> {
  const stop = new AbortController();
  paper.crash = () => stop.abort(new Error('killed'));
  await execute(deps, { worker: 'w', leaseSeconds: 5, undoTries: 2, undoPauseMs: 1 }, id, stop.signal);
  return stop.signal.aborted;
}

async function agree({ id, digest, plan }: Operation): Promise<void> {
  const click = { operation: id, digest };
  if (plan.consent.kind === 'typed') await useCases.confirm({ ...click, by: ALICE, typed: plan.target.name });
  if (plan.consent.kind !== 'approvals') return;
  await useCases.approve({ ...click, by: BOB });
  await useCases.approve({ ...click, by: CAROL });
}

async function run(text: string): Promise<Operation> {
  const { id } = await ask(text);
  await work(id);
  const rehearsed = await useCases.find(id);
  if (!isEnded(rehearsed.state)) await agree(rehearsed);
  await work(id);
  return useCases.find(id);
}

const refusal = (work: Promise<unknown>) =>
  work.then(
    () => 'not refused',
    (thrown: unknown) => (thrown instanceof Refusal ? thrown.code : String(thrown)),
  );

const STORIES = {
  'restore production a001': ['candidate.create', 'maintenance.on', 'database.promote', 'maintenance.off'],
  'restore staging a001': ['backup.capture', 'database.restore'],
  'rollback v255': ['release.rollback'],
} as const;
const CASES = Object.entries(STORIES).flatMap(([text, effects]) => effects.map((effect) => [text, effect] as const));
const STEPS: [string, ActionName][] = [
  ...(['candidate.create', 'candidate.load', 'candidate.check', 'maintenance.on', 'database.promote'] as const),
  ...(['services.check', 'maintenance.off', 'health.check'] as const),
].map((name) => ['restore production a001', name]);
STEPS.push(
  ...(['backup.capture', 'database.restore', 'database.check', 'health.check'] as const).map(
    (name): [string, ActionName] => ['restore staging a001', name],
  ),
  ...(['release.rollback', 'health.check', 'logs.watch'] as const).map((name): [string, ActionName] => [
    'rollback v255',
    name,
  ]),
);

describe('each runbook', () => {
  it.each(Object.keys(STORIES))('“%s” succeeds, and undo puts everything back', async (text) => {
    const before = structuredClone(paper.world);
    const operation = await run(text);
    expect(operation.state).toBe('succeeded');
    expect(paper.world).not.toEqual(before);
    const undo = await run(`undo ${operation.id}`);
    expect(undo.state).toBe('succeeded');
    expect((await useCases.find(operation.id)).state).toBe('undone');
    expect({ live: paper.world.live, release: paper.world.release, maintenance: paper.world.maintenance }).toEqual({
      live: before.live,
      release: before.release,
      maintenance: before.maintenance,
    });
  });

  it.each(STEPS)('“%s” leaves a clean slate when %s fails after its effect', async (text, action) => {
    const before = structuredClone({ ...paper.world, backups: null });
    paper.mishap = { action, when: 'after', how: 'fails' };
    const operation = await run(text);
    expect(operation.state).toBe('failed');
    expect(operation.stopped?.why).toMatch(/failed: on paper/);
    expect({ ...paper.world, backups: null }).toEqual(before);
  });

  it.each(STEPS)('“%s” leaves a clean slate when %s breaks before its effect', async (text, action) => {
    const before = structuredClone({ ...paper.world, backups: null });
    paper.mishap = { action, when: 'before', how: 'fault' };
    const operation = await run(text);
    expect(operation.state).toBe('failed');
    expect({ ...paper.world, backups: null }).toEqual(before);
  });

  it.each(CASES)('“%s” adopts %s when only its reply was lost', async (text, action) => {
    paper.mishap = { action, when: 'after', how: 'fault' };
    const operation = await run(text);
    expect(operation.state).toBe('succeeded');
    expect(paper.effects[action]).toBe(1);
  });

  it.each(
    CASES.flatMap(([text, action]) => (['before', 'after'] as const).map((when) => [text, action, when] as const)),
  )('“%s” goes on after a worker died at %s, %s its effect, and does it once', async (text, action, when) => {
    const operation = await ask(text);
    paper.mishap = { action, when, how: 'crash' };
    let deaths = Number(await work(operation.id));
    await agree(operation);
    for (let tries = 0; tries < 3; tries += 1) deaths += Number(await work(operation.id));
    expect(deaths).toBe(1);
    expect((await useCases.find(operation.id)).state).toBe('succeeded');
    expect(paper.effects[action]).toBe(1);
  });
});

describe('a step whose outcome nobody knows', () => {
  const unknown: Mishap = { action: 'database.promote', when: 'after', how: 'unknown' };

  it.each([
    ['happened', 'unverified', 'candidate'],
    ['did_not', 'succeeded', 'candidate'],
    ['abandon', 'failed', 'db-one'],
  ] as const)('waits for a person; “%s” ends as %s', async (verdict, state, live) => {
    paper.mishap = unknown;
    const asking = await run('restore production a001');
    expect(asking.state).toBe('needs_human');
    const click = { operation: asking.id, digest: asking.digest, by: ALICE };
    await useCases.settle({ ...click, step: asking.question?.step ?? '', verdict });
    await work(asking.id);
    expect((await useCases.find(asking.id)).state).toBe(state);
    expect(paper.world.live).toContain(live === 'candidate' ? 'op' : live);
    expect(paper.effects['database.promote']).toBe(verdict === 'did_not' ? 2 : 1);
  });
});

describe('consent', () => {
  it('lets the rehearsal run and nothing else before it is given', async () => {
    const { id } = await ask('restore production a001');
    await work(id);
    expect(Object.keys(paper.effects)).toEqual(['candidate.create', 'candidate.load', 'candidate.check']);
    expect((await useCases.find(id)).state).toBe('awaiting_approval');
  });

  it('refuses the requester, strangers, a second vote, another plan, and anything after the decision', async () => {
    const { id, digest } = await ask('restore production a001', BOB);
    const click = (by: string) => useCases.approve({ operation: id, digest, by });
    expect(await refusal(click(BOB))).toBe('own-request');
    expect(await refusal(click(DAVE))).toBe('not-an-approver');
    expect(await refusal(useCases.approve({ operation: id, digest: 'other', by: CAROL }))).toBe('stale-plan');
    await click(CAROL);
    expect(await refusal(click(CAROL))).toBe('already-approved');
    await useCases.deny({ operation: id, digest, by: CAROL });
    expect(await refusal(click(CAROL))).toBe('already-decided');
  });

  it('counts two approvers at once as two votes and one decision', async () => {
    const { id, digest } = await ask('restore production a001');
    await Promise.all([BOB, CAROL].map((by) => useCases.approve({ operation: id, digest, by })));
    const { votes, state } = await useCases.find(id);
    expect(votes.map(({ by }) => by).sort()).toEqual([BOB, CAROL]);
    expect(state).toBe('queued');
  });

  it('lets deny win over approve and takes the candidate away again', async () => {
    const { id, digest } = await ask('restore production a001');
    await work(id);
    await useCases.approve({ operation: id, digest, by: BOB });
    await useCases.deny({ operation: id, digest, by: CAROL });
    await work(id);
    expect((await useCases.find(id)).state).toBe('cancelled');
    expect(paper.world.databases).toEqual(['db-one', 'db-staging']);
  });

  it('goes back to waiting when an approver has lost the role before execution', async () => {
    const operation = await ask('rollback v255');
    await agree(operation);
    holders[CAROL] = [];
    await work(operation.id);
    const after = await useCases.find(operation.id);
    expect(after.state).toBe('awaiting_approval');
    expect(after.votes.map(({ by }) => by)).toEqual([BOB]);
    expect(paper.effects['release.rollback']).toBeUndefined();
  });

  it('is void when the facts have changed in the meantime', async () => {
    const operation = await ask('rollback v255');
    await agree(operation);
    paper.world.release = 'v254';
    await work(operation.id);
    const after = await useCases.find(operation.id);
    expect(after.state).toBe('cancelled');
    expect(after.stopped?.why).toMatch(/ran v256, now it runs v254/);
    expect(paper.effects).toEqual({});
  });

  it('expires, by the clock of the database', async () => {
    const [system] = paper.systems.all;
    const consent = system?.environments['production']?.consent;
    if (consent?.kind === 'approvals') consent.expiresMinutes = 0.001;
    const operation = await ask('rollback v255');
    await new Promise((resolve) => setTimeout(resolve, 100));
    expect(await refusal(agree(operation))).toBe('expired');
    await sweep(deps);
    expect((await useCases.find(operation.id)).state).toBe('expired');
    expect(await refusal(agree(operation))).toBe('already-decided');
  });

  it('is asked of the requester alone where a name has to be typed', async () => {
    const { id, digest } = await ask('restore staging a001');
    const typed = (by: string, text: string) => useCases.confirm({ operation: id, digest, by, typed: text });
    expect(await refusal(typed(BOB, 'app-staging'))).toBe('not-yours');
    expect(await refusal(typed(ALICE, 'app-production'))).toBe('wrong-name');
    await typed(ALICE, ' app-staging ');
    expect(await refusal(typed(ALICE, 'app-staging'))).toBe('already-decided');
  });

  it('cannot be given when roles cannot be read', async () => {
    const { id, digest } = await ask('rollback v255');
    deps.people.holders = async () => {
      throw new Error('Slack does not answer');
    };
    expect(await refusal(useCases.approve({ operation: id, digest, by: BOB }))).toMatch(/Slack does not answer/);
    expect((await useCases.find(id)).votes).toEqual([]);
  });
});

describe('asking', () => {
  it('is answered once however often the request arrives', async () => {
    const intake = { key: 'same', text: 'rollback v255', user: ALICE, channel: 'C01INCIDENTS', team: 'T1' };
    const answers = await Promise.all(
      Array.from({ length: 20 }, async () => {
        const { accepted } = await useCases.accept(intake);
        return useCases.answer(accepted);
      }),
    );
    const planned = answers.flatMap((answer) => (answer?.is === 'operation' ? [answer.operation.id] : []));
    expect(new Set(planned).size).toBe(1);
    expect(await store.operations.open(null)).toHaveLength(1);
  });

  it('is refused while another operation changes the same database, naming who has it', async () => {
    await ask('restore production a001');
    const second = ask('rollback v255', BOB);
    await expect(second).rejects.toThrow(/held by op-\d+.*<@U01ALICE>/s);
  });

  it('is refused to people who may only look, except for looking', async () => {
    expect(await refusal(ask('restore staging a001', DAVE))).toBe('not-an-operator');
    expect(await refusal(ask('verify --deep', DAVE))).toBe('not-an-operator');
    expect((await ask('verify', DAVE)).state).toBe('queued');
  });

  it('is refused to those whose own approval would be needed', async () => {
    holders[[BOB, ERIN].join()] = [BOB];
    expect(await refusal(ask('rollback v255', BOB))).toBe('not-approvable');
    expect((await ask('rollback v255', ALICE)).state).toBe('awaiting_approval');
  });

  it('is refused for what is not there', async () => {
    expect(await refusal(ask('restore moon a001'))).toBe('unknown-environment');
    expect(await refusal(ask('restore staging a777'))).toBe('no-such-backup');
    expect(await refusal(ask('rollback v9'))).toBe('no-such-release');
    expect(await refusal(ask('undo op-999'))).toBe('no-such-operation');
    expect(await refusal(ask('verify --system moon'))).toBe('unknown-system');
  });

  it('starts late but is not lost when the queue is down', async () => {
    const wake = deps.queue.wake;
    deps.queue.wake = async () => {
      throw new Error('Redis is away');
    };
    const { id } = await ask('verify');
    expect(woken).toEqual([]);
    deps.queue.wake = wake;
    await sweep(deps);
    expect(woken).toEqual([id]);
  });

  it('is made up by the sweeper when the process died after the commit', async () => {
    await useCases.accept({ key: 'left', text: 'rollback v255', user: ALICE, channel: 'C01INCIDENTS', team: 'T1' });
    await store.sql("update holdfast.commands set received_at = now() - interval '1 minute'");
    await sweep(deps);
    await sweep(deps);
    expect(await store.operations.open(null)).toHaveLength(1);
  });
});

describe('cancelling', () => {
  it('is refused once something is being changed', async () => {
    const operation = await ask('rollback v255');
    await agree(operation);
    paper.mishap = { action: 'release.rollback', when: 'before', how: 'crash' };
    await work(operation.id);
    expect(await refusal(useCases.cancel({ operation: operation.id, by: ALICE }))).toBe('too-late');
  });

  it('ends what has prepared nothing at once', async () => {
    const { id } = await ask('rollback v255');
    expect((await useCases.cancel({ operation: id, by: BOB })).state).toBe('cancelled');
  });
});
