// What PostgreSQL's own words in its log mean for a recovery. The lines are those of PostgreSQL 15.
import { expect, it } from 'vitest';
import { readRecoveryLog } from '../../src/postgres/moment/recovery-log.ts';

const at = (line: string) => `2025-11-21 10:04:39.484 UTC [3918] ${line}\n`;

it('names the first commit that is not in it, to the microsecond', () => {
  const log = [
    at('LOG:  consistent recovery state reached at 0/2000100'),
    at('LOG:  database system is ready to accept read-only connections'),
    at('LOG:  recovery stopping before commit of transaction 733, time 2025-11-21 10:04:02.2339+00'),
    at('LOG:  pausing at the end of recovery'),
  ].join('');
  expect(readRecoveryLog(log)).toEqual({ isReady: true, nextCommitAt: '2025-11-21T10:04:02.233900Z', problem: null });
});

it('knows a commit on the full second, and an abort', () => {
  const log = at('LOG:  recovery stopping before abort of transaction 9, time 2025-11-21 10:04:02+00');
  expect(readRecoveryLog(log).nextCommitAt).toBe('2025-11-21T10:04:02.000000Z');
});

it('tells a recovery that has failed by what PostgreSQL said last', () => {
  const log =
    at('LOG:  last completed transaction was at log time 2025-11-21 10:04:02.233948+00') +
    at('FATAL:  recovery ended before configured recovery target was reached') +
    at('LOG:  startup process (PID 3918) exited with exit code 1');
  expect(readRecoveryLog(log).problem).toBe('recovery ended before configured recovery target was reached');
});

it('does not take somebody who asked too early for a failure', () => {
  const log =
    at('FATAL:  the database system is starting up') +
    at('FATAL:  the database system is not yet accepting connections');
  expect(readRecoveryLog(log)).toEqual({ isReady: false, nextCommitAt: null, problem: null });
});

it('tells a pause that is none at the target', () => {
  const log = at('WARNING:  hot standby is not possible because of insufficient parameter settings');
  expect(readRecoveryLog(log).problem).toContain('insufficient parameter settings');
});
