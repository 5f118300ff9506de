// Who has to agree, whether they have, and when their votes count no longer (faults 15-19, 25, 27).
import { describe, expect, it } from 'vitest';
import { consentFor, peopleOf, ruleText, shortfallsOf, staleVotes, tally } from '../../../src/core/consent.ts';
import type { Event } from '../../../src/core/journal.ts';
import type { Vote } from '../../../src/core/operation.ts';
import { Consent } from '../../../src/core/system.ts';
import { factsOf, targetOf } from '../../support/facts.ts';
import { planOf } from '../../support/plans.ts';
import { systemFile, systemOf } from '../../support/system.ts';
import { ALICE, approved, BOB, CAROL, consented, minute, operationOf, ran } from './journal-of.ts';

type Approvals = Extract<Consent, { kind: 'approvals' }>;

function rule(overrides: Partial<Approvals> = {}): Approvals {
  return {
    kind: 'approvals',
    count: 2,
    roles: ['engineering-lead', 'product-lead'],
    require: {},
    requesterCounts: false,
    expiresMinutes: 15,
    ...overrides,
  };
}

function vote(by: string, ...roles: string[]): Vote {
  return { by, roles, at: minute(0) };
}

const oneOfEach = rule({ require: { 'engineering-lead': 1, 'product-lead': 1 } });
const twoLeads = rule({ require: { 'engineering-lead': 2 } });

describe('the tally', () => {
  it.each<[string, Approvals, Vote[], object]>([
    ['needs two people', rule(), [], { have: 0, need: 2, missing: [], complete: false }],
    ['is not complete with one of two', rule(), [vote(BOB, 'product-lead')], { have: 1, complete: false }],
    [
      'is complete with two',
      rule(),
      [vote(BOB, 'product-lead'), vote(CAROL, 'product-lead')],
      { have: 2, complete: true },
    ],
    [
      'counts a person once, however often they vote',
      rule(),
      [vote(BOB, 'product-lead'), vote(BOB, 'engineering-lead')],
      { have: 1, complete: false },
    ],
    [
      'names the role that still needs somebody',
      oneOfEach,
      [vote(BOB, 'product-lead'), vote(CAROL, 'product-lead')],
      { have: 2, missing: ['engineering-lead'], complete: false },
    ],
    [
      'names a role as often as it needs somebody',
      twoLeads,
      [vote(BOB, 'product-lead')],
      { missing: ['engineering-lead', 'engineering-lead'], complete: false },
    ],
    [
      'lets one person fill two roles, but not count as two people',
      oneOfEach,
      [vote(BOB, 'engineering-lead', 'product-lead')],
      { have: 1, missing: [], complete: false },
    ],
    [
      'is complete with more holders of a role than asked for',
      oneOfEach,
      [vote(ALICE, 'engineering-lead'), vote(BOB, 'engineering-lead'), vote(CAROL, 'product-lead')],
      { have: 3, missing: [], complete: true },
    ],
  ])('%s', (_claim, approvals, votes, counted) => {
    expect(tally(approvals, votes)).toMatchObject(counted);
  });
});

describe('the rule as a sentence', () => {
  it.each<[Consent, string]>([
    [{ kind: 'none' }, 'no approval'],
    [Consent.parse({ kind: 'typed' }), 'the requester confirms by typing the name of the target'],
    [rule(), '2 different people holding engineering-lead or product-lead, not the requester'],
    [rule({ count: 1, roles: ['cto'], requesterCounts: true }), '1 person holding cto, the requester counts'],
    [
      rule({ count: 1, roles: ['cto'], secondFactor: 'totp' }),
      '1 person holding cto, not the requester, each with a one-time code',
    ],
    [
      rule({ count: 1, roles: ['cto'], secondFactor: 'ssh' }),
      '1 person holding cto, not the requester, each with a signature',
    ],
    [
      rule({ require: { 'engineering-lead': 1 } }),
      '2 different people holding engineering-lead or product-lead, not the requester, at least 1 engineering-lead',
    ],
  ])('%o', (consent, text) => {
    expect(ruleText(consent)).toBe(text);
  });
});

describe('a rule that nobody could fulfil', () => {
  const holders = new Map([
    ['engineering-lead', [ALICE, BOB]],
    ['product-lead', [BOB, CAROL]],
    ['operator', [ALICE]],
  ]);
  const both = 'engineering-lead and product-lead';

  it('is told by people, each counted once however many roles they hold', () => {
    expect(peopleOf(['engineering-lead', 'product-lead', 'nobody'], holders)).toEqual([ALICE, BOB, CAROL]);
  });

  it.each<[string, Approvals, string, string[]]>([
    ['is none when two others hold a role', rule(), ALICE, []],
    ['is none when enough people hold every required role', oneOfEach, 'U09EVE', []],
    [
      'is one that needs more people than there are',
      rule({ count: 4 }),
      'U09EVE',
      [`4 approvals are needed, but 3 of ${both} could give one`],
    ],
    [
      'does not count the requester',
      rule({ count: 3 }),
      ALICE,
      [`3 approvals are needed, but 2 of ${both} could give one`],
    ],
    ['counts the requester where the rule says so', rule({ count: 3, requesterCounts: true }), ALICE, []],
    [
      'is one whose required role only the requester holds',
      twoLeads,
      BOB,
      ['2 engineering-lead must approve, but 1 could'],
    ],
    [
      'is one whose required role is held by somebody who may not approve',
      rule({ roles: ['product-lead'], require: { operator: 1 } }),
      'U09EVE',
      ['1 operator must approve, but 0 could'],
    ],
    [
      'is one whose required role nobody holds',
      rule({ require: { cto: 1 } }),
      CAROL,
      ['1 cto must approve, but 0 could'],
    ],
  ])('%s', (_claim, approvals, requester, shortfalls) => {
    expect(shortfallsOf(approvals, holders, requester)).toEqual(shortfalls);
  });
});

