// Transfers and options for the unit tests of the Heroku platform.
import { Secret } from '../../../../src/core/secret.ts';
import type { HerokuOptions } from '../../../../src/platforms/heroku/options.ts';
import { Transfer } from '../../../../src/platforms/heroku/schema.ts';

/** A finished manual backup unless told otherwise. */
export function transferOf(fields: Partial<Transfer> = {}): Transfer {
  return Transfer.parse({
    num: 1,
    from_name: 'DATABASE',
    from_type: 'pg_dump',
    to_name: 'BACKUP',
    to_type: 'gof3r',
    options: {},
    schedule: null,
    source_bytes: 9_000_000,
    processed_bytes: 250_000,
    succeeded: true,
    warnings: 0,
    created_at: '2025-11-21 02:00:00 +0000',
    started_at: '2025-11-21 02:00:01 +0000',
    finished_at: '2025-11-21 02:00:41 +0000',
    ...fields,
  });
}

export const OPTIONS: HerokuOptions = {
  apiKey: new Secret('HRKU-11111111-2222-3333-4444-555555555555'),
  host: 'https://api.heroku.com',
  dataHost: 'https://api.data.heroku.com',
  cliFile: '/nowhere/heroku',
  path: '/usr/bin:/bin',
  home: '/tmp/holdfast-unit',
  settle: 10,
  poll: 1,
};
