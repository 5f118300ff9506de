// Copies out of the house: names that say when and whose, and files that are nobody's copies.
import { describe, expect, it } from 'vitest';
import { checkedName, type StoredFile } from '../../../src/archives/archive-store.ts';
import { copiesIn, copyName } from '../../../src/archives/copies.ts';
import type { Manifest } from '../../../src/core/manifest.ts';
import { backupOf } from '../../support/facts.ts';

const source = { system: 'provote', environment: 'production' };
const manifest: Manifest = {
  version: 1,
  sha256: 'a'.repeat(64),
  bytes: 100,
  kind: 'scheduled',
  database: 'provote',
  serverVersion: '15.18',
  moment: '2025-11-22T02:00:00.000Z',
  tables: {},
  copyOf: {
    ...source,
    backup: 'backup_1.sql.gz',
    sha256: 'b'.repeat(64),
    bytes: 90,
    copiedAt: '2025-11-22T08:00:00.000Z',
  },
};
const file = (
  name: string,
  of: Partial<NonNullable<Manifest['copyOf']>> = {},
  other: Partial<StoredFile> = {},
): StoredFile => ({
  name,
  bytes: 100,
  modifiedAt: '2025-11-22T08:00:00.000Z',
  manifest: { ...manifest, copyOf: { ...source, ...manifest.copyOf, ...of } as NonNullable<Manifest['copyOf']> },
  problem: null,
  ...other,
});

describe('the name of a copy', () => {
  it('begins with the moment and says whose backup it is', () => {
    const backup = backupOf('a001', { startedAt: '2025-11-21T02:00:00.123Z' });
    expect(copyName('', source, backup)).toBe('20251121T020000Z_provote_production_a001.age');
    expect(copyName('ours-', source, backup)).toBe('ours-20251121T020000Z_provote_production_a001.age');
  });

  it.each([
    ['a file name', 'backup_20251122_020000.sql.gz', 'backup_20251122_020000.sql.gz'],
    ['an id with what no name may have', 'a/../b c', /^a_.._b_c_[0-9a-f]{8}$/],
    ['an id that is too long', 'x'.repeat(200), /^x{100}_[0-9a-f]{8}$/],
  ])('is one that a store takes, of %s', (_what, id, expected) => {
    const name = copyName('', source, backupOf(id));
    expect(checkedName(name)).toBe(name);
    expect(name.slice('20251121T020000Z_provote_production_'.length, -'.age'.length)).toEqual(
      typeof expected === 'string' ? expected : expect.stringMatching(expected),
    );
  });

  it('is not that of another backup, though it was cut', () => {
    const [one, other] = [backupOf(`${'x'.repeat(150)}1`), backupOf(`${'x'.repeat(150)}2`)];
    expect(copyName('', source, one)).not.toBe(copyName('', source, other));
    expect(copyName('', source, backupOf('a b'))).not.toBe(copyName('', source, backupOf('a_b')));
  });
});

describe('a file of the place', () => {
  it('is a copy by its manifest: of what, since when, and of what size it is there', () => {
    expect(copiesIn([file('x.age')], source)).toEqual([
      {
        id: 'x.age',
        kind: 'scheduled',
        state: 'finished',
        startedAt: '2025-11-22T02:00:00.000Z',
        finishedAt: '2025-11-22T02:00:00.000Z',
        bytes: 100,
        sha256: 'a'.repeat(64),
        of: 'backup_1.sql.gz',
        ofSha256: 'b'.repeat(64),
        copiedAt: '2025-11-22T08:00:00.000Z',
      },
    ]);
  });

  it('that does not fit its manifest is no whole copy', () => {
    expect(copiesIn([file('x.age', {}, { problem: 'it has 7 bytes' })], source)).toMatchObject([
      { state: 'failed', finishedAt: null },
    ]);
  });

  it('that is a milestone stays one', () => {
    const kept = { manifest: { ...manifest, keep: 'forever' as const } };
    expect(copiesIn([file('x.age', {}, kept)], source)).toMatchObject([{ keep: 'forever' }]);
  });

  it.each([
    ['of another system', file('x.age', { system: 'suoops' })],
    ['of another environment', file('x.age', { environment: 'staging' })],
    ['that is a backup and no copy', file('x.dump', {}, { manifest: { ...manifest, copyOf: undefined } as Manifest })],
    ['of which nothing is known', file('x.age', {}, { manifest: null })],
  ])('%s is none of ours', (_what, other) => {
    expect(copiesIn([other], source)).toEqual([]);
  });

  it('stands behind those of newer backups', () => {
    const at = (name: string, moment: string) => file(name, {}, { manifest: { ...manifest, moment } });
    const files = [
      at('b', '2025-11-20T02:00:00.000Z'),
      at('c', '2025-11-22T02:00:00.000Z'),
      at('a', '2025-11-20T02:00:00.000Z'),
    ];
    expect(copiesIn(files, source).map(({ id }) => id)).toEqual(['c', 'b', 'a']);
  });
});
