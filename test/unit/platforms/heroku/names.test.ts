// App names, backup ids and settings: what is let in, and what is said about the rest.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Refusal } from '../../../../src/core/errors.ts';
import { backupId, namedBackup } from '../../../../src/platforms/heroku/backup-id.ts';
import { resolve } from '../../../../src/platforms/heroku/options.ts';
import { problemsOf, Settings } from '../../../../src/platforms/heroku/settings.ts';
import { isBackup, moment, toBackup, transferName } from '../../../../src/platforms/heroku/transfers.ts';
import { OPTIONS, transferOf } from './samples.ts';

describe('settings', () => {
  it('defaults to the attachment DATABASE', () => {
    const settings = { app: 'grayledger-production', plan: 'heroku-postgresql:standard-0' };
    expect(Settings.parse(settings)).toEqual({ ...settings, database: 'DATABASE' });
    expect(problemsOf(settings)).toEqual([]);
  });

  it.each(['--json', '../../account', 'prod ', 'Prod', '-a', 'a', '', 'x'.repeat(31), 'a;b', 'a\nb'])(
    'refuses %j as an app',
    (app) => {
      expect(problemsOf({ app, plan: 'heroku-postgresql:standard-0' })).toMatchObject([{ path: ['app'] }]);
    },
  );

  it('names every problem at once, unknown members too', () => {
    const paths = problemsOf({ app: '--json', plan: 'redis', database: 'x y', token: 'secret' }).map(
      ({ path }) => path,
    );
    expect(paths).toEqual(expect.arrayContaining([['app'], ['plan'], ['database']]));
    expect(problemsOf(null)).toHaveLength(1);
  });
});

describe('a backup’s id', () => {
  it.each(['a001', 'b002', 'a1234'])('lets %s in', (id) => {
    expect(backupId(id)).toBe(id);
  });

  it.each([
    ['https://evil.example/x.dump', 'never restored from an address'],
    ['other::a001', 'app is not part'],
    ['c001', 'c001 is a copy'],
    ['r001', 'r001 is a restore'],
    ['oa001', 'old kind'],
    ['A001', 'lower case: a001'],
    ['1', 'not the name of a backup'],
    ['a01', 'not the name of a backup'],
    ['a001\n', 'not the name of a backup'],
    ['--confirm=x', 'not the name of a backup'],
  ])('refuses %j and says why and what works', (typed, why) => {
    const refused = (() => {
      try {
        return backupId(typed);
      } catch (thrown) {
        return thrown;
      }
    })();
    expect(refused).toBeInstanceOf(Refusal);
    expect(refused).toMatchObject({ why: expect.stringContaining(why), next: expect.stringContaining('a001') });
  });

  it('lets nothing else in, whatever is typed', { timeout: 30_000 }, () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        fc.pre(!/^[ab]\d{3,}$/.test(text) || text.includes('\n'));
        expect(() => backupId(text)).toThrow(Refusal);
      }),
    );
  });

  it('means the backup of exactly that name, not of that number', () => {
    const transfers = [transferOf({ num: 1, schedule: { uuid: 'x' } }), transferOf({ num: 2 })];
    expect(namedBackup(transfers, 'a001', 'prod').num).toBe(1);
    expect(namedBackup(transfers, 'b002', 'prod').num).toBe(2);
    expect(() => namedBackup(transfers, 'b001', 'prod')).toThrow('prod has no b001; number 1 is a001.');
    expect(() => namedBackup(transfers, 'a0001', 'prod')).toThrow('prod has no a0001; number 1 is a001.');
    expect(() => namedBackup(transfers, 'a007', 'prod')).toThrow('prod has no a007. Name a backup');
  });
});

describe('a transfer', () => {
  it.each([
    ['a012', { num: 12, schedule: { uuid: 'x' } }, true],
    ['b007', { num: 7 }, true],
    ['c003', { num: 3, to_type: 'pg_restore' }, false],
    ['r004', { num: 4, from_type: 'gof3r', to_type: 'pg_restore' }, false],
    ['b1000', { num: 1000 }, true],
    ['oa123', { num: 5, options: { pgbackups_name: 'a123' } }, false],
  ])('is called %s as the CLI calls it', (name, fields, backup) => {
    expect(transferName(transferOf(fields))).toBe(name);
    expect(isBackup(transferOf(fields))).toBe(backup);
  });

  it('is no backup any more once it is deleted', () => {
    expect(isBackup(transferOf({ deleted_at: '2025-11-21 03:00:00 +0000' }))).toBe(false);
  });

  it.each([
    ['finished', {}],
    ['failed', { succeeded: false }],
    ['failed', { canceled_at: '2025-11-21 02:00:05 +0000' }],
    ['failed', { finished_at: null, canceled_at: '2025-11-21 02:00:05 +0000' }],
    ['running', { finished_at: null, succeeded: null }],
    ['pending', { finished_at: null, succeeded: null, started_at: null }],
  ] as const)('is %s by its times and its outcome: %j', (state, fields) => {
    expect(toBackup(transferOf(fields)).state).toBe(state);
  });

  it('has its times in UTC, whichever way Heroku writes them', () => {
    expect(moment('2025-11-21 02:00:00 +0000')).toBe('2025-11-21T02:00:00.000Z');
    expect(moment('2025-11-21T02:00:00Z')).toBe('2025-11-21T02:00:00.000Z');
    expect(() => moment('yesterday')).toThrow('reading the time “yesterday” of Heroku');
  });
});

it('derives the CLI’s hosts from those of the API', () => {
  expect(resolve(OPTIONS)).toMatchObject({
    cliHost: 'heroku.com',
    cliDataHost: 'api.data.heroku.com',
    timeout: 10_000,
  });
  const local = resolve({ ...OPTIONS, host: 'http://localhost:5055', dataHost: 'http://localhost:5055' });
  expect(local).toMatchObject({ cliHost: 'http://localhost:5055', cliDataHost: 'localhost' });
});
