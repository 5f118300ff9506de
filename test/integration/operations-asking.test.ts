// From a committed command to its answer, whatever happens in between, and what the sweeper makes up for.
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it, vi } from 'vitest';
import { createSweep } from '../../src/operations/sweep.ts';
import { ALICE, BOB, DAVE, type Desk, desksOfThisFile, ERIN, refusal } from './operations-fixture.ts';

const desk = await desksOfThisFile();

/** As if the command had been taken so long ago, by a process that is gone. */
const age = ({ store }: Desk, id: string, minutes: number) =>
  store.sql(
    "update holdfast.commands set received_at = now() - $2 * interval '1 minute', claimed_until = null where id = $1",
    [id, minutes],
  );

async function recorded({ store }: Desk, id: string): Promise<unknown> {
  const [row] = await store.sql('select answer from holdfast.commands where id = $1', [id]);
  return row?.['answer'];
}

const openOf = ({ store, paper }: Desk) => store.operations.open(paper.systems.all[0]?.name ?? '');

describe('asking', () => {
  it('is answered once however often the request arrives', async () => {
    const here = desk();
    const intake = { key: 'same', text: 'rollback v255', user: ALICE, channel: 'C01INCIDENTS', team: 'T1' };
    const answers = await Promise.all(
      Array.from({ length: 20 }, async () => {
        const { accepted } = await here.useCases.accept(intake);
        return here.useCases.answer(accepted);
      }),
    );
    const planned = answers.flatMap((answer) => (answer?.is === 'operation' ? [answer.operation.id] : []));
    expect(new Set(planned).size).toBe(1);
    expect(await openOf(here)).toHaveLength(1);
    const { accepted } = await here.useCases.accept(intake);
    expect(await here.useCases.answer(accepted)).toMatchObject({ is: 'operation', operation: { id: planned[0] } });
  });

  it('again after a refusal or a view gets the refusal, or nothing', async () => {
    const { take, useCases, store } = desk();
    const refused = await take('restore moon a001');
    await useCases.answer(refused);
    const again = (await store.commands.accept(refused.intake)).accepted;
    expect(await useCases.answer(again)).toMatchObject({
      is: 'refused',
      refusal: { code: 'answered-before', why: expect.stringMatching(/no environment “moon”/) },
    });
    const shown = await take('help');
    await useCases.answer(shown);
    expect(await useCases.answer((await store.commands.accept(shown.intake)).accepted)).toBeNull();
  });

  it('is refused while another operation changes the same database, naming who has it', async () => {
    const { ask } = desk();
    await ask('restore production a001');
    await expect(ask('rollback v255', BOB)).rejects.toThrow(/held by op-\d+.*<@U01ALICE>/s);
  });

  it('is refused to people who may only look, except for looking', async () => {
    const { ask } = desk();
    expect(await refusal(ask('restore staging a001', DAVE))).toBe('not-an-operator');
    expect(await refusal(ask('verify --deep', DAVE))).toBe('not-an-operator');
    expect((await ask('verify', DAVE)).state).toBe('queued');
  });

  it('is refused to those whose own approval would be needed', async () => {
    const { ask, gone } = desk();
    gone.add(ERIN);
    expect(await refusal(ask('rollback v255', BOB))).toBe('not-approvable');
    expect((await ask('rollback v255', ALICE)).state).toBe('awaiting_approval');
  });

  it('is refused for what is not there', async () => {
    const { ask } = desk();
    expect(await refusal(ask('restore moon a001'))).toBe('unknown-environment');
    expect(await refusal(ask('restore staging a777'))).toBe('no-such-backup');
    expect(await refusal(ask('rollback v9'))).toBe('no-such-release');
    expect(await refusal(ask('undo op-999999'))).toBe('no-such-operation');
    expect(await refusal(ask('verify --system moon'))).toBe('unknown-system');
    expect(await refusal(ask('dance'))).toMatch(/^[a-z-]+$/);
  });

  it('is refused for what the platform cannot do', async () => {
    const here = desk();
    const { systems } = here.paper;
    const platformOf: typeof systems.platformOf = (system) => ({ ...systems.platformOf(system), capabilities: [] });
    here.deps.systems = { ...systems, platformOf };
    await expect(here.ask('rollback v255')).rejects.toThrow(/“rollback” needs releases, which heroku does not offer/);
    here.deps.systems = systems;
    const { 'release.rollback': _, ...others } = here.paper.actions;
    here.paper.actions = others;
    await expect(here.ask('rollback v255')).rejects.toThrow(/DESK-\d+|GrayLedger cannot do “/);
  });

  it('takes the system of the channel, or the only one', async () => {
    const here = desk();
    const [system] = here.paper.systems.all;
    if (system === undefined) throw new Error('no system');
    const elsewhere = { ...system, name: 'elsewhere', channel: 'C09OTHER' };
    here.deps.systems = { ...here.paper.systems, all: [elsewhere, system] };
    expect((await here.ask('verify')).plan.system).toBe(system.name);
    here.deps.systems = { ...here.paper.systems, all: [{ ...system, channel: 'C08' }, elsewhere] };
    expect(await refusal(here.ask('verify'))).toBe('which-system');
    here.deps.systems = { ...here.paper.systems, all: [{ ...system, channel: 'C08' }] };
    expect((await here.ask('verify')).plan.system).toBe(system.name);
  });

  it('takes the system of the incident whose own channel it is typed in', async () => {
    const here = desk();
    const [system] = here.paper.systems.all;
    if (system === undefined) throw new Error('no system');
    const elsewhere = { ...system, name: 'elsewhere' };
    here.deps.systems = { ...here.paper.systems, all: [elsewhere, system] };
    expect(await refusal(here.ask('verify'))).toBe('which-system');
    here.deps.placeOf = async (channel) => ({ channel, about: { system: system.name, incident: 'inc-7' } });
    expect((await here.ask('verify')).plan.system).toBe(system.name);
    expect((await here.ask('verify --system elsewhere')).plan.system).toBe('elsewhere');
    const asked: unknown[] = [];
    here.deps.answerIncident = async (command, { system: { name } }) => {
      asked.push([name, 'incident' in command ? command.incident : '-']);
      return { is: 'view', view: { is: 'help', about: null } };
    };
    await here.answer('incident ack');
    await here.answer('incident ack --incident inc-8');
    await here.answer('incident ack --system elsewhere');
    await here.answer('incident declare it is back');
    expect(asked).toEqual([
      [system.name, 'inc-7'],
      [system.name, 'inc-8'],
      ['elsewhere', null],
      [system.name, '-'],
    ]);
  });

  it('surveys what a restore would overwrite, and says when a worker was waked late', async () => {
    const { paper, deps, answer } = desk();
    const survey = vi.fn(paper.systems.survey);
    deps.systems = { ...paper.systems, survey };
    deps.queue = { wake: () => Promise.reject(new Error('Redis is away')) };
    expect(await answer('restore production a001')).toMatchObject({ is: 'operation', late: true });
    expect(survey.mock.lastCall?.[2]).toEqual(['production']);
    // Nothing is late about what waits for a person anyway.
    expect(await answer('restore staging a001')).toMatchObject({ is: 'operation', late: false });
  });

  it('leads to one operation even if the first answerer is so slow that another one takes over', async () => {
    const here = desk();
    const { facts } = here.paper.systems;
    const accepted = await here.take('rollback v255');
    const slow: typeof facts = async (...args) => {
      here.deps.systems = here.paper.systems;
      await age(here, accepted.id, 1);
      await createSweep(here.deps)();
      return facts(...args);
    };
    here.deps.systems = { ...here.paper.systems, facts: slow };
    const first = await here.useCases.answer(accepted);
    const open = await openOf(here);
    expect(open).toHaveLength(1);
    expect(first).toMatchObject({ is: 'operation', operation: { id: open[0]?.id } });
  });

  it('can be cancelled by a command', async () => {
    const { ask, answer } = desk();
    const { id } = await ask('rollback v255');
    expect(await answer(`cancel ${id}`)).toMatchObject({ is: 'operation', operation: { id, state: 'cancelled' } });
    expect(await answer(`cancel ${id}`)).toMatchObject({ is: 'refused', refusal: { code: 'already-decided' } });
  });
});

