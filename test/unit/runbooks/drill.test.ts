// A drill: the parts of the system file by the recipes of the real thing, never into what customers use (G26, B11, P12, S7, S8).
import { describe, expect, it } from 'vitest';
import type { OperationCommand } from '../../../src/core/command.ts';
import { Refusal } from '../../../src/core/errors.ts';
import type { Server } from '../../../src/core/facts.ts';
import type { Capability } from '../../../src/core/platform.ts';
import type { PlanDraft } from '../../../src/core/runbook.ts';
import type { System } from '../../../src/core/system.ts';
import { drill } from '../../../src/runbooks/drill.ts';
import { smokeSteps } from '../../../src/runbooks/go-live.ts';
import { restore } from '../../../src/runbooks/restore.ts';
import { undo } from '../../../src/runbooks/undo.ts';
import { verify } from '../../../src/runbooks/verify.ts';
import { backupOf, factsOf, targetOf } from '../../support/facts.ts';
import { type SystemFile, systemFile, systemOf } from '../../support/system.ts';
import { carriedOut, inWords, planned } from './drafts.ts';

type Drills = NonNullable<SystemFile['drills']>;
type Parts = Drills[string]['parts'];

const PERSON: Parts[number] = { do: 'person', title: 'Call Heroku', instructions: 'Open a ticket, note the time.' };
const SMOKE = [{ name: 'health', url: 'https://grayledger-staging.herokuapp.com/health' }];
const SERVER: Server = {
  services: ['web'],
  migrate: null,
  bytes: 1_000_000,
  freeBytes: 9e9,
  warm: [],
  candidates: [],
  kept: [],
};
const direct: readonly Capability[] = ['backups', 'candidate', 'server'];
const reached = factsOf({ staging: { server: SERVER } });

function drilling(name = 'monthly') {
  return { verb: 'drill', system: null, drill: name } satisfies OperationCommand;
}

function withDrill(parts: Parts, rest: Partial<Drills[string]> = {}, masked = false): System {
  const { production, staging } = systemFile().environments ?? {};
  return systemOf({
    drills: { monthly: { title: 'First Friday', parts, ...rest } },
    masking: { columns: [{ table: 'users', column: 'email', as: 'email' }] },
    environments: {
      ...(production && { production }),
      ...(staging && { staging: { ...staging, smoke: SMOKE, masked } }),
    },
  });
}

function refused(plan: () => unknown): string {
  try {
    plan();
  } catch (thrown) {
    if (thrown instanceof Refusal) return `${thrown.code}: ${thrown.message}`;
    throw thrown;
  }
  throw new Error('it was not refused');
}

/** Actions with the part that each step belongs to; `=` marks what stays when the drill fails behind its gate. */
function steps({ steps: all }: PlanDraft): string[] {
  return all.map(({ action, part, kept }) => `${part} ${action}${kept ? ' =' : ''}`);
}