describe('which consent applies', () => {
  const system = systemOf();
  const onProductionsDatabase = { target: targetOf('staging', { identity: 'addon-production' }) };

  it.each([
    ['production', {}, { protected: true, kind: 'approvals' }],
    ['staging', {}, { protected: false, kind: 'typed' }],
    ['staging', { staging: onProductionsDatabase }, { protected: true, kind: 'approvals' }],
    ['moon', {}, { protected: false, kind: 'none' }],
  ])('to %s is told by the identity of its database, not by its label', (name, differing, expected) => {
    const { consent, protected: isProtected } = consentFor(system, name, factsOf(differing));
    expect({ protected: isProtected, kind: consent.kind }).toEqual(expected);
  });

  it('is its own for a protected environment that shares the database of another one', () => {
    const { environments } = systemFile();
    const own = { kind: 'approvals' as const, count: 1, roles: ['engineering-lead'] };
    const shared = systemOf({
      environments: {
        ...environments,
        replica: { protected: true, consent: own, health: { url: 'https://replica.example/health' }, settings: {} },
      },
    });
    const facts = factsOf({ replica: { target: targetOf('replica', { identity: 'addon-production' }) } });
    expect(consentFor(shared, 'replica', facts).consent).toMatchObject(own);
  });

  it('is that of the protected one, in whatever order the file names those that share its database', () => {
    const { production, staging } = systemFile().environments;
    if (production === undefined || staging === undefined) throw new Error('the fixture has changed');
    const turned = systemOf({ environments: { staging, production } });
    expect(consentFor(turned, 'staging', factsOf({ staging: onProductionsDatabase })).protected).toBe(true);
  });

  it('is its own where no database could be read', () => {
    const { consent } = consentFor(system, 'staging', { at: minute(0), environments: {} });
    expect(consent.kind).toBe('typed');
  });
});

describe('votes', () => {
  // Votes at minutes 5 and 6, after a rehearsal that ended at minute 4.
  const voted: Event[] = [
    ...ran('s1'),
    ...ran('s2'),
    approved(BOB, ['engineering-lead', 'product-lead']),
    approved(CAROL, ['product-lead']),
    consented,
  ];
  const holders = new Map([
    [BOB, ['engineering-lead', 'product-lead']],
    [CAROL, ['product-lead']],
  ]);
  const operation = operationOf(planOf(), voted);
  const at = (number: number) => new Date(minute(number));

  it('count while everybody still holds a role', () => {
    expect(staleVotes(operation, holders, at(7))).toBeNull();
  });

  it.each([
    ['left the group', new Map([...holders, [CAROL, []]]), [CAROL]],
    ['holds another role, which does not decide here', new Map([...holders, [CAROL, ['operator']]]), [CAROL]],
    ['is not known any more', new Map([[BOB, ['engineering-lead']]]), [CAROL]],
    ['left together with the other', new Map<string, string[]>(), [BOB, CAROL]],
  ])('count no longer when an approver %s', (_what, now, by) => {
    expect(staleVotes(operation, now, at(7))).toEqual({ by, why: 'an approver no longer holds the role' });
  });

  it('count no longer when the role that was required is lost, even if another one is left', () => {
    const { consent } = planOf();
    const strict = planOf({ consent: { ...rule(), ...consent, require: { 'engineering-lead': 1 } } as Consent });
    const now = new Map([...holders, [BOB, ['product-lead']]]);
    expect(staleVotes(operationOf(strict, voted), now, at(7))?.by).toEqual([BOB]);
    expect(staleVotes(operation, now, at(7))).toBeNull();
  });

  it('count for 15 minutes from the last of them', () => {
    expect(staleVotes(operation, holders, at(6 + 15))).toBeNull();
    expect(staleVotes(operation, holders, new Date(at(6 + 15).getTime() + 1))).toEqual({
      by: [BOB, CAROL],
      why: 'the approvals are older than 15 minutes',
    });
  });

  it('do not grow old while the rehearsal is running', () => {
    const early = [...ran('s1'), approved(BOB), approved(CAROL, ['product-lead']), consented, ...ran('s2')];
    expect(staleVotes(operationOf(planOf(), early), holders, at(7 + 15))).toBeNull();
    expect(staleVotes(operationOf(planOf(), early), holders, at(7 + 16))).not.toBeNull();
  });

  it('are not asked for where nobody approves', () => {
    const typed = planOf({ consent: { kind: 'typed', expiresMinutes: 15 } });
    expect(staleVotes(operationOf(typed), new Map(), at(999))).toBeNull();
  });
});
