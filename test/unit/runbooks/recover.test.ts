// The way out of a scenario: automated and human steps in one plan, in the file's order, behind one gate (S3, S5, P7, P9, F7).
import { describe, expect, it } from 'vitest';
import type { OperationCommand } from '../../../src/core/command.ts';
import { Refusal } from '../../../src/core/errors.ts';
import type { System } from '../../../src/core/system.ts';
import { recover } from '../../../src/runbooks/recover.ts';
import { undo } from '../../../src/runbooks/undo.ts';
import { daysAgo, factsOf, releaseOf } from '../../support/facts.ts';
import { type SystemFile, systemOf } from '../../support/system.ts';
import { carriedOut, type Given, inWords, planned } from './drafts.ts';

type Steps = NonNullable<SystemFile['scenarios']>[string]['steps'];

/** A system whose only scenario, `disaster`, consists of these steps. */
function disaster(steps: Steps, environment = 'production'): System {
  return systemOf({
    scenarios: { disaster: { title: 'Disaster', environment, rtoMinutes: 240, rpoMinutes: 60, steps } },
  });
}

function recovering(given: Partial<Extract<OperationCommand, { verb: 'recover' }>> = {}) {
  return {
    verb: 'recover' as const,
    system: null,
    scenario: 'disaster',
    backup: null,
    at: null,
    table: null,
    ...given,
  };
}

const PERSON = {
  do: 'person' as const,
  title: 'Provision a server',
  instructions: 'Order one and install PostgreSQL.',
};

function refused(system: System, command = recovering(), given: Given = {}): string {
  try {
    planned(recover, command, { ...given, system });
  } catch (thrown) {
    if (thrown instanceof Refusal) return `${thrown.code}: ${thrown.message}`;
    throw thrown;
  }
  throw new Error('it was not refused');
}

