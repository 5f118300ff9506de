// Warm candidates by themselves: one for each new scheduled backup, none twice, none while somebody changes the place.
import { describe, expect, it } from 'vitest';
import { builtFor } from '../../../src/core/built.ts';
import { commandText } from '../../../src/core/command.ts';
import { Refusal } from '../../../src/core/errors.ts';
import type { Backup, Facts, Server } from '../../../src/core/facts.ts';
import type { Event } from '../../../src/core/journal.ts';
import { chain, type Entry } from '../../../src/core/journal.ts';
import { SCHEDULE } from '../../../src/core/names.ts';
import { type Operation, replay } from '../../../src/core/operation.ts';
import { digestOf, type Plan } from '../../../src/core/plan.ts';
import { createWarming, type WarmDeps, warmDue } from '../../../src/progress/warm.ts';
import { backupOf, daysAgo, factsOf, NOW } from '../../support/facts.ts';
import { planOf, stepOf } from '../../support/plans.ts';
import { systemFile, systemOf } from '../../support/system.ts';
import { stopped } from '../core/journal-of.ts';

const { production, staging } = systemFile().environments ?? {};
const system = systemOf({
  environments: {
    ...(production && { production: { ...production, keepWarm: true } }),
    ...(staging && { staging }),
  },
});
const SERVER: Server = { services: [], migrate: null, bytes: 1, freeBytes: 9, warm: [], candidates: [], kept: [] };

function reached(backups: readonly Backup[], warm: Server['warm'] = []): Facts {
  return factsOf({ production: { backups: [...backups], server: { ...SERVER, warm } } });
}

/** An operation of the environment production, asked for by `by`. */
function operationBy(by: string, plan: Partial<Plan>, events: readonly Event[] = []): Operation {
  const of = planOf({ gate: null, consent: { kind: 'none' }, ...plan });
  const all = [{ type: 'proposed', by, digest: digestOf(of) } as const, ...events];
  const entries: Entry[] = [];
  for (const event of all) entries.push(chain(entries.at(-1) ?? null, of.operation, daysAgo(0, 1), event));
  return replay(of, entries);
}

const warming = (backup: string, by = SCHEDULE, events: readonly Event[] = [], operation = 'op-7') =>
  operationBy(
    by,
    {
      operation,
      verb: 'warm',
      steps: [stepOf('s1')],
      pinned: { targets: [], backup: { environment: 'production', backup: backupOf(backup) }, release: null },
    },
    events,
  );
