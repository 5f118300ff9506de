// One table of a backup, where only masked data may stand.
import { expect, it } from 'vitest';
import type { Capability } from '../../../src/core/platform.ts';
import { restore } from '../../../src/runbooks/restore.ts';
import { environmentFacts, factsOf } from '../../support/facts.ts';
import { systemFile, systemOf } from '../../support/system.ts';
import { planned } from './drafts.ts';

const can: readonly Capability[] = ['backups', 'candidate', 'server', 'tables'];

it('is refused for an environment that may hold masked data only, with the alternative', () => {
  const { production, staging } = systemFile().environments;
  if (production === undefined || staging === undefined) throw new Error('an environment is missing');
  const system = systemOf({
    environments: { production, staging: { ...staging, masked: true } },
    masking: { columns: [{ table: 'users', column: 'email', as: 'email' }] },
  });
  const command = {
    ...{ verb: 'restore' as const, system: null, environment: 'staging', backup: 'a008', at: null },
    table: { name: 'entries', mode: 'missing' as const },
  };
  const facts = factsOf({ staging: environmentFacts('staging') });
  expect(() => planned(restore, command, { can, facts, system })).toThrow(
    'staging may hold masked data only, and the rows of one table would stand there as they are. Restore the whole database, which is masked while it is loaded: `/dr restore staging a008`.',
  );
});
