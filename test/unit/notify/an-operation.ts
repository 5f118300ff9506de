// An operation for tests that need one to talk about: a restore of staging, with whatever has happened to it.
import { chain, type Entry, type Event } from '../../../src/core/journal.ts';
import { type Operation, replay } from '../../../src/core/operation.ts';
import { digestOf, Plan } from '../../../src/core/plan.ts';

const START = Date.parse('2026-11-20T14:00:00.000Z');

type Given = {
  readonly id?: string;
  readonly consent?: object;
  /** What happened after the proposal, a second apart. */
  readonly events?: readonly Event[];
};

export type Told = { readonly operation: Operation; readonly entries: readonly Entry[] };

/** The operation with its journal, which begins with its proposal by U01ALICE. */
export function anOperation({ id = 'op-41', consent = { kind: 'typed' }, events = [] }: Given = {}): Told {
  const target = {
    environment: 'staging',
    name: 'ledger-staging',
    database: 'postgresql-round-1',
    identity: 'db-staging',
  };
  const plan = Plan.parse({
    version: 1,
    operation: id,
    system: 'ledger',
    environment: 'staging',
    verb: 'restore',
    command: '/dr restore staging a001',
    headline: 'Restore a001 into staging',
    target,
    protected: false,
    statements: [{ label: 'Source', text: 'a001 of production' }],
    pinned: { targets: [target], backup: null, release: null },
    steps: [
      {
        id: 's1',
        action: 'maintenance.on',
        effect: 'change',
        title: 'Switch maintenance on',
        runs: 'heroku maintenance:on',
        args: { environment: 'staging' },
        undo: 'switch it off',
        undoable: true,
        expectedSeconds: null,
      },
    ],
    gate: 0,
    consent,
    undo: { possible: true, text: 'by a swap back' },
    undoes: null,
    proposedAt: new Date(START).toISOString(),
  });
  const entries: Entry[] = [];
  for (const event of [{ type: 'proposed', by: 'U01ALICE', digest: digestOf(plan) } as const, ...events]) {
    const at = new Date(START + entries.length * 1000).toISOString();
    entries.push(chain(entries.at(-1) ?? null, id, at, event));
  }
  return { operation: replay(plan, entries), entries };
}
