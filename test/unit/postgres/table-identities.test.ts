// How it is noticed that a restore has, or has not, happened.
import { describe, expect, it } from 'vitest';
import { recreated } from '../../../src/postgres/table-identities.ts';

describe('tables are recreated', () => {
  it('when each of them is another one', () => {
    expect(recreated({ accounts: 1, entries: 2 }, { accounts: 3, entries: 4 })).toBe(true);
  });

  it('when there were none before', () => {
    expect(recreated({}, { accounts: 3 })).toBe(true);
  });

  it('not when one is from before', () => {
    expect(recreated({ accounts: 1, entries: 2 }, { accounts: 3, entries: 2 })).toBe(false);
  });

  it('not when there are none now', () => {
    expect(recreated({ accounts: 1 }, {})).toBe(false);
  });
});
