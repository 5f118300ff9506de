// Reports are written once, for every drill and incident that is over, whatever happens in between.
import { describe, expect, it } from 'vitest';
import type { Incident } from '../../../src/core/incident.ts';
import type { Linked } from '../../../src/core/incident-views.ts';
import type { Report } from '../../../src/core/report.ts';
import { createReportRound, type WriteDeps } from '../../../src/reports/write.ts';
import { incidentOf, logOf } from '../../support/incidents.ts';
import { story } from '../../support/operations.ts';
import { lookOf } from '../../support/plans.ts';
import { done, drillPlan, drillStory, drillSystem, NEXT, PROOF, ran } from './drills.ts';

const resolved = [[40, { type: 'resolved', by: 'U01ALICE', text: 'Restored.' }]] as const;

/** What the stores hold, and which reports were saved; `breaks`: subjects whose first save fails. */
function world(held: { operations?: readonly Linked[]; incidents?: readonly Incident[]; breaks?: string[] }) {
  const { operations = [], incidents = [], breaks = [] } = held;
  const saved = new Map<string, Report>();
  const log: object[] = [];
  const asked: string[] = [];
  const deps: WriteDeps = {
    operations: {
      recent: async () => operations.map(({ operation }) => operation),
      load: async (id) => operations.find(({ operation }) => operation.id === id)?.operation ?? null,
      journal: async (id) => operations.find(({ operation }) => operation.id === id)?.entries ?? [],
      lastProof: async () => PROOF,
    },
    incidents: { resolved: async () => incidents, log: async () => logOf([...resolved]) },
    reports: {
      async of(subject) {
        asked.push(subject);
        return saved.get(subject) ?? null;
      },
      async save(report) {
        if (breaks.splice(0, 1)[0] === report.of) throw new Error('the store is away');
        const full = { ...report, id: `rep-${saved.size + 1}` };
        saved.set(report.of, full);
        return full;
      },
    },
    systems: [drillSystem()],
    nextDrill: () => NEXT,
    log: { warn: (fields) => log.push(fields) },
  };
  return { deps, saved, log, asked };
}

const drill = drillStory();

describe('a round', () => {
  it('writes the report of a drill that has ended, with its next date', async () => {
    const { deps, saved } = world({ operations: [drill] });
    await createReportRound(deps)();
    expect([...saved.keys()]).toEqual(['op-50']);
    expect(saved.get('op-50')).toMatchObject({ kind: 'drill', result: 'pass', figures: { nextAt: NEXT } });
  });

  it('writes the post-mortem of an incident that is resolved, with its operations', async () => {
    const linked = incidentOf([
      [7, { type: 'linked', operation: 'op-50' }],
      [8, { type: 'linked', operation: 'op-99' }],
      ...resolved,
    ]);
    const { deps, saved } = world({ operations: [drill], incidents: [linked] });
    await createReportRound(deps)();
    expect(saved.get('inc-1')?.markdown).toContain('- op-50: `/dr audit op-50`');
    expect(saved.get('inc-1')?.markdown).not.toContain('op-99: `/dr audit');
  });

  it('leaves alone what is no drill, and a drill of which nothing was begun', async () => {
    const look = story(lookOf(), ran('s1', 2, 3, done('read')), 10);
    const idle = drillStory([], { plan: drillPlan({ operation: 'op-51' }), end: [] });
    const { deps, saved } = world({ operations: [look, idle] });
    await createReportRound(deps)();
    expect(saved.size).toBe(0);
  });

  it('writes nothing twice, also after a restart, and does not ask again', async () => {
    const { deps, saved, asked } = world({ operations: [drill], incidents: [incidentOf([...resolved])] });
    const round = createReportRound(deps);
    await round();
    const before = new Map(saved);
    await round();
    expect(asked).toEqual(['op-50', 'inc-1']);
    await createReportRound(deps)();
    expect(saved).toEqual(before);
  });

  it('goes on after what failed, and tries it again', async () => {
    const { deps, saved, log } = world({
      operations: [drill],
      incidents: [incidentOf([...resolved])],
      breaks: ['op-50'],
    });
    const round = createReportRound(deps);
    await round();
    expect([...saved.keys()]).toEqual(['inc-1']);
    expect(log).toEqual([{ subject: 'op-50', reason: 'the store is away' }]);
    await round();
    expect([...saved.keys()]).toEqual(['inc-1', 'op-50']);
  });
});