describe('a scenario', () => {
  it('mixes what Holdfast does with what only people can do, all behind one gate', () => {
    const system = disaster([{ do: 'backup' }, PERSON, { do: 'restore', backup: 'latest' }, { do: 'logs' }]);
    expect(inWords(planned(recover, recovering(), { system }))).toMatchInlineSnapshot(`
      "Recover grayledger-production: Disaster [production]
      ! Objectives: RTO 4 h, RPO 1 h; a008 is 12 h old, so that more is lost than was promised
      · Source: grayledger-production, backup a008 (scheduled), finished 2025-11-21 02:04 UTC, 245 MB
      · Age of the backup: 11 h 56 min
      ! Lost by this: rows added since a008: entries 12 rows; besides, not counted: changes to older rows and rows of users
      ! Last proven restore: never; \`/dr verify --deep\` proves one
      · Until it is approved: only a new database is built and checked; the live one is not touched
      pinned: grayledger-production/postgresql-production, a008 of production
      s1 backup.capture: Try to back up grayledger-production as it is (environment production, target grayledger-production, kind preimage, mayFail true)
      ----
      s2 person.task: Provision a server (title Provision a server, instructions Order one and install PostgreSQL.)
      s3 candidate.create: Create a new database grayledger-production-op41-7f3a (environment production, candidate grayledger-production-op41-7f3a, at null)
      s4 candidate.load: Restore a008 into it (environment production, candidate grayledger-production-op41-7f3a, from a008 of production, masked false)
      s5 candidate.check: Check its data (environment production, candidate grayledger-production-op41-7f3a, expect null)
      s6 maintenance.on: Show the maintenance page (environment production)
      s7 database.promote: Make grayledger-production-op41-7f3a the live database (environment production, promote grayledger-production-op41-7f3a, previous postgresql-production)
      s8 services.check: See the application run on it (environment production, database grayledger-production-op41-7f3a)
      s9 maintenance.off: Open to customers again (environment production)
      s10 health.check: Ask the health endpoint (environment production, required true)
      s11 logs.watch: Watch the logs (environment production)
      undo: postgresql-production is kept until /dr cleanup op-41 removes it, and can be made the live database again"
    `);
  });

  it('lets the rehearsal run before the gate when it comes first', () => {
    const { gate, steps } = planned(recover, recovering(), { system: disaster([{ do: 'restore', backup: 'latest' }]) });
    expect(steps.slice(0, gate ?? 0).map(({ action }) => action)).toEqual([
      'candidate.create',
      'candidate.load',
      'candidate.check',
    ]);
  });

  it('counts the steps of a restore in place from where they stand', () => {
    const system = disaster(
      [
        { do: 'scale', process: 'web', quantity: 2 },
        { do: 'restore', backup: 'latest' },
      ],
      'staging',
    );
    const { steps } = planned(recover, recovering(), { system });
    expect(steps.find(({ action }) => action === 'database.restore')?.args).toMatchObject({ preimage: 's2' });
  });

  it('returns to the newest release with other code, not to one that changed only a setting', () => {
    const releases = [releaseOf('v257', { code: 'slug-v256', current: true }), releaseOf('v256'), releaseOf('v255')];
    const facts = factsOf({ production: { releases } });
    const { steps, pinned } = planned(recover, recovering(), { system: disaster([{ do: 'rollback' }]), facts });
    expect(steps[0]).toMatchObject({ action: 'release.rollback', args: { to: { id: 'v255' } } });
    expect(pinned.release).toMatchObject({ to: 'v255' });
    const after = [
      releaseOf('v258', { code: 'slug-v255', current: true }),
      releaseOf('v257'),
      releaseOf('v255'),
      releaseOf('v254'),
    ];
    const again = planned(recover, recovering(), {
      system: disaster([{ do: 'rollback' }]),
      facts: factsOf({ production: { releases: after } }),
    });
    expect(again.steps[0]).toMatchObject({ args: { to: { id: 'v254' } } });
    const same = factsOf({ production: { releases: releases.slice(0, 2) } });
    expect(refused(disaster([{ do: 'rollback' }]), recovering(), { facts: same })).toMatch(/^no-such-release: /);
  });

  it('pins the backup and the release of its parts together', () => {
    const system = disaster([{ do: 'restore', backup: 'latest' }, { do: 'rollback' }]);
    const { pinned, undo: way } = planned(recover, recovering(), { system });
    expect(pinned).toMatchObject({ backup: { backup: { id: 'a008' } }, release: { to: 'v255' } });
    expect(way.possible).toBe(true);
    const reversed = disaster([{ do: 'rollback' }, { do: 'restore', backup: 'latest' }]);
    expect(planned(recover, recovering(), { system: reversed }).pinned).toMatchObject(pinned);
  });

  it('recovers to a moment that has to be named', () => {
    const system = disaster([{ do: 'recreate' }, { do: 'moment' }]);
    const facts = factsOf({ production: { window: { from: daysAgo(7), to: daysAgo(0) } } });
    const can = ['backups', 'candidate', 'server', 'tables', 'moments'] as const;
    expect(refused(system, recovering(), { can, facts })).toMatch(/^which-moment: /);
    const at = daysAgo(0, 2);
    const { steps } = planned(recover, recovering({ at }), { system, can, facts });
    expect(steps.slice(0, 2).map(({ action }) => action)).toEqual(['server.recreate', 'moment.recover']);
  });

  it('recovers one table, which has to be named', () => {
    const system = disaster([{ do: 'table' }]);
    const can = ['backups', 'candidate', 'server', 'tables'] as const;
    const table = { name: 'entries', mode: 'missing' } as const;
    expect(refused(system, recovering(), { can })).toMatch(/^which-table: /);
    for (const backup of [null, 'a003'] as const) {
      const { steps, pinned } = planned(recover, recovering({ backup, table }), { system, can });
      expect(steps.map(({ action }) => action)).toContain('table.merge');
      expect(pinned.backup?.backup.id).toBe(backup ?? 'a008');
    }
  });

  it('says only where it cannot be kept that a promise is broken', () => {
    const steps: Steps = [{ do: 'restore', backup: 'latest' }];
    const scenario = { title: 'Disaster', environment: 'production', rtoMinutes: 240, rpoMinutes: 1440, steps };
    const { statements } = planned(recover, recovering(), { system: systemOf({ scenarios: { disaster: scenario } }) });
    expect(statements[0]).toEqual({ label: 'Objectives', text: 'RTO 4 h, RPO 24 h', tone: 'plain' });
  });

  it('wants a clean backup to be named where the latest may hold the damage', () => {
    const system = disaster([{ do: 'restore', backup: 'asked' }]);
    expect(refused(system)).toMatch(/^which-backup: /);
    expect(refused(system, recovering({ backup: 'latest' }))).toMatch(/^which-backup: /);
    expect(planned(recover, recovering({ backup: 'a003' }), { system }).pinned.backup?.backup.id).toBe('a003');
    const free = disaster([{ do: 'restore', backup: 'latest' }]);
    expect(planned(recover, recovering({ backup: 'a003' }), { system: free }).pinned.backup?.backup.id).toBe('a003');
  });

  it('of human steps alone changes nothing that Holdfast could take back', () => {
    const plan = planned(recover, recovering(), { system: disaster([PERSON, { do: 'logs' }]) });
    expect(plan).toMatchObject({ gate: 0, undo: { possible: false }, pinned: { backup: null, release: null } });
    const looking = planned(recover, recovering(), { system: disaster([{ do: 'logs' }, { do: 'backup' }]) });
    expect(looking).toMatchObject({ gate: null, undo: { possible: false } });
  });

  it('can be undone like the restore in it', () => {
    const system = disaster([PERSON, { do: 'restore', backup: 'latest' }]);
    const former = carriedOut(planned(recover, recovering(), { system }), 'recover', {
      output: { live: 'addon-production' },
    });
    const back = planned(undo, { verb: 'undo', operation: 'op-40' }, { former, system });
    expect(back.steps.map(({ action }) => action)).toContain('database.promote');
  });

  it('that the system does not have is refused with those that it has', () => {
    expect(refused(disaster([PERSON]), recovering({ scenario: 'flood' }))).toBe(
      'no-such-scenario: GrayLedger has no scenario “flood”. It has disaster. See `/dr recover`.',
    );
    expect(refused(systemOf())).toContain('It has none.');
  });

  it('looks whether it was cut off by what people have done, before it goes on', () => {
    const system = disaster([PERSON, { do: 'reach' }, { do: 'restore', backup: 'latest' }]);
    const plan = planned(recover, recovering(), { system });
    expect(plan.steps.slice(0, 3).map(({ action }) => action)).toEqual([
      'person.task',
      'server.reach',
      'candidate.create',
    ]);
    expect(plan.gate).toBe(0);
    expect(recover.needs(recovering(), system, null).capabilities).toContain('server');
  });

  it('reads what its steps need', () => {
    const needs = (steps: Steps) => recover.needs(recovering(), disaster(steps), null);
    expect(needs([{ do: 'rollback' }]).capabilities).toEqual(['backups', 'releases']);
    expect(needs([{ do: 'moment' }]).capabilities).toEqual(['backups', 'moments']);
    expect(needs([{ do: 'table' }, { do: 'logs' }]).capabilities).toEqual(['backups', 'tables']);
    expect(needs([PERSON])).toMatchObject({ capabilities: ['backups'], environments: ['production', 'production'] });
    expect(needs([PERSON]).writtenSince(factsOf())).toBeNull();
  });
});
