// The verdict over several checks.
import { describe, expect, it } from 'vitest';
import { type Check, type Verdict, verdictOf } from '../../../src/core/check.ts';

describe('the verdict', () => {
  it.each<[string, Verdict[], Verdict]>([
    ['passes when all pass', ['pass', 'pass'], 'pass'],
    ['warns when one warns', ['pass', 'warn', 'pass'], 'warn'],
    ['fails when one fails, whatever the others say', ['warn', 'fail', 'pass'], 'fail'],
    ['fails when nothing was checked', [], 'fail'],
  ])('%s', (_claim, statuses, verdict) => {
    const checks: Check[] = statuses.map((status) => ({ name: 'Rows', status, figure: '12 rows' }));
    expect(verdictOf(checks)).toBe(verdict);
  });
});