describe('looking', () => {
  const view = async (here: Desk, text: string) => {
    const answer = await here.answer(text, DAVE);
    return answer?.is === 'view' ? answer.view : answer;
  };

  it('shows help, systems, status, backups and the audit of an operation', async () => {
    const here = desk();
    const { id } = await here.ask('rollback v255');
    expect(await view(here, 'help')).toEqual({ is: 'help', about: null });
    expect(await view(here, 'systems')).toEqual({ is: 'systems', systems: here.paper.systems.all });
    expect(await view(here, 'status')).toMatchObject({ is: 'status', systems: [{ open: [{ id }], recent: [] }] });
    const name = here.paper.systems.all[0]?.name;
    expect(await view(here, `status --system ${name}`)).toMatchObject({
      is: 'status',
      systems: [{ system: { name } }],
    });
    expect(await view(here, 'backups')).toMatchObject({
      is: 'backups',
      of: 'app-production',
      backups: [{ id: 'a001' }],
    });
    expect(await view(here, `audit ${id}`)).toMatchObject({ is: 'audit', operation: { id }, broken: null });
  });

  it('says so when the backups cannot be read', async () => {
    const here = desk();
    here.deps.systems = {
      ...here.paper.systems,
      facts: async () => ({ at: new Date().toISOString(), environments: {} }),
    };
    expect(await view(here, 'backups')).toMatchObject({ is: 'refused', refusal: { code: 'unreadable' } });
  });
});