describe('a drill', () => {
  it('rehearses part by part and says what each of them is, who is asked, and what becomes of a failure', () => {
    const system = withDrill(
      [{ do: 'backups' }, { do: 'scratch' }, { do: 'restore', environment: 'staging' }, PERSON],
      {
        participants: { roles: ['operator', 'product-lead'], atLeast: 2 },
      },
    );
    expect(inWords(planned(drill, drilling(), { system }))).toMatchInlineSnapshot(`
      "Drill: First Friday [staging]
      · Part 1: Backups there, finished and fresh
      · Part 2: Restored into a scratch PostgreSQL
      · Part 3: Restored into staging
      · Part 4: Call Heroku
      · Takes: about 30 min, as the runbook says
      · Participants: operator and product-lead are asked to join; it counts when 2 people have joined
      · If it fails: what was only prepared is removed; once staging was changed, it stays as it is, to be looked into
      · Source: grayledger-production, backup a008 (scheduled), finished 2025-11-21 02:04 UTC, 245 MB
      · Age of the backup: 11 h 56 min
      ! Last proven restore: never; \`/dr verify --deep\` proves one
      ! Overwrites: grayledger-staging/postgresql-staging: entries 4,812 rows and users 31 rows
      pinned: grayledger-staging/postgresql-staging, a008 of production
      s1 backups.verify: Check the backups of grayledger-production (environment production, backup latest)
      s2 backup.fetch: Download a008 and read it to its end (from a008 of production)
      s3 backup.rehearse: Restore it into a scratch PostgreSQL and check the data (from a008 of production)
      ----
      s4 backup.capture: Back up grayledger-staging as it is now (environment staging, target grayledger-staging, kind preimage)
      s5 database.restore: Restore a008 into grayledger-staging (environment staging, target grayledger-staging, from a008 of production, preimage s4)
      s6 database.check: Check the restored data (environment staging, target grayledger-staging, expect null)
      s7 health.check: Ask the health endpoint (environment staging, required true)
      s8 smoke.check: Run the smoke tests (environment staging)
      s9 person.task: Call Heroku (title Call Heroku, instructions Open a ticket, note the time.)
      undo: the backup of grayledger-staging taken before is restored"
    `);
  });

  it('marks each step with its part, and what stays when it fails', () => {
    const system = withDrill([{ do: 'backups' }, { do: 'restore', environment: 'staging' }, { do: 'disaster' }]);
    const plan = planned(drill, drilling(), { system, can: direct, facts: reached });
    expect(steps(plan)).toEqual([
      '0 backups.verify',
      '1 backup.fetch',
      '1 candidate.preflight',
      '1 candidate.create =',
      '1 candidate.load =',
      '1 candidate.check',
      '1 services.stop =',
      '1 database.promote =',
      '1 services.start =',
      '1 health.check',
      '1 smoke.check',
      '2 backup.fetch',
      '2 drill.disaster',
    ]);
    expect(plan.gate).toBe(6);
  });

  it('restores by the very steps of a restore, masked where the environment is', () => {
    for (const [can, facts] of [
      [undefined, factsOf()],
      [direct, reached],
    ] as const) {
      for (const masked of [can !== undefined, false]) {
        const system = withDrill([{ do: 'restore', environment: 'staging' }], {}, masked);
        const given = { system, facts, ...(can && { can }) };
        const asked = {
          verb: 'restore',
          system: null,
          environment: 'staging',
          backup: 'latest',
          at: null,
          table: null,
        } as const;
        const real = planned(restore, asked, given);
        const { steps: all, gate, pinned, undo: way } = planned(drill, drilling(), given);
        expect(all.map(({ part: _part, kept: _kept, ...step }) => step)).toEqual(real.steps);
        expect({ gate, pinned, undo: way }).toEqual({ gate: real.gate, pinned: real.pinned, undo: real.undo });
        expect(all.some(({ action }) => action === 'candidate.scan')).toBe(masked);
      }
    }
  });

  it('proves a backup by the very steps of a deep verification', () => {
    const { steps: all } = planned(drill, drilling(), { system: withDrill([{ do: 'backups' }, { do: 'scratch' }]) });
    const deep = planned(verify, { verb: 'verify', system: null, backup: 'latest', deep: true });
    expect(all.slice(1).map(({ part: _part, ...step }) => step)).toEqual(deep.steps.slice(1));
    expect(all[0]).toMatchObject({ action: 'backups.verify', args: { environment: 'production', backup: 'latest' } });
  });

  it('pins target and backup, whichever part names them first', () => {
    const parts: Parts = [{ do: 'scratch' }, { do: 'restore', environment: 'staging' }, { do: 'disaster' }];
    for (const ordered of [parts, parts.toReversed()]) {
      const { pinned, environment } = planned(drill, drilling(), { system: withDrill(ordered) });
      expect(environment).toBe('staging');
      expect(pinned.targets).toEqual([targetOf('staging')]);
      expect(pinned.backup).toMatchObject({ environment: 'production', backup: { id: 'a008' } });
    }
  });

  it('says the same of the source once, however many parts use it', () => {
    const { statements } = planned(drill, drilling(), { system: withDrill([{ do: 'scratch' }, { do: 'disaster' }]) });
    const labels = statements.map(({ label }) => label);
    expect(labels).toEqual(['Part 1', 'Part 2', 'Takes', 'Source', 'Age of the backup', 'Last proven restore']);
  });

  it('of looking and human tasks alone holds nothing and asks nobody', () => {
    const plan = planned(drill, drilling(), { system: withDrill([{ do: 'backups' }, PERSON]) });
    expect(plan).toMatchObject({ gate: null, environment: 'production', undo: { possible: false } });
    expect(plan.pinned).toEqual({ targets: [], backup: null, release: null });
    expect(plan.statements.map(({ label }) => label)).toEqual(['Part 1', 'Part 2', 'Takes']);
  });

  it.each([
    [0, 'operator are asked to join; it counts without them'],
    [1, 'operator are asked to join; it counts when 1 person has joined'],
  ])('says how many must join: %i', (atLeast, text) => {
    const system = withDrill([{ do: 'backups' }], { participants: { roles: ['operator'], atLeast } });
    const { statements } = planned(drill, drilling(), { system });
    expect(statements.find(({ label }) => label === 'Participants')?.text).toBe(text);
  });

  it('can be undone like the restore in it, wherever it stands', () => {
    const system = withDrill([{ do: 'backups' }, { do: 'restore', environment: 'staging' }]);
    const draft = planned(drill, drilling(), { system });
    expect(draft.steps.find(({ action }) => action === 'database.restore')?.args).toMatchObject({ preimage: 's2' });
    const facts = factsOf({ staging: { backups: [backupOf('b001', { kind: 'preimage' })] } });
    const former = carriedOut(draft, 'drill', { output: { backup: 'b001' } });
    const back = planned(undo, { verb: 'undo', operation: 'op-40' }, { former, system, facts });
    expect(back.steps.map(({ action }) => action)).toContain('database.restore');
  });
});

