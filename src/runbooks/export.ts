// Take what the law has to be able to read out of the house: some tables, in one moment, encrypted (S15).
import type { OperationCommand } from '../core/command.ts';
import { Refusal } from '../core/errors.ts';
import type { PlanDraft, PlanInput, Runbook } from '../core/runbook.ts';
import { count, list } from '../core/wording.ts';
import { factsOf } from './backup-choice.ts';
import { named } from './copy.ts';

type Export = Extract<OperationCommand, { verb: 'export' }>;

export const exported: Runbook<Export> = {
  verb: 'export',
  needs: (_command, system) => ({
    capabilities: [],
    environments: [system.backups.of],
    storeMayBeAway: true,
    survey: [],
    writtenSince: () => null,
    offsite: [system.backups.of],
  }),
  plan,
};

function plan({ system, facts, chosen }: PlanInput<Export>): PlanDraft {
  const environment = system.backups.of;
  if (system.export === undefined) {
    const next = 'Name them in the system file: export.tables.';
    throw new Refusal('no-export', `No tables of ${system.title} are named for an export.`, next);
  }
  const { target, offsite } = factsOf(facts, environment);
  const { name, problem } = named(offsite, system);
  const tables = system.export.tables.map((table) => (table.includes('.') ? table : `public.${table}`));
  const day = chosen.now.toISOString().slice(0, 10);
  const place = problem === null ? name : `${name}, which could not be read just now: ${problem}`;
  return {
    environment,
    headline: `Export ${count(tables.length, 'table')} of ${target.name} out of the house`,
    statements: [
      { label: 'Tables', text: list(tables), tone: 'plain' },
      { label: 'Exported to', text: place, tone: problem === null ? 'plain' : 'warn' },
      { label: 'Kept', text: 'until somebody removes it there: no retention deletes it', tone: 'plain' },
      { label: 'Not in it', text: 'files outside of the database, such as PDFs of invoices', tone: 'plain' },
    ],
    pinned: { targets: [target], backup: null, release: null },
    steps: [
      {
        action: 'data.export',
        title: `Export to ${name}, encrypted, and read it back`,
        args: {
          environment,
          tables,
          file: `${day}_${system.name}_${environment}_export_${chosen.operation}.dump.zst.age`,
        },
      },
    ],
    gate: null,
    undo: { possible: false, text: 'an export more does no harm' },
  };
}