describe('an answer that breaks off', () => {
  const breakDown = (here: Desk) => {
    here.deps.systems = { ...here.paper.systems, facts: () => Promise.reject(new Error('Heroku is away')) };
  };

  it('is told to the person at once and not made up behind their back', async () => {
    const here = desk();
    breakDown(here);
    const accepted = await here.take('rollback v255');
    await expect(here.useCases.answer(accepted)).rejects.toThrow('Heroku is away');
    expect(await recorded(here, accepted.id)).toMatchObject({
      is: 'refused',
      text: expect.stringMatching(/broke off/),
    });
    here.deps.systems = here.paper.systems;
    await age(here, accepted.id, 3);
    await createSweep(here.deps)();
    expect(await openOf(here)).toEqual([]);
  });

  it('is left to the sweeper when not even that can be recorded', async () => {
    const here = desk();
    breakDown(here);
    here.deps.commands = { ...here.store.commands, answer: () => Promise.reject(new Error('the store is away')) };
    const accepted = await here.take('rollback v255');
    await expect(here.useCases.answer(accepted)).rejects.toThrow('Heroku is away');
    here.deps.commands = here.store.commands;
    here.deps.systems = here.paper.systems;
    await age(here, accepted.id, 3);
    await createSweep(here.deps)();
    expect(await openOf(here)).toHaveLength(1);
  });
});

