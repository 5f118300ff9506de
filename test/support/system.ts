// The system that tests protect: grayledger, with production behind two approvals and staging behind a typed name.
import type { z } from 'zod';
import { System } from '../../src/core/system.ts';

export type SystemFile = z.input<typeof System>;

/** As a file would say it, with the parts that a test cares about replaced. */
export function systemFile(overrides: Partial<SystemFile> = {}): SystemFile {
  return {
    name: 'grayledger',
    title: 'GrayLedger',
    platform: 'heroku',
    channel: 'C01INCIDENTS',
    roles: {
      operator: { users: ['U01ALICE', 'U02BOB', 'U03CAROL'] },
      'engineering-lead': { users: ['U02BOB'] },
      'product-lead': { group: 'S01PRODUCT' },
    },
    operators: ['operator'],
    environments: {
      production: {
        protected: true,
        consent: { kind: 'approvals', count: 2, roles: ['engineering-lead', 'product-lead'] },
        health: { url: 'https://grayledger-production.herokuapp.com/health' },
        settings: { app: 'grayledger-production' },
      },
      staging: {
        consent: { kind: 'typed' },
        health: { url: 'https://grayledger-staging.herokuapp.com/health' },
        settings: { app: 'grayledger-staging' },
      },
    },
    backups: { of: 'production', maxAgeHours: 26, sizeTolerancePercent: 10, retentionDays: 7 },
    tables: [{ name: 'entries', writtenAt: 'created_at' }, { name: 'users' }],
    migrations: { table: 'schema_migrations', column: 'version' },
    updates: {},
    logs: { watchSeconds: 20 },
    ...overrides,
  };
}

export function systemOf(overrides: Partial<SystemFile> = {}): System {
  return System.parse(systemFile(overrides));
}
