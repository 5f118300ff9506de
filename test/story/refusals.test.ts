// Bad input gets a clear answer, and whatever the provider claims, only what was read back counts as done.
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { Message } from '../../sandbox/slack/message.ts';
import { OVER, PRODUCTION, STAGING, type Story, startStory } from '../support/story.ts';

const EXPIRES_SECONDS = 6;

let story: Story;
/** Backups that never finished. */
const odd = { running: '', failed: '' };

beforeAll(async () => {
  story = await startStory({ rules: { watchSeconds: 1, expiresMinutes: EXPIRES_SECONDS / 60 } });
  const { control } = story.world.heroku;
  odd.running = (await control.forgeBackup({ app: PRODUCTION, kind: 'manual', status: 'running' })).name;
  odd.failed = (await control.forgeBackup({ app: PRODUCTION, kind: 'manual', status: 'failed' })).name;
});

afterEach(() => story.world.heroku.control.clearFaults());
afterAll(() => story?.end());

const cardOf = (operation: string) => story.people.waitFor(`the card of ${operation}`, () => story.cards(operation)[0]);

async function operations(): Promise<number> {
  const [row] = await story.sql<{ count: string }>('select count(*) from holdfast.operations');
  return Number(row?.count);
}

/** A click on a card as somebody still sees it, although it has changed since. */
async function clickLate(message: Message, button: string): Promise<string> {
  const told = () => story.people.channel('incidents').filter(({ ephemeralTo }) => ephemeralTo === 'bob');
  const before = told().length;
  await story.people.as('bob').clicks(message, button);
  const answer = await story.people.waitFor('an answer to a late click', () => told()[before]);
  return answer.text;
}

