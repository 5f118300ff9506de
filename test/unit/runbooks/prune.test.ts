// Deleting what the retention no longer keeps, as a plan that people agree to (S13, P13, G2).
import { describe, expect, it } from 'vitest';
import type { OperationCommand } from '../../../src/core/command.ts';
import type { Backup, Copy, EnvironmentFacts, Offsite } from '../../../src/core/facts.ts';
import type { Held } from '../../../src/core/retention.ts';
import { prune } from '../../../src/runbooks/prune.ts';
import { backupOf, daysAgo, factsOf } from '../../support/facts.ts';
import { systemFile, systemOf } from '../../support/system.ts';
import { inWords, planned } from './drafts.ts';

const pruning = { verb: 'prune', system: null } satisfies OperationCommand;
const SERVER = { services: [], migrate: null, bytes: null, freeBytes: null, warm: [], candidates: [], kept: [] };
const tiers = { scheduled: 7, manual: 30, monthly: 365 };
const system = systemOf({ backups: { ...systemFile().backups, tiers } });
const NOTHING: Held = { proven: [], inUse: [] };

/** One a day, newest first: d00 is of today. */
function daily(days: number): Backup[] {
  return Array.from({ length: days }, (_, at) =>
    backupOf(`d${String(at).padStart(2, '0')}`, { startedAt: daysAgo(at, 12) }),
  );
}

function facts(differing: Partial<EnvironmentFacts> = {}, offsite: Partial<Offsite> | null = null) {
  const place = offsite === null ? null : { name: 's3://out/', copies: [], problem: null, ...offsite };
  return factsOf({ production: { server: SERVER, backups: daily(24), offsite: place, ...differing } });
}

function copyOf(of: string, days: number): Copy {
  return {
    ...backupOf(`x_${of}.age`, { startedAt: daysAgo(days) }),
    of,
    ofSha256: 'b'.repeat(64),
    copiedAt: daysAgo(0),
  };
}

const plan = (given: Parameters<typeof planned>[2] = {}) =>
  planned(prune, pruning, { system, facts: facts(), held: NOTHING, ...given });

describe('what the retention no longer keeps', () => {
  it('is listed before anything goes, beside what is kept and why, and waits for consent as a whole', () => {
    const held: Held = { proven: ['d09'], inUse: [{ backup: 'd10', by: 'op-7' }] };
    const backups = [...daily(24), backupOf('broken', { startedAt: daysAgo(40), state: 'failed', finishedAt: null })];
    expect(inWords(plan({ held, facts: facts({ backups }) }))).toMatchInlineSnapshot(`
      "Delete 13 backups of grayledger-production that the retention no longer keeps [production]
      ! Deletes: grayledger-production: 13 backups, 3185 MB, from 2025-10-30 to 2025-11-14
      · These: d07, d08, d11, d12, d13, d14, d15, d16, d17, d18, 3 more
      · Keeps: grayledger-production: 12 backups: the newest finished one (d00), proven by a restore (d09), in use by an operation (d10), 6 within the time of its kind, 2 the first of its month, not known to be whole (broken)
      pinned: no target
      ----
      s1 backups.prune: Delete 13 backups of grayledger-production (environment production, place archives, remove d07+d08+d11+d12+d13+d14+d15+d16+d17+d18+d19+d21+d22)
      no undo: what is deleted is gone"
    `);
  });

  it('goes from both places, each in a step of its own, and a copy is named as what it is there', () => {
    const copies = [copyOf('c1', 1), copyOf('c2', 15), copyOf('c3', 20)];
    const { steps, headline } = plan({ facts: facts({}, { copies }) });
    expect(headline).toMatch(/^Delete 16 backups of grayledger-production/);
    expect(steps.map(({ title }) => title)).toEqual([
      'Delete 15 backups of grayledger-production',
      'Delete 1 copy in s3://out/',
    ]);
    expect(steps[1]).toMatchObject({ args: { place: 'offsite', remove: [{ id: 'x_c2.age' }] } });
  });

  it('is left alone in a place that cannot be read', () => {
    const { steps, statements } = plan({ facts: facts({}, { problem: 'no route to host' }) });
    expect(steps).toHaveLength(1);
    expect(statements.at(-1)).toEqual({
      label: 'Not touched',
      text: 's3://out/, which could not be read: no route to host',
      tone: 'warn',
    });
  });

  it('names a single day once, and every id where there are few', () => {
    const backups = [
      ...daily(7),
      backupOf('old', { startedAt: daysAgo(12) }),
      backupOf('first', { startedAt: daysAgo(18) }),
    ];
    const { statements } = plan({ facts: facts({ backups }) });
    expect(statements.slice(0, 2).map(({ text }) => text)).toEqual([
      'grayledger-production: 1 backup, 245 MB, of 2025-11-09',
      'old',
    ]);
  });

  it('may be all that a place holds of a kind that is kept elsewhere: it says that nothing is kept', () => {
    const copies = [{ ...copyOf('c', 40), kind: 'preimage' as const }];
    const withPreimages = systemOf({ backups: { ...systemFile().backups, tiers: { ...tiers, preimage: 30 } } });
    const { statements } = plan({ system: withPreimages, facts: facts({ backups: [] }, { copies }) });
    expect(statements.map(({ text }) => text)).toContain('s3://out/: 0 backups');
  });
});

describe('nothing is planned', () => {
  it('when nothing would go', () => {
    expect(() => plan({ facts: facts({ backups: daily(7) }, { problem: 'no route to host' }) })).toThrow(
      'Nothing would be deleted: the retention keeps everything: 7 backups of grayledger-production and whatever is in s3://out/, which could not be read. See `/dr backups --retention` for the reasons.',
    );
  });

  it('when the system file names no tiers', () => {
    expect(() => plan({ system: systemOf() })).toThrow(
      'The system file of GrayLedger does not say how long backups are kept, so all of them are.',
    );
  });

  it('when a provider keeps the backups and no place out of the house is named', () => {
    expect(() => plan({ facts: facts({ server: null }) })).toThrow(
      'The backups of grayledger-production are kept by its provider, and no place out of the house is named.',
    );
  });

  it('when nobody knows what is in use', () => {
    expect(() => plan({ held: null })).toThrow('It is not known which backups are in use.');
  });
});

it('reads both places and what must not be deleted', () => {
  const need = prune.needs(pruning, system, null);
  expect(need).toMatchObject({ environments: ['production'], offsite: ['production'], retention: 'production' });
  expect(need.writtenSince(factsOf())).toBeNull();
});
