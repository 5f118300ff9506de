// What `heroku pg:info` says about a database's past is read as it is written, and nothing else is taken for it.
import { describe, expect, it } from 'vitest';
import { isSameDatabase, parentOf, windowOf } from '../../../../src/platforms/heroku/rollback-window.ts';

const NOW = new Date('2025-12-23T13:59:30.000Z');
const info = (name: string, ...values: unknown[]) => ({
  info: [
    { name: 'Tables', values: [51] },
    { name, values },
  ],
});

describe('the moments', () => {
  it.each(['earliest from 2025-12-19 13:59 UTC', 'from 2025-12-19 13:59 UTC'])(
    'are read from “Rollback: %s”, until a minute ago',
    (said) => {
      expect(windowOf(info('Rollback', said), NOW)).toEqual({
        from: '2025-12-19T13:59:00.000Z',
        to: '2025-12-23T13:58:30.000Z',
      });
    },
  );

  it.each([
    'Unsupported',
    'Unavailable',
    'earliest from 4 days ago',
    'earliest from 2025-12-23 13:59 UTC',
    'from 2025-99-99 99:99 UTC',
  ])('are none with “Rollback: %s”', (said) => {
    expect(windowOf(info('Rollback', said), NOW)).toBeNull();
  });

  it('are none when Heroku says nothing of it', () => {
    expect(windowOf(info('Rollback'), NOW)).toBeNull();
    expect(windowOf(info('Plan', 'Standard 0'), NOW)).toBeNull();
    expect(windowOf(null, NOW)).toBeNull();
  });
});

describe('the parent', () => {
  it('is the address under “Forked From”, or unknown', () => {
    expect(parentOf(info('Forked From', 'postgres://u:p@host:5432/d1'))).toBe('postgres://u:p@host:5432/d1');
    expect(parentOf(info('Forked From'))).toBeNull();
  });

  it.each([
    ['postgres://u:p@host:5432/d1', 'postgres://other:secret@host/d1', true],
    ['postgres://u:p@host:5432/d1', 'postgres://u:p@host:5432/d2', false],
    ['postgres://u:p@host:5432/d1', 'postgres://u:p@elsewhere:5432/d1', false],
    ['postgres://u:p@host:5432/d1', 'postgres://u:p@host:6432/d1', false],
    ['not an address', 'not an address', false],
  ])('%s and %s are one database: %s', (one, other, same) => {
    expect(isSameDatabase(one, other)).toBe(same);
  });
});
