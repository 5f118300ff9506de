// Recover one table: as the backup has it, beside the live one, compared row by row, then merged as asked (G12, P10, S4, F11).

import type { Args } from '../core/action.ts';
import { warmFor } from '../core/built.ts';
import { Refusal } from '../core/errors.ts';
import type { PlanDraft, StepDraft } from '../core/runbook.ts';
import type { System } from '../core/system.ts';
import { chooseFor, factsOf, proofStatement, sourceStatements } from './backup-choice.ts';
import { fetchSteps, type Given, pinnedFrom } from './beside.ts';
import { idle } from './losses.ts';

type Wanted = { readonly name: string; readonly mode: Args<'table.merge'>['mode'] };

/** The comparison runs before the gate: approvers see the counts in the thread before they agree. */
export function tablePlan(given: Given, environment: string, choice: string, { name, mode }: Wanted): PlanDraft {
  const { system, facts, proof, chosen } = given;
  mustBeUnmasked(system, environment, choice);
  const here = idle(factsOf(facts, environment), true);
  const { target, survey } = here;
  const backup = chooseFor(environment, choice, system, facts);
  const from = { environment: system.backups.of, backup };
  const beside = besideSchema(chosen.operation);
  const rows = survey?.tables[name]?.rows;
  const warm = warmFor(here.server, system, environment, backup)?.name ?? null;
  const before: StepDraft[] = [
    ...(warm === null ? fetchSteps(from) : []),
    {
      action: 'table.extract',
      title: `Put ${name} of ${backup.id} beside the live one and compare them`,
      args: { environment, table: name, beside, from, warm, mode },
    },
  ];
  const merges = mode === 'missing' ? 'only rows that are gone' : 'rows that are gone, and rows that were changed';
  return {
    environment,
    headline: `Recover table ${name} of ${target.name} from ${backup.id}`,
    statements: [
      ...sourceStatements(backup, system, facts, chosen.now),
      { label: 'Brings back', text: `${merges}; how many is counted before anybody approves`, tone: 'plain' },
      {
        label: 'Never touched',
        text: `rows of ${name} that the backup does not have, and every other table`,
        tone: 'plain',
      },
      ...(rows === undefined
        ? []
        : [{ label: 'Now', text: `${name} has ${rows.toLocaleString('en-US')} rows`, tone: 'plain' as const }]),
      proofStatement(proof, backup, system, chosen.now),
    ],
    pinned: { targets: [target], backup: pinnedFrom(given, from), release: null },
    steps: [
      ...before,
      {
        action: 'table.merge',
        title: `Merge them in one transaction`,
        args: { environment, table: name, beside, mode },
      },
      ...afterwards(environment, target),
    ],
    gate: before.length,
    undo: { possible: true, text: `the rows as they were are kept in the schema ${beside} and can be put back` },
  };
}

/** Rows of a backup are put beside the live ones as they are. */
function mustBeUnmasked({ environments }: System, environment: string, choice: string): void {
  if (environments[environment]?.masked !== true) return;
  throw new Refusal(
    'cannot-mask-table',
    `${environment} may hold masked data only, and the rows of one table would stand there as they are.`,
    `Restore the whole database, which is masked while it is loaded: \`/dr restore ${environment} ${choice}\`.`,
  );
}

/** The schema of the live database in which an operation keeps its rows: `holdfast_op_12`. */
function besideSchema(operation: string): string {
  return `holdfast_${operation.replace('-', '_')}`;
}

/** The way back from it. */
export function untableSteps(
  { environment, table, beside }: Args<'table.merge'>,
  target: Args<'database.check'>['target'],
): StepDraft[] {
  return [
    {
      action: 'table.unmerge',
      title: `Put the rows of ${table} back as they were`,
      args: { environment, table, beside },
    },
    ...afterwards(environment, target, { tolerates: 'anything' }),
  ];
}

function afterwards(
  environment: string,
  target: Args<'database.check'>['target'],
  how: Pick<Args<'database.check'>, 'tolerates'> = {},
): StepDraft[] {
  return [
    { action: 'database.check', title: 'Check the data', args: { environment, target, expect: null, ...how } },
    { action: 'health.check', title: 'Ask the health endpoint', args: { environment, required: true } },
  ];
}
