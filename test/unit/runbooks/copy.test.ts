// Taking a backup out of the house (P13, P14, S14, F2).
import { describe, expect, it } from 'vitest';
import type { OperationCommand } from '../../../src/core/command.ts';
import type { Copy, EnvironmentFacts, Offsite } from '../../../src/core/facts.ts';
import { copy } from '../../../src/runbooks/copy.ts';
import { backupOf, daysAgo, factsOf, nightly } from '../../support/facts.ts';
import { systemOf } from '../../support/system.ts';
import { inWords, planned } from './drafts.ts';

const copying = (backup = 'latest') => ({ verb: 'copy', system: null, backup }) satisfies OperationCommand;

function copyOf(of: string, overrides: Partial<Copy> = {}): Copy {
  const backup = nightly(8).find(({ id }) => id === of) ?? backupOf(of);
  return { ...backup, id: `x_${of}.age`, of, ofSha256: 'b'.repeat(64), copiedAt: daysAgo(0, 2), ...overrides };
}

function out(offsite: Partial<Offsite> | null = {}, differing: Partial<EnvironmentFacts> = {}) {
  const place = offsite === null ? null : { name: 's3://out/', copies: [], problem: null, ...offsite };
  return factsOf({ production: { offsite: place, ...differing } });
}

describe('a copy', () => {
  it('is of the latest backup, says where it goes and what it costs, and asks nobody', () => {
    const facts = out({ copies: [copyOf('a007', { id: 'x' })] });
    expect(inWords(planned(copy, copying(), { facts }))).toMatchInlineSnapshot(`
      "Copy a008 of grayledger-production out of the house [production]
      · Source: grayledger-production, backup a008 (scheduled), finished 2025-11-21 02:04 UTC, 245 MB
      · Age of the backup: 11 h 56 min
      · Copied to: s3://out/; newest copy there: a007, 36 h old
      · Disk: about 490 MB where Holdfast runs, until the copy is there
      pinned: no target, a008 of production
      s1 backup.copy: Copy a008 to s3://out/ and read the copy back (from a008 of production)
      no undo: a copy more does no harm"
    `);
  });

  it('of the backup that is named is planned where no copy is yet, and where one is not whole', () => {
    const broken = copyOf('a003', { state: 'failed' });
    const { statements, steps } = planned(copy, copying('a003'), { facts: out({ copies: [broken] }) });
    expect(steps).toMatchObject([{ args: { from: { backup: { id: 'a003' } } } }]);
    expect(statements).toContainEqual({ label: 'Copied to', text: 's3://out/; no copy is there yet', tone: 'plain' });
  });

  it('of a backup of unknown size says how much room it takes all the same', () => {
    const facts = out({}, { backups: [backupOf('a009', { bytes: null })] });
    const disk = planned(copy, copying(), { facts }).statements.find(({ label }) => label === 'Disk');
    expect(disk?.text).toBe('twice the size of the backup where Holdfast runs, until the copy is there');
  });

  it('is planned with a warning when the place does not answer just now', () => {
    const { statements } = planned(copy, copying(), { facts: out({ problem: 'no route to host' }) });
    expect(statements).toContainEqual({
      label: 'Copied to',
      text: 's3://out/, which could not be read just now: no route to host',
      tone: 'warn',
    });
  });

  it('is refused when it is there already, with where and since when', () => {
    expect(() => planned(copy, copying(), { facts: out({ copies: [copyOf('a008')] }) })).toThrow(
      'a008 of grayledger-production was copied to s3://out/ at 2025-11-21 12:00 UTC, as x_a008.age.',
    );
  });

  it('is planned when only an older backup of the same name was copied', () => {
    const older = copyOf('a008', { startedAt: daysAgo(400) });
    expect(planned(copy, copying(), { facts: out({ copies: [older] }) }).steps).toHaveLength(1);
  });

  it.each([
    ['none is named', out(null)],
    ['it was never asked for', factsOf()],
  ])('is refused where no place out of the house is known: %s', (_what, facts) => {
    expect(() => planned(copy, copying(), { facts })).toThrow(
      'No place out of the house is named for the backups of GrayLedger. Name one in the system file: environments.production.settings.offsite.',
    );
  });

  it('reads the place out of the house of the environment that backups are taken of', () => {
    const need = copy.needs(copying(), systemOf(), null);
    expect(need).toMatchObject({ environments: ['production'], offsite: ['production'], survey: [] });
    expect(need.writtenSince(factsOf())).toBeNull();
  });
});