describe('the sweeper', () => {
  it('wakes what starts late because the queue was down', async () => {
    const { ask, deps, woken } = desk();
    const { queue } = deps;
    deps.queue = { wake: () => Promise.reject(new Error('Redis is away')) };
    const { id } = await ask('verify');
    const sweep = createSweep(deps);
    await sweep();
    expect(woken).toEqual([]);
    deps.queue = queue;
    await sweep();
    expect(woken).toContain(id);
  });

  it('does not heap up wakes while the queue is slow', async () => {
    vi.useFakeTimers({ toFake: ['Date'] });
    const { ask, deps, woken } = desk();
    const { id } = await ask('verify');
    const wakes = () => woken.filter((other) => other === id).length - 1;
    const sweep = createSweep(deps);
    for (let second = 0; second < 120; second += 1) {
      await sweep();
      vi.setSystemTime(Date.now() + 1000);
    }
    expect(wakes()).toBeGreaterThanOrEqual(5);
    expect(wakes()).toBeLessThanOrEqual(12);
    vi.useRealTimers();
  });

  it('wakes at once what was being worked on and is due again', async () => {
    const { ask, deps, woken, store } = desk();
    const { id } = await ask('verify');
    const wakes = () => woken.filter((other) => other === id).length - 1;
    const sweep = createSweep(deps);
    await sweep();
    await sweep();
    expect(wakes()).toBe(1);
    const lease = await store.operations.claim(id, 'other', 5);
    await sweep();
    if (lease !== null) await store.operations.release(lease);
    await sweep();
    expect(wakes()).toBe(2);
  });

  it('answers what was left when a process died after the commit', async () => {
    const here = desk();
    const accepted = await here.take('rollback v255');
    await age(here, accepted.id, 1);
    const sweep = createSweep(here.deps);
    await sweep();
    await sweep();
    expect(await openOf(here)).toHaveLength(1);
  });

  it('in two processes answers what was left once', async () => {
    const here = desk();
    const accepted = await here.take('rollback v255');
    await age(here, accepted.id, 1);
    const unanswered = async () => [accepted];
    here.deps.commands = { ...here.store.commands, unanswered };
    await Promise.all([createSweep(here.deps)(), createSweep(here.deps)()]);
    expect(await openOf(here)).toHaveLength(1);
    expect(here.logged).toEqual([]);
  });

  it('acts on nothing by a command of long ago: what was to be stopped then is another thing now', async () => {
    const here = desk();
    const operation = await here.ask('rollback v255');
    const soon = await here.take(`cancel ${operation.id}`);
    await age(here, soon.id, 6);
    await createSweep(here.deps)();
    expect(await recorded(here, soon.id)).toMatchObject({
      is: 'refused',
      text: expect.stringContaining('nothing was done'),
    });
    expect(await here.state(operation.id)).not.toBe('cancelled');
    expect(here.logged).toContain('command is too old to be acted on');
    const now = await here.take(`cancel ${operation.id}`);
    await age(here, now.id, 4);
    await createSweep(here.deps)();
    expect(await here.state(operation.id)).toBe('cancelled');
  });

  it('is not held up by a command that cannot be answered, and gives that one up in the end', async () => {
    const here = desk();
    const poison = await here.take('rollback v255');
    const good = await here.take('restore staging a001');
    const { facts } = here.paper.systems;
    const breaks: typeof facts = (system, environments) =>
      environments.includes('staging') ? facts(system, environments) : Promise.reject(new Error('cannot be read'));
    here.deps.systems = { ...here.paper.systems, facts: breaks };
    await age(here, poison.id, 2);
    await age(here, good.id, 1);
    const sweep = createSweep(here.deps);
    await sweep();
    expect(await recorded(here, good.id)).toMatchObject({ is: 'operation' });
    expect(await recorded(here, poison.id)).toBeNull();
    expect(here.logged).toContain('sweep incomplete: cannot be read');
    await age(here, poison.id, 11);
    await sweep();
    expect(await recorded(here, poison.id)).toMatchObject({ is: 'refused' });
  });

  it('lets one broken operation not keep others from expiring', async () => {
    const here = desk();
    for (const { consent } of Object.values(here.paper.systems.all[0]?.environments ?? {})) {
      if (consent.kind !== 'none') consent.expiresMinutes = 0.001;
    }
    const broken = await here.ask('rollback v255');
    const waiting = await here.ask('restore staging a001');
    await sleep(100);
    const change: typeof here.store.operations.change = (id, ...rest) =>
      id === broken.id ? Promise.reject(new Error('its journal is broken')) : here.store.operations.change(id, ...rest);
    here.deps.operations = { ...here.store.operations, change };
    await createSweep(here.deps)();
    expect(await here.state(waiting.id)).toBe('expired');
    expect(here.logged).toContain('sweep incomplete: its journal is broken');
  });

  it('lets nothing expire for which somebody has agreed in the meantime', async () => {
    const here = desk();
    const { id } = await here.ask('rollback v255');
    await here.store.sql("update holdfast.operations set expires_at = now() - interval '1 minute' where id = $1", [id]);
    await createSweep(here.deps)();
    expect(await here.state(id)).toBe('awaiting_approval');
    await here.agree(await here.useCases.find(id));
    await here.store.sql("update holdfast.operations set expires_at = now() - interval '1 minute' where id = $1", [id]);
    await createSweep(here.deps)();
    expect(await here.state(id)).toBe('queued');
  });

  it('tries each part even if another one fails', async () => {
    const here = desk();
    here.deps.operations = { ...here.store.operations, due: () => Promise.reject(new Error('nothing can be listed')) };
    const accepted = await here.take('rollback v255');
    await age(here, accepted.id, 1);
    await createSweep(here.deps)();
    expect(here.logged).toContain('sweep incomplete: nothing can be listed');
    expect(await openOf(here)).toHaveLength(1);
  });
});
