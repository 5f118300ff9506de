// The command lines are exactly what a person would type, and what the CLI says is fit to be shown.
import { describe, expect, it } from 'vitest';
import { cleaner } from '../../../../src/platforms/heroku/clean.ts';
import { createCli } from '../../../../src/platforms/heroku/cli.ts';
import {
  capture,
  createAddon,
  destroyAddon,
  maintenance,
  promote,
  restore,
  rollback,
  scale,
  tailLogs,
  typed,
} from '../../../../src/platforms/heroku/cli-lines.ts';
import { resolve } from '../../../../src/platforms/heroku/options.ts';
import { problemOf } from '../../../../src/platforms/heroku/verdict.ts';
import { OPTIONS, transferOf } from './samples.ts';

const settings = { app: 'prod', database: 'DATABASE', plan: 'heroku-postgresql:standard-0' };
const ledger = { ...settings, database: 'LEDGER' };
const clean = cleaner(OPTIONS.apiKey);

it.each([
  [capture(settings), 'heroku pg:backups:capture -a prod'],
  [capture(ledger), 'heroku pg:backups:capture LEDGER -a prod'],
  [
    restore({ app: 'prod', backup: 'a001' }, { app: 'staging', as: 'DATABASE' }),
    'heroku pg:backups:restore prod::a001 DATABASE --app staging --confirm staging',
  ],
  [
    createAddon(settings, 'prod-op4-x', null),
    'heroku addons:create heroku-postgresql:standard-0 --app prod --as CANDIDATE_4 --name prod-op4-x',
  ],
  [
    createAddon(settings, 'prod-op4-x', '2025-11-22T14:30:00.000Z'),
    'heroku addons:create heroku-postgresql:standard-0 --app prod --as CANDIDATE_4 --name prod-op4-x -- --rollback DATABASE_URL --to "2025-11-22 14:30+00:00"',
  ],
  [
    createAddon(ledger, 'prod-op4-x', '2025-11-22T14:30:07.900Z'),
    'heroku addons:create heroku-postgresql:standard-0 --app prod --as CANDIDATE_4 --name prod-op4-x -- --rollback LEDGER_URL --to "2025-11-22 14:30:07+00:00"',
  ],
  [scale('prod', 'web', 2), 'heroku ps:scale web=2 --app prod'],
  [destroyAddon('prod', 'prod-op4-x'), 'heroku addons:destroy prod-op4-x --app prod --confirm prod'],
  [maintenance('prod', true), 'heroku maintenance:on --app prod'],
  [maintenance('prod', false), 'heroku maintenance:off --app prod'],
  [promote(settings, 'prod-op4-x'), 'heroku pg:promote prod-op4-x --app prod'],
  [promote(ledger, 'prod-op4-x'), 'heroku pg:promote prod-op4-x --app prod --as LEDGER'],
  [rollback('prod', 'v255'), 'heroku rollback v255 --app prod'],
  [tailLogs('prod'), 'heroku logs --tail --app prod'],
])('%j is written %s', (line, text) => {
  expect(typed(line)).toBe(text);
});

describe('what the CLI says', () => {
  const cli = createCli(resolve(OPTIONS), clean);

  it.each([
    [
      ' ›   Warning: HEROKU_API_KEY set to [REDACTED]\nRestoring... !\n    Error: Backup a009 not found for prod\n',
      'Error: Backup a009 not found for prod',
    ],
    [' ›   Error: prod is not yet provisioned.\n ›   Run this\n', 'Error: prod is not yet provisioned. Run this'],
    ['Starting... done\n', 'Starting... done'],
    ['', 'nothing'],
  ])('is told by its error or its last line: %j', (said, excerpt) => {
    expect(cli.excerpt(said)).toBe(excerpt);
  });

  it('is shown without colours, control characters, hidden direction marks and secrets, and short', () => {
    expect(clean('\u001b[31mred\u001b[0m\u0007 a\u202eb\r\n')).toBe('red a b');
    expect(clean(`key ${OPTIONS.apiKey.open()}`)).toBe('key [secret]');
    expect(clean('postgres://u:p4ssw0rd@h/db')).not.toContain('p4ssw0rd');
    expect(clean('x'.repeat(500))).toHaveLength(150);
  });
});

describe('a transfer is relied on', () => {
  const restored = { from_type: 'gof3r', to_type: 'pg_restore' };
  const error = (message: string) => ({ message: `pg_restore: error: could not execute query: ERROR:  ${message}` });

  it('only if it succeeded, with something in it', () => {
    expect(problemOf(transferOf(), clean)).toBeNull();
    expect(problemOf(transferOf({ processed_bytes: 0 }), clean)).toBe('b001 says finished, but it is empty');
    expect(problemOf(transferOf({ succeeded: false, logs: [{ message: 'disk full' }] }), clean)).toBe(
      'b001 failed: disk full',
    );
    expect(problemOf(transferOf({ succeeded: false }), clean)).toBe('b001 failed: Heroku gives no reason');
    expect(problemOf(transferOf({ canceled_at: '2025-11-21 02:00:05 +0000' }), clean)).toBe('b001 was cancelled');
  });

  it('not if errors were ignored in a restore, whose objects are named', () => {
    const logs = [
      error('cannot drop table entries because other objects depend on it'),
      { message: 'pg_restore: warning: errors ignored on restore: 1' },
    ];
    expect(problemOf(transferOf({ ...restored, warnings: 1, logs }), clean)).toBe(
      'r001 finished, but with 1 error ignored: could not execute query: ERROR: cannot drop table entries because other objects depend on it',
    );
    expect(problemOf(transferOf({ ...restored, warnings: 9 }), clean)).toBe('r001 finished, but with 9 errors ignored');
  });

  it('though comments on extensions could not be written: only the provider may', () => {
    const logs = [error('must be owner of extension pg_stat_statements')];
    expect(problemOf(transferOf({ ...restored, warnings: 1, logs }), clean)).toBeNull();
    expect(problemOf(transferOf({ ...restored, warnings: 2, logs }), clean)).toContain('1 error ignored');
  });
});
