// Taking a backup now (G4).
import { describe, expect, it } from 'vitest';
import type { OperationCommand } from '../../../src/core/command.ts';
import { backup } from '../../../src/runbooks/backup.ts';
import { factsOf } from '../../support/facts.ts';
import { systemOf } from '../../support/system.ts';
import { inWords, planned } from './drafts.ts';

function backing(environment: string | null, keep = false) {
  return { verb: 'backup', system: null, environment, keep } satisfies OperationCommand;
}

describe('backup', () => {
  it('is taken of production unless another environment is named, without asking anybody', () => {
    expect(inWords(planned(backup, backing(null)))).toMatchInlineSnapshot(`
      "Back up grayledger-production [production]
      · Newest backup so far: a008, 12 h old
      pinned: grayledger-production/postgresql-production
      s1 backup.capture: Take a backup of grayledger-production (environment production, target grayledger-production, kind manual)
      no undo: a backup more does no harm"
    `);
  });

  it('is taken of the environment that is named', () => {
    expect(inWords(planned(backup, backing('staging')))).toMatchInlineSnapshot(`
      "Back up grayledger-staging [staging]
      · Newest backup so far: none
      pinned: grayledger-staging/postgresql-staging
      s1 backup.capture: Take a backup of grayledger-staging (environment staging, target grayledger-staging, kind manual)
      no undo: a backup more does no harm"
    `);
  });

  it.each([
    [null, 'production'],
    ['staging', 'staging'],
  ])('reads the facts of its environment: %s', (named, environment) => {
    const need = backup.needs(backing(named), systemOf(), null);
    expect(need).toMatchObject({ capabilities: ['backups'], environments: [environment], survey: [] });
    expect(need.writtenSince(factsOf())).toBeNull();
  });

  it('is kept forever where Holdfast keeps it, and not promised where the provider does', () => {
    expect(() => planned(backup, backing(null, true))).toThrow(
      'The backups of grayledger-production are kept by its provider, by rules of its own.',
    );
  });
});
