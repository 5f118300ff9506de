// Which candidates are taken for the one that is wanted.
import { describe, expect, it } from 'vitest';
import { builtFor, holds, isFor, maskedBy } from '../../../src/core/built.ts';
import { backupOf, daysAgo } from '../../support/facts.ts';
import { systemFile, systemOf } from '../../support/system.ts';

const { production, staging } = systemFile().environments;
if (production === undefined || staging === undefined) throw new Error('the system has both');
const masking = { columns: [{ table: 'users', column: 'email', as: 'email' as const }] };
const system = systemOf({ environments: { production, staging: { ...staging, masked: true } }, masking });
const backup = backupOf('a008');

describe('a candidate', () => {
  it('is for its own environment of its own system only', () => {
    const built = builtFor(system, 'production', backup);
    expect(isFor(built, system, 'production')).toBe(true);
    expect(isFor(built, system, 'staging')).toBe(false);
    expect(isFor(built, { ...system, name: 'provote' }, 'production')).toBe(false);
  });

  it('is not for an environment that is masked by other rules by now, or was not masked then', () => {
    const built = builtFor(system, 'staging', backup);
    expect(isFor(built, system, 'staging')).toBe(true);
    const others = systemOf({ ...systemFile(), masking: { ...masking, empty: ['sessions'] } });
    expect(isFor(built, { ...others, environments: system.environments }, 'staging')).toBe(false);
    expect(isFor({ ...built, masked: null }, system, 'staging')).toBe(false);
  });

  it('is masked by nothing where personal data may stand, and by something even without rules', () => {
    expect(maskedBy(system, 'production')).toBeNull();
    expect(maskedBy(system, 'moon')).toBeNull();
    expect(maskedBy({ ...system, masking: undefined }, 'staging')).toMatch(/^[0-9a-f]{64}$/);
  });

  it.each([
    ['the same file', {}, {}, true],
    ['another name', {}, { id: 'a007' }, false],
    ['another size', {}, { bytes: 7 }, false],
    ['another moment', {}, { finishedAt: daysAgo(3) }, false],
    ['a size that is not known', {}, { bytes: null }, false],
    ['the same checksum, whatever the listing says', { sha256: 'ab' }, { sha256: 'ab', bytes: 7 }, true],
    ['another checksum', { sha256: 'ab' }, { sha256: 'cd' }, false],
    ['a checksum that only the mark knows', { sha256: 'ab' }, {}, true],
  ])('is compared with a backup by its file: %s', (_what, mark, differing, same) => {
    const built = builtFor(system, 'production', backup);
    const kept = { backup: 'a008', sha256: null, built, ...mark };
    expect(holds(kept, { ...backup, ...differing })).toBe(same);
    expect(holds({ ...kept, built: { ...built, bytes: null } }, { ...backup, bytes: null })).toBe(false);
  });
});
