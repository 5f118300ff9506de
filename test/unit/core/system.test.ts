// System files: what is filled in, and every problem named at once with its path.
import { describe, expect, it } from 'vitest';
import { Masking, System } from '../../../src/core/system.ts';
import { type SystemFile, systemFile, systemOf } from '../../support/system.ts';

/** `path: message`, one line per problem. */
function problems(overrides: Partial<SystemFile> | Record<string, unknown>): string[] {
  const read = System.safeParse({ ...systemFile(), ...overrides });
  return (read.error?.issues ?? []).map(({ path, message }) => `${path.join('.')}: ${message}`);
}

function withEnvironment(name: string, change: object): Partial<SystemFile> {
  const { environments } = systemFile();
  return {
    environments: { ...environments, [name]: { ...environments[name], ...change } } as SystemFile['environments'],
  };
}

const approvals = { kind: 'approvals' as const, roles: ['engineering-lead'] };

describe('a system file', () => {
  it('is filled in with what most teams want', () => {
    const { environments, backups, updates, tables, invariants, logs } = systemOf({
      tables: [{ name: 'entries' }],
    });
    expect(environments['production']).toMatchObject({
      consent: { count: 2, requesterCounts: false, expiresMinutes: 15, require: {} },
      health: { status: 200, withinSeconds: 60 },
    });
    expect(environments['staging']).toMatchObject({ protected: false, consent: { kind: 'typed', expiresMinutes: 15 } });
    expect({ backups, updates, tables, invariants, logs }).toMatchObject({
      backups: { provenWithinDays: 35 },
      updates: { everyMinutes: 15 },
      tables: [{ name: 'entries', atLeast: 1 }],
      invariants: [],
      logs: { alarming: [] },
    });
  });

  it.each<[string, Partial<SystemFile> | Record<string, unknown>, string]>([
    [
      'an operator role that nobody defined',
      { operators: ['operator', 'wizard'] },
      'operators.1: names the role "wizard", which is not under roles',
    ],
    [
      'backups of nowhere',
      { backups: { ...systemFile().backups, of: 'moon' } },
      'backups.of: there is no environment "moon"',
    ],
    [
      'a protected environment that needs no approval',
      withEnvironment('production', { consent: { kind: 'typed' } }),
      'environments.production.consent: a protected environment needs approvals',
    ],
    [
      'an approver role that nobody defined',
      withEnvironment('production', { consent: { ...approvals, roles: ['engineering-lead', 'wizard'] } }),
      'environments.production.consent.roles.1: names the role "wizard", which is not under roles',
    ],
    [
      'a required role whose holders may not approve, so that nobody could ever fill it',
      withEnvironment('production', { consent: { ...approvals, require: { 'product-lead': 1 } } }),
      'environments.production.consent.require.product-lead: requires "product-lead", which may not approve',
    ],
    [
      'a pattern that is none',
      { logs: { watchSeconds: 20, alarming: ['FATAL', '(unclosed'] } },
      'logs.alarming.1: is not a regular expression',
    ],
    [
      'a role without people',
      { roles: { ...systemFile().roles, operator: { users: [] } } },
      'roles.operator.users: a role without people can never be filled',
    ],
    ['a name with a space', { name: 'Gray Ledger' }, 'name: must be a lower-case word such as "production"'],
    ['a channel by its name', { channel: '#incidents' }, 'channel: must be a Slack channel id such as C0123ABCD'],
    [
      'an invariant of two statements',
      { invariants: [{ name: 'x', sql: 'SELECT 1; DROP TABLE entries', expect: { equals: 0 } }] },
      'invariants.0.sql: must be a single SELECT without a semicolon',
    ],
    [
      'an invariant that writes',
      { invariants: [{ name: 'x', sql: 'DELETE FROM entries', expect: { min: 1 } }] },
      'invariants.0.sql: must be a single SELECT without a semicolon',
    ],
    [
      'a table with a quote in its name',
      { tables: [{ name: 'entries"' }] },
      'tables.0.name: must be a plain lower-case name',
    ],
    ['a member that nobody knows', { escalation: [] }, ': Unrecognized key: "escalation"'],
  ])('is refused with %s', (_what, overrides, problem) => {
    expect(problems(overrides)).toEqual([problem]);
  });

  it('has all its problems named at once', () => {
    const consent = { ...approvals, roles: ['wizard'], require: { wizard: 1 } };
    expect(
      problems({
        operators: ['wizard'],
        backups: { ...systemFile().backups, of: 'moon' },
        logs: { watchSeconds: 20, alarming: ['('] },
        ...withEnvironment('production', { consent }),
      }),
    ).toEqual([
      'operators.0: names the role "wizard", which is not under roles',
      'backups.of: there is no environment "moon"',
      'environments.production.consent.roles.0: names the role "wizard", which is not under roles',
      'environments.production.consent.require.wizard: names the role "wizard", which is not under roles',
      'logs.alarming.0: is not a regular expression',
    ]);
  });

  it('may leave an environment without consent when it is not protected', () => {
    expect(problems(withEnvironment('staging', { consent: { kind: 'none' } }))).toEqual([]);
  });
});

describe('masking rules', () => {
  const problemsIn = (masking: object) =>
    (Masking.safeParse(masking).error?.issues ?? []).map(({ path, message }) => `${path.join('.')}: ${message}`);

  it('are filled in, and an id may be one column or several', () => {
    const columns = [
      { table: 'auth.users', column: 'firstName', as: 'name', id: 'email' },
      { table: 'visits', column: 'guest', as: 'email', id: ['id', 'day'] },
      { table: 'keys', column: 'expires', as: 'token', value: '2030-01-01' },
      { table: 'keys', column: 'token', as: 'token', id: 'no' },
    ];
    const masking = Masking.parse({ columns });
    expect(masking).toMatchObject({ empty: [], keep: [] });
    expect(masking.columns.map(({ id }) => id)).toEqual([['email'], ['id', 'day'], undefined, ['no']]);
  });

  it('are refused with everything that contradicts itself', () => {
    expect(
      problemsIn({
        columns: [
          { table: 'users', column: 'email', as: 'email', value: 'x' },
          { table: 'users', column: 'email', as: 'null' },
          { table: 'sessions', column: 'ip', as: 'null' },
          { table: 'settings', column: 'sender', as: 'text', id: 'no' },
          { table: 'keys', column: 'token', as: 'token', value: 'x', id: 'no' },
        ],
        empty: ['sessions'],
        keep: ['settings.sender'],
      }),
    ).toEqual([
      'columns.0.value: belongs to "token" only',
      'columns.1.column: users.email has a rule already',
      'columns.2.table: sessions is left empty: it needs no rules',
      'columns.3.column: settings.sender is under keep: it is either masked or kept',
      'columns.3.id: is of no use here: what is written holds no {id}',
      'columns.4.id: is of no use here: what is written holds no {id}',
    ]);
  });

  it('name tables and columns plainly', () => {
    expect(
      problemsIn({
        columns: [{ table: 'users"', column: 'a.b', as: 'email', id: 'i d' }],
        keep: ['sender'],
      }).map((problem) => problem.split(':')[0]),
    ).toEqual(expect.arrayContaining(['columns.0.table', 'columns.0.column', 'keep.0']));
  });
});
