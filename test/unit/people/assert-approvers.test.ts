// Which rules of consent are refused at start because nobody could ever fulfil them.
import { describe, expect, it } from 'vitest';
import { Fault } from '../../../src/core/errors.ts';
import type { People } from '../../../src/core/ports.ts';
import { type Consent, System } from '../../../src/core/system.ts';
import { assertApprovers } from '../../../src/people/assert-approvers.ts';

type Approvals = Partial<Extract<Consent, { kind: 'approvals' }>>;

/** Groups and who is in them; a role's group is called after it. */
function people(groups: Readonly<Record<string, readonly string[]>>): People {
  return {
    async holders(role) {
      if ('users' in role) return role.users;
      const members = groups[role.group];
      if (members === undefined) throw new Fault(`asking Slack who is in ${role.group}`);
      return members;
    },
  };
}

function system(consent: Approvals): System {
  const health = { url: 'https://ledger.example.com/health' };
  return System.parse({
    name: 'ledger',
    title: 'Ledger',
    platform: 'heroku',
    channel: 'C01INCIDENTS',
    roles: { leads: { group: 'SLEADS' }, product: { group: 'SPRODUCT' }, 'on-call': { group: 'SONCALL' } },
    operators: ['on-call'],
    environments: {
      production: {
        protected: true,
        consent: { kind: 'approvals', roles: ['leads'], ...consent },
        health,
        settings: {},
      },
      staging: { consent: { kind: 'typed' }, health, settings: {} },
    },
    backups: { of: 'production', maxAgeHours: 26, sizeTolerancePercent: 30, retentionDays: 7 },
    tables: [{ name: 'entries' }],
    updates: {},
    logs: { watchSeconds: 60 },
  });
}

/** Who has a key of one-time codes, and who a registered ssh key. */
const keys = (totp: string[] = [], ssh: string[] = []) => ({
  totp: { keyed: async () => new Set(totp) },
  ssh: { keyed: async () => new Set(ssh) },
});

const problems = (consent: Approvals, groups: Readonly<Record<string, readonly string[]>>, factors = keys()) =>
  assertApprovers([system(consent)], { people: people({ SPRODUCT: [], SONCALL: ['U1'], ...groups }), factors });

const PATH = 'systems/ledger/environments/production/consent';

describe('the rules of consent', () => {
  it('are fulfillable when enough others remain whoever asks', async () => {
    expect(await problems({}, { SLEADS: ['U2', 'U3'] })).toEqual([]);
    expect(await problems({}, { SLEADS: ['U1', 'U2', 'U3'] })).toEqual([]);
  });

  it('are refused when the approvers are only enough with the one who asks', async () => {
    expect(await problems({}, { SLEADS: ['U1', 'U2'] })).toEqual([
      { path: PATH, message: 'ledger: 2 approvals are needed, but 1 of leads could give one, whoever asks' },
    ]);
  });

  it('count the requester where the rule says so', async () => {
    expect(await problems({ requesterCounts: true }, { SLEADS: ['U1', 'U2'] })).toEqual([]);
    expect(await problems({ requesterCounts: true }, { SLEADS: ['U1'] })).toEqual([
      { path: PATH, message: 'ledger: 2 approvals are needed, but 1 of leads could give one, whoever asks' },
    ]);
  });

  it('are refused when nobody may approve', async () => {
    expect(await problems({}, { SLEADS: [] })).toMatchObject([{ path: PATH }]);
  });

  it('count a person with two roles once', async () => {
    const roles = ['leads', 'product'];
    expect(await problems({ roles }, { SLEADS: ['U2'], SPRODUCT: ['U2'] })).toMatchObject([{ path: PATH }]);
    expect(await problems({ roles }, { SLEADS: ['U2'], SPRODUCT: ['U3'] })).toEqual([]);
  });

  it('are refused when a role that must approve has nobody besides the one who asks', async () => {
    const rule = { roles: ['leads', 'product'], require: { product: 1 } };
    expect(await problems(rule, { SLEADS: ['U2', 'U3'], SPRODUCT: ['U1'] })).toEqual([
      { path: PATH, message: 'ledger: 1 product must approve, but 0 could, whoever asks' },
    ]);
    expect(await problems(rule, { SLEADS: ['U2', 'U3'], SPRODUCT: ['U4'] })).toEqual([]);
  });

  it('are fulfillable when one of those who may ask leaves enough others', async () => {
    expect(await problems({}, { SLEADS: ['U1', 'U2'], SONCALL: ['U1', 'U2', 'U9'] })).toEqual([]);
  });

  it('are refused when approvals take a second factor and too few have a key', async () => {
    const rule = { secondFactor: 'totp' } as const;
    const groups = { SLEADS: ['U2', 'U3'] };
    expect(await problems(rule, groups, keys(['U2', 'U3']))).toEqual([]);
    expect(await problems(rule, groups, keys(['U2', 'U9'], ['U3']))).toEqual([
      {
        path: PATH,
        message:
          'ledger: 2 approvals are needed, but 1 of leads with a key of one-time codes could give one, whoever asks',
      },
    ]);
    expect(await problems({}, groups, keys())).toEqual([]);
    expect(await problems({ secondFactor: 'ssh' }, groups, keys([], ['U2', 'U3']))).toEqual([]);
    expect(await problems({ secondFactor: 'ssh' }, groups, keys(['U2', 'U3'], ['U2']))).toMatchObject([
      { message: expect.stringContaining('but 1 of leads with a registered ssh key could give one') },
    ]);
  });

  it('are refused when nobody may ask for anything', async () => {
    expect(await problems({}, { SLEADS: ['U2', 'U3'], SONCALL: [] })).toEqual([
      { path: PATH, message: 'ledger: nobody may ask for an operation, because nobody holds on-call' },
    ]);
  });

  it('are not guessed about when Slack does not answer', async () => {
    await expect(
      assertApprovers([system({})], { people: people({ SLEADS: ['U2', 'U3'] }), factors: keys() }),
    ).rejects.toThrow(Fault);
  });
});