const cancelled = [stopped('cancelled'), { type: 'finished', outcome: 'cancelled' }] as const;
describe('a warm candidate', () => {
  const due = [{ environment: 'production', backup: backupOf('a002') }];
  const facts = reached([backupOf('a002'), backupOf('a001', { startedAt: daysAgo(1, 12) })]);

  it('is due for the newest finished scheduled backup', () => {
    expect(warmDue(system, facts, [])).toEqual(due);
    const others = [
      backupOf('b009', { kind: 'manual' }),
      backupOf('p001', { kind: 'preimage' }),
      backupOf('a003', { state: 'running', finishedAt: null }),
    ];
    expect(warmDue(system, reached([...others, backupOf('a002')]), [])).toEqual(due);
    expect(warmDue(system, reached(others), [])).toEqual([]);
    expect(warmDue(system, { ...facts, environments: {} }, [])).toEqual([]);
  });

  it('is due only where the system file says so', () => {
    expect(warmDue(systemOf(), facts, [])).toEqual([]);
  });

  it('is not due while one of that backup stands', () => {
    const built = builtFor(system, 'production', backupOf('a002'));
    const names = { name: 'p_op39', identity: '7/1', operation: 'op-39' };
    const standing = { ...names, bytes: 1, sha256: null, built, checkedAt: daysAgo(0, 3) };
    expect(warmDue(system, reached([backupOf('a002')], [{ ...standing, backup: 'a002' }]), [])).toEqual([]);
    expect(warmDue(system, reached([backupOf('a002')], [{ ...standing, backup: 'a001' }]), [])).toEqual(due);
    const others = { ...standing, backup: 'a002', built: { ...built, system: 'suoops' } };
    expect(warmDue(system, reached([backupOf('a002')], [others]), [])).toEqual(due);
    const staging = { ...standing, backup: 'a002', built: { ...built, environment: 'staging' } };
    expect(warmDue(system, reached([backupOf('a002')], [staging]), [])).toEqual(due);
    expect(warmDue(system, factsOf({ production: { backups: [backupOf('a002')] } }), [])).toEqual(due);
    const former = { ...standing, backup: 'a002', built: { ...built, masked: 'rules that were changed since' } };
    expect(warmDue(system, reached([backupOf('a002')], [former]), [])).toEqual(due);
    const other = { ...standing, backup: 'a002', built: { ...built, bytes: 9 } };
    expect(warmDue(system, reached([backupOf('a002')], [other]), [])).toEqual(due);
  });

  it('is begun once for each backup, however that ended', () => {
    expect(warmDue(system, facts, [warming('a002', SCHEDULE, cancelled)])).toEqual([]);
    expect(warmDue(system, facts, [warming('a001', SCHEDULE, cancelled)])).toEqual(due);
    const again = backupOf('a002', { startedAt: daysAgo(0, 2) });
    const writtenOver = [{ environment: 'production', backup: again }];
    expect(warmDue(system, reached([again]), [warming('a002', SCHEDULE, cancelled)])).toEqual(writtenOver);
    expect(warmDue(system, facts, [warming('a002', 'U01ALICE', cancelled)])).toEqual(due);
  });

  it('waits while somebody builds one or changes the database, and for nothing else', () => {
    expect(warmDue(system, facts, [warming('a001', 'U01ALICE')])).toEqual([]);
    expect(warmDue(system, facts, [operationBy('U01ALICE', {})])).toEqual([]);
    expect(warmDue(system, facts, [operationBy('U01ALICE', { steps: [stepOf('s1')] })])).toEqual(due);
    expect(warmDue(system, facts, [operationBy('U01ALICE', { environment: 'staging' })])).toEqual(due);
  });
});

describe('the round', () => {
  type Desk = { now: Date; readonly asked: string[]; readonly logged: string[]; looks: number; fails: Error | null };

  function deskOf(): Desk & { round(): Promise<void> } {
    const desk: Desk = { now: NOW, asked: [], logged: [], looks: 0, fails: null };
    const log = (_fields: object, sentence: string) => void desk.logged.push(sentence);
    const deps: WarmDeps = {
      systems: {
        all: [system, systemOf({ name: 'other' })],
        facts: async () => {
          desk.looks += 1;
          return reached([backupOf('a002')]);
        },
      },
      operations: { open: async () => [], recent: async () => [] },
      propose: async ({ id, command }) => {
        if (desk.fails !== null) throw desk.fails;
        desk.asked.push(`${id}: ${commandText(command)}`);
        return 'op-7';
      },
      log: { info: log, warn: log },
      now: () => desk.now,
    };
    return Object.assign(desk, { round: createWarming(deps) });
  }

  it('asks for it under a name that follows from the backup, and looks as often as the file says', async () => {
    const desk = deskOf();
    await desk.round();
    await desk.round();
    expect(desk.asked).toEqual([
      'warm:grayledger/production:a002/2025-11-21T02:04:00.000Z: /dr warm production a002 --system grayledger',
    ]);
    expect(desk.looks).toBe(1);
    desk.now = new Date(NOW.getTime() + 15 * 60_000);
    await desk.round();
    expect(desk.looks).toBe(2);
  });

  it('leaves what is refused for the next look, and says what broke', async () => {
    const desk = deskOf();
    desk.fails = new Refusal('target-busy', 'Somebody is at work.', 'Wait.');
    await desk.round();
    desk.fails = new Error('the store is away');
    desk.now = new Date(NOW.getTime() + 15 * 60_000);
    await desk.round();
    expect(desk.logged).toEqual(['no warm candidate now', 'backups not looked at for a warm candidate']);
  });
});