describe('a command that cannot be carried out', () => {
  it.each([
    ['an unknown verb', 'restor staging a001', /Did you mean `\/dr restore/],
    ['an unknown flag', 'restore staging a001 --force', /no flag “--force”/],
    ['a missing argument', 'restore staging', /The backup is missing/],
    ['an unknown system', 'verify --system moon', /no system “moon”.*Protected here: grayledger/s],
    ['an unknown environment', 'restore moon a001', /no environment “moon”.*production and staging/s],
    ['a backup that does not exist', 'restore staging a999', /no backup a999.*The newest are/s],
    ['a backup that is running', () => `restore staging ${odd.running}`, /is not finished \(running\)/],
    ['a backup that failed', () => `restore staging ${odd.failed}`, /Backup b\d+ failed/],
    ['a copy', 'restore staging c001', /c001 is a copy between databases/],
    ['a restore', 'restore staging r001', /r001 is a restore, not a backup/],
    ['an address', 'restore staging https://evil.example/x.dump', /never possible/],
    ['a scheduled backup under a manual name', 'restore staging b001', /no backup b001/],
    ['a release that does not exist', 'rollback v999', /no release v999.*Possible are for example v255/s],
    ['the release that runs', 'rollback v256', /v256 is what grayledger-production runs now/],
    ['an operation that does not exist', 'undo op-999', /no operation op-999/],
  ] as const)('is refused with what to do next, for %s', async (_what, typed, answer) => {
    const before = await operations();
    const text = await story.types('alice', `/dr ${typeof typed === 'string' ? typed : typed()}`);
    expect(text).toMatch(answer);
    expect(text).toMatch(/Next:/);
    expect(await operations()).toBe(before);
  });

  it('is refused to somebody who may only look', async () => {
    expect(await story.types('dave', '/dr restore staging a001')).toMatch(/look, not act.*Next:.*Ask one of them/s);
  });
});

describe('an environment that is busy', () => {
  it('refuses a second operation, naming who holds it and since when', async () => {
    const first = await story.asks('alice', '/dr rollback v255');
    const second = await story.types('alice', '/dr restore production a001');
    expect(second).toMatch(new RegExp(`held by ${first} .*asked by @alice, since \\d\\d:\\d\\d UTC`));
    await story.types('alice', `/dr cancel ${first}`);
    await story.until(first, ['CANCELLED']);
  });
});

describe('a click', () => {
  it('counts only from people who may, once, and while their accounts are active', async () => {
    const { directory } = story.world.slack;
    const operation = await story.asks('alice', '/dr rollback v255');
    expect(await story.clicks('alice', operation, 'Approve')).toMatch(/your approval does not count.*Next:/s);
    expect(await story.clicks('dave', operation, 'Approve')).toMatch(/do not hold a role.*Next:/s);
    directory.mark('carol', 'deactivated');
    expect(await story.clicks('carol', operation, 'Approve')).toMatch(/do not hold a role/);
    directory.mark('carol', 'active');
    expect(await story.clicks('bob', operation, 'Approve')).toMatch(/is recorded/);
    expect(await story.clicks('bob', operation, 'Approve')).toMatch(/it counts once/);
    expect((await story.journal(operation)).filter(({ type }) => type === 'approved')).toHaveLength(1);

    directory.mark('bob', 'deactivated');
    await story.clicks('carol', operation, 'Approve');
    await story.people.waitFor('the approval to be void', () =>
      story.notes(operation).some((text) => /approval by @bob no longer counts/.test(text)),
    );
    directory.mark('bob', 'active');
    expect(await story.stateOf(operation)).toBe('awaiting_approval');
    expect((await story.app(PRODUCTION)).currentRelease).toBe(256);
    const card = await cardOf(operation);
    await story.clicks('bob', operation, 'Deny');
    await story.until(operation, ['CANCELLED']);
    expect(await clickLate(card, 'Approve')).toMatch(/is cancelled; there is nothing to decide/);
  });

  it('after the time for it has run out is told so, and changes nothing', async () => {
    const operation = await story.asks('alice', '/dr rollback v255');
    const card = await cardOf(operation);
    const text = await story.until(operation, ['EXPIRED']);
    expect(text).toMatch(/nobody agreed in time/);
    expect(await clickLate(card, 'Approve')).toMatch(/is expired; there is nothing to decide.*Ask again with/s);
    expect((await story.app(PRODUCTION)).currentRelease).toBe(256);
  });
});

describe('Heroku', () => {
  it.each([
    ['does not accept the key', { kind: 'status', status: 401 }, /does not accept our API key.*Check HEROKU_API_KEY/s],
    ['limits us', { kind: 'status', status: 429 }, /asked too often.*Wait some minutes/s],
    ['cannot be reached', { kind: 'reset' }, /cannot be reached.*status\.heroku\.com/s],
  ] as const)('that %s is told to the person within seconds', async (_what, fault, answer) => {
    await story.world.heroku.control.fault({ match: { path: '.*' }, do: fault });
    const began = performance.now();
    expect(await story.types('alice', '/dr restore staging a001')).toMatch(answer);
    expect(performance.now() - began).toBeLessThan(12_000);
  });

  it('that claims to have acted and did nothing never makes a success', async () => {
    const { control } = story.world.heroku;
    const before = await story.rows(STAGING);
    await control.fault({ match: { method: 'POST', path: '/restores$' }, times: 1, do: { kind: 'lie' } });
    await control.fault({ match: { method: 'POST', path: '/releases$' }, times: 1, do: { kind: 'swallow' } });
    const restore = await story.asks('alice', '/dr restore staging a001');
    const rollback = await story.asks('alice', '/dr rollback v255');
    await story.confirms('alice', restore, STAGING);
    await story.agree(rollback);
    expect(await story.until(rollback, OVER)).toMatch(/FAILED.*nothing was released/s);
    expect(await story.until(restore, OVER)).toMatch(/FAILED.*nothing was restored/s);
    for (const operation of [restore, rollback]) {
      expect((await story.journal(operation)).map(({ event }) => event['outcome'])).not.toContain('succeeded');
    }
    expect(await story.rows(STAGING)).toBe(before);
    expect((await story.app(PRODUCTION)).currentRelease).toBe(256);
  });

  it('whose release phase fails leaves the release before it, and the failed one cannot be returned to', async () => {
    const { control } = story.world.heroku;
    await control.fault({
      match: { method: 'POST', path: '/releases$' },
      times: 1,
      do: { kind: 'fail-release' },
    });
    const operation = await story.asks('alice', '/dr rollback v255');
    const card = await cardOf(operation);
    await story.agree(operation);
    expect(await story.until(operation, OVER)).toMatch(/FAILED.*release phase of v\d+ .* failed/s);
    const { releases, currentRelease } = await story.app(PRODUCTION);
    expect(currentRelease).toBe(256);
    const failed = releases.find(({ status }) => status === 'failed');
    expect(await story.types('alice', `/dr rollback v${failed?.version}`)).toMatch(/cannot be returned to: it failed/);
    expect(await clickLate(card, 'Approve')).toMatch(/is failed; there is nothing to decide/);
  });
});

describe('a verification', () => {
  it('fails with the reason for a backup that is cut short, damaged, or of data that was wrong already', async () => {
    const { control } = story.world.heroku;
    await control.truncateBackup(PRODUCTION, 3);
    await control.flipBit(PRODUCTION, 4);
    expect(await control.corrupt(PRODUCTION)).toBeGreaterThan(0);
    const backup = await story.asks('alice', '/dr backup');
    expect(await story.until(backup, OVER)).toMatch(/SUCCEEDED/);
    const wrong = (await story.transfers(PRODUCTION, 'b')).at(-1) ?? '';
    const asked = [];
    for (const id of ['a003', 'a004', wrong]) asked.push(await story.asks('alice', `/dr verify ${id} --deep`));
    const [cut = '', flipped = '', corrupt = ''] = await Promise.all(asked.map((id) => story.until(id, OVER)));
    expect(cut).toMatch(/FAILED.*a003.* failed: /s);
    expect(flipped).toMatch(/FAILED.*a004.* failed: /s);
    expect(corrupt).toMatch(/FAILED/);
    expect(corrupt).toMatch(/FAIL.*entries that do not balance: \d+/);
    expect(`${cut}${flipped}${corrupt}`).not.toMatch(/proven restorable in/);
    const proofs = await story.sql('select 1 from holdfast.proofs');
    expect(proofs).toEqual([]);
  });

  it('shows an odd size, a missing day and an old backup, each with its figure', async () => {
    const { control } = story.world.heroku;
    const size = { app: PRODUCTION, kind: 'scheduled', status: 'finished', size_bytes: 900 } as const;
    const forged = await control.forgeBackup(size);
    const first = await story.asks('dave', '/dr verify');
    // The notes about the verifications before are still being posted, one a second.
    await story.people.waitFor('its card, before the notes of others', () => story.cards(first)[0], {
      timeoutMs: 4_000,
    });
    expect(await story.until(first, OVER)).toMatch(/WARN.*Size within 10 %: .*−\d+\.\d %/);

    await control.removeBackup(PRODUCTION, forged.num);
    const { transfers } = await story.app(PRODUCTION);
    for (const { name, num } of transfers) {
      if (name.startsWith('b') || num === 7 || num === 6) await control.removeBackup(PRODUCTION, num);
    }
    const second = await story.asks('dave', '/dr verify');
    const card = await story.until(second, OVER);
    expect(card).toMatch(/SUCCEEDED, verdict FAIL/);
    expect(card).toMatch(/FAIL.*Daily backup present: CRITICAL: database backup missing/);
    expect(card).toMatch(/FAIL.*Newest within 24 h: a005 finished 2 d/);
    expect(card).toMatch(/WARN.*Retention 7 days: 5 of 7 days/);
  });
});
