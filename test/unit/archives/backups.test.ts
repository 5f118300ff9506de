// Files of a store as backups: what kind they are, when they were made, and which of them nobody should choose.
import { describe, expect, it } from 'vitest';
import type { StoredFile } from '../../../src/archives/archive-store.ts';
import { toBackups } from '../../../src/archives/backups.ts';
import type { Manifest } from '../../../src/core/manifest.ts';

const now = new Date('2025-11-22T09:00:00.000Z');
const rules = { scheduled: 'backup_*.sql.gz', now };
const manifest: Manifest = {
  version: 1,
  sha256: 'a'.repeat(64),
  bytes: 100,
  kind: 'preimage',
  database: 'provote',
  serverVersion: '15.18',
  moment: '2025-11-22T08:00:00.000Z',
  tables: {},
};
const file = (name: string, other: Partial<StoredFile> = {}): StoredFile => ({
  name,
  bytes: 100,
  modifiedAt: '2025-11-22T02:00:00.000Z',
  manifest: null,
  problem: null,
  ...other,
});

describe('a file of a store', () => {
  it('with a manifest is what that says, of the moment that it shows', () => {
    const files = [file('backup_1.sql.gz', { manifest, modifiedAt: '2025-11-22T08:05:00.000Z' })];
    expect(toBackups(files, rules)).toEqual([
      {
        id: 'backup_1.sql.gz',
        kind: 'preimage',
        state: 'finished',
        startedAt: '2025-11-22T08:00:00.000Z',
        finishedAt: '2025-11-22T08:00:00.000Z',
        bytes: 100,
        sha256: 'a'.repeat(64),
      },
    ]);
  });

  it.each([
    ['backup_20251122_020000.sql.gz', 'scheduled'],
    ['backup_20251122_020000.sql.gz.gpg', 'scheduled'],
    ['backup_20251122_020000.sql.gz.bak', 'manual'],
    ['pre-backup_20251122.sql.gz', 'manual'],
    ['backup_20251122xsqlxgz', 'manual'],
  ])('without a manifest is told by its name: %s is %s', (name, kind) => {
    expect(toBackups([file(name)], rules)).toMatchObject([
      { id: name, kind, state: 'finished', startedAt: '2025-11-22T02:00:00.000Z', sha256: null },
    ]);
  });

  it.each(['backup_1.sql.gz.sha256', 'backup_1.log', 'backup_1.sql.gz.md5', 'backup_1.asc', 'backup_1.json'])(
    'that lies beside a backup is none: %s',
    (name) => {
      expect(
        toBackups([file(name, { modifiedAt: '2025-11-22T03:00:00.000Z' })], { scheduled: 'backup_*', now }),
      ).toEqual([]);
    },
  );

  it('is manual where no name is said to be that of the daily job', () => {
    expect(toBackups([file('backup_1.sql.gz')], { scheduled: null, now })).toMatchObject([{ kind: 'manual' }]);
  });

  it('that does not fit its manifest is a failed backup, which nobody chooses', () => {
    const files = [file('a.dump', { manifest, problem: 'it has 7 bytes, and 100 when it was made' })];
    expect(toBackups(files, rules)).toMatchObject([{ id: 'a.dump', state: 'failed', finishedAt: null }]);
  });

  it('is a milestone when its manifest says so', () => {
    expect(toBackups([file('a.dump', { manifest: { ...manifest, keep: 'forever' } })], rules)).toMatchObject([
      { keep: 'forever' },
    ]);
  });

  it('that was written to less than a minute ago without a manifest is not listed yet', () => {
    const modifiedAt = '2025-11-22T08:59:30.000Z';
    expect(toBackups([file('a.sql', { modifiedAt })], rules)).toEqual([]);
    expect(toBackups([file('a.sql', { modifiedAt, manifest })], rules)).toHaveLength(1);
  });
});

describe('the files of a store', () => {
  it('are backups newest first by the moment that they show', () => {
    const files = [
      file('older.sql', { modifiedAt: '2025-11-20T02:00:00.000Z' }),
      file('copied-later.dump', {
        modifiedAt: '2025-11-22T08:30:00.000Z',
        manifest: { ...manifest, moment: '2025-11-19T02:00:00.000Z' },
      }),
      file('newest.sql', { modifiedAt: '2025-11-21T02:00:00.000Z' }),
    ];
    expect(toBackups(files, rules).map(({ id }) => id)).toEqual(['newest.sql', 'older.sql', 'copied-later.dump']);
  });
});
