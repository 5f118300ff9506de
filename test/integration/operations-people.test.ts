// Steps that only a person can do: asked for, waited for, confirmed by name, and in the journal like every other (P9, F8-F10).
import { describe, expect, it } from 'vitest';
import { BOB, type Desk, desksOfThisFile, openDesk } from './operations-fixture.ts';

const desk = await desksOfThisFile();

const SCENARIOS = {
  flood: {
    title: 'Flood',
    environment: 'production',
    rtoMinutes: 60,
    rpoMinutes: 60,
    steps: [
      { do: 'person' as const, title: 'Provision a server', instructions: 'Order one.' },
      { do: 'restore' as const, backup: 'latest' as const },
    ],
  },
};

/** A desk whose system has a scenario with a human step before a restore, asked for, agreed to, and worked on. */
async function flooded(): Promise<{ here: Desk; id: string }> {
  const here = openDesk(desk().store, { scenarios: SCENARIOS });
  const operation = await here.ask('recover flood');
  await here.work(operation.id);
  await here.agree(operation);
  await here.work(operation.id);
  return { here, id: operation.id };
}

async function answer({ useCases, store }: Desk, id: string, verdict: 'happened' | 'did_not' | 'abandon') {
  const operation = await store.operations.load(id);
  if (operation?.question == null) throw new Error('nothing is asked');
  const { seq: asks } = operation.question;
  await useCases.settle({ operation: id, by: BOB, digest: operation.digest, verdict, asks });
}

describe('a human step', () => {
  it('is asked for with its instructions, and nothing after it is done meanwhile', async () => {
    const { here, id } = await flooded();
    const operation = await here.store.operations.load(id);
    expect(operation).toMatchObject({ state: 'needs_human', question: { about: 'task', why: 'Order one.' } });
    expect(here.paper.effects).toEqual({});
  });

  it('is done when a person says so by name, and the operation goes on to its end', async () => {
    const { here, id } = await flooded();
    await answer(here, id, 'happened');
    await here.work(id);
    const operation = await here.store.operations.load(id);
    expect(operation?.state).toBe('succeeded');
    expect(operation?.steps['s1']).toMatchObject({
      state: 'done',
      outcome: { is: 'done', evidence: { says: [`<@${BOB}> has done it.`] } },
    });
    expect(operation?.steps['s1']?.endedAt).not.toBeNull();
  });

  it('is asked for again when it was not done yet', async () => {
    const { here, id } = await flooded();
    await answer(here, id, 'did_not');
    await here.work(id);
    expect(await here.state(id)).toBe('needs_human');
  });

  it('is asked for again by the next worker when the first one died after its intent', async () => {
    const here = openDesk(desk().store, { scenarios: SCENARIOS });
    const operation = await here.ask('recover flood');
    await here.agree(operation);
    await here.work(operation.id);
    await answer(here, operation.id, 'did_not');
    // The intent is written as by a worker that dies before it has asked.
    const lease = await here.store.operations.claim(operation.id, 'dying', 5);
    if (lease === null) throw new Error('somebody else has it');
    await here.store.operations.change(operation.id, () => [{ type: 'step_started', step: 's1', before: null }], lease);
    await here.store.operations.release(lease);
    await here.work(operation.id);
    expect(await here.store.operations.load(operation.id)).toMatchObject({ question: { about: 'task' } });
  });

  it('abandoned, takes back what was done before it and changes nothing', async () => {
    const { here, id } = await flooded();
    await answer(here, id, 'abandon');
    await here.work(id);
    expect(await here.state(id)).toBe('failed');
    expect(here.paper.effects).toEqual({});
  });

  it('is shown by /dr recover without a name', async () => {
    const here = openDesk(desk().store, { scenarios: SCENARIOS });
    const shown = await here.answer('recover');
    expect(shown).toMatchObject({
      is: 'view',
      view: { is: 'scenarios', system: { scenarios: { flood: { title: 'Flood' } } } },
    });
  });
});