describe('a drill is refused', () => {
  it('when its environment uses the database of a protected one, whatever it is called', () => {
    const facts = factsOf({ staging: { target: targetOf('staging', { identity: 'addon-production' }) } });
    const system = withDrill([{ do: 'restore', environment: 'staging' }]);
    expect(refused(() => planned(drill, drilling(), { system, facts }))).toBe(
      'drill-on-protected: staging is grayledger-staging/postgresql-staging, which is protected: a drill never changes it. Let the drill restore into another environment.',
    );
  });

  it('when the system has none of that name, with those that it has', () => {
    const system = withDrill([{ do: 'backups' }]);
    expect(refused(() => planned(drill, drilling('yearly'), { system }))).toBe(
      'no-such-drill: GrayLedger has no drill “yearly”. It has monthly. See `/dr drills`.',
    );
    expect(refused(() => planned(drill, drilling(), { system: systemOf() }))).toContain('It has none.');
  });

  it('when there is no backup to rehearse with', () => {
    const facts = factsOf({ production: { backups: [] } });
    const system = withDrill([{ do: 'disaster' }]);
    expect(refused(() => planned(drill, drilling(), { system, facts }))).toMatch(/^no-backup: /);
  });
});

it('reads the facts of production and of where it restores, and counts the rows there', () => {
  const system = withDrill([{ do: 'restore', environment: 'staging' }]);
  const need = drill.needs(drilling(), system, null);
  expect(need).toMatchObject({
    capabilities: ['backups'],
    environments: ['production', 'staging'],
    survey: ['staging'],
  });
  expect(need.writtenSince(factsOf())).toBe('2025-11-21T02:00:00.000Z');
  expect(drill.needs(drilling(), withDrill([{ do: 'scratch' }]), null)).toMatchObject({
    environments: ['production'],
    survey: [],
  });
});

it('runs the smoke tests of an environment that has some, and none of one that the file does not name', () => {
  const system = withDrill([{ do: 'backups' }]);
  expect(smokeSteps(system, 'staging').map(({ action }) => action)).toEqual(['smoke.check']);
  expect(smokeSteps(system, 'production')).toEqual([]);
  expect(smokeSteps(system, 'elsewhere')).toEqual([]);
});
