// What holds for every recipe: found by its verb, pure, and asking for the facts that it uses.
import { describe, expect, it } from 'vitest';
import type { OperationCommand } from '../../../src/core/command.ts';
import type { Operation } from '../../../src/core/operation.ts';
import type { Runbook } from '../../../src/core/runbook.ts';
import { runbooks } from '../../../src/runbooks/runbooks.ts';
import { factsOf, proofOf, releaseOf } from '../../support/facts.ts';
import { systemOf } from '../../support/system.ts';
import { carriedOut, inputOf, planned } from './drafts.ts';

const rolledBack = carriedOut(
  planned(runbooks.rollback, { verb: 'rollback', system: null, release: 'v255' }),
  'rollback',
);
const afterRollback = factsOf({
  production: {
    releases: [releaseOf('v257', { code: 'slug-v255', current: true }), releaseOf('v256'), releaseOf('v255')],
  },
});

const commands: OperationCommand[] = [
  { verb: 'verify', system: null, backup: 'latest', deep: false },
  { verb: 'verify', system: null, backup: 'a003', deep: true },
  { verb: 'backup', system: null, environment: 'staging', keep: false },
  { verb: 'restore', system: null, environment: 'staging', backup: 'a001', at: null, table: null },
  { verb: 'restore', system: null, environment: 'production', backup: 'latest', at: null, table: null },
  { verb: 'rollback', system: null, release: 'v255' },
  { verb: 'undo', operation: 'op-40' },
];

function runbookOf(command: OperationCommand): Runbook {
  return runbooks[command.verb] as unknown as Runbook;
}

function given(command: OperationCommand): { former: Operation | null; facts: ReturnType<typeof factsOf> } {
  return command.verb === 'undo' ? { former: rolledBack, facts: afterRollback } : { former: null, facts: factsOf() };
}

/** Makes every object within it immutable, so that a recipe that writes into its input throws. */
function frozen<T>(value: T): T {
  if (typeof value === 'object' && value !== null) Object.values(Object.freeze(value)).forEach(frozen);
  return value;
}

describe('every recipe', () => {
  it('is found by its own verb', () => {
    expect(Object.entries(runbooks).map(([verb, runbook]) => [verb, runbook.verb])).toEqual(
      [
        'verify',
        'backup',
        'restore',
        'warm',
        'rollback',
        'recover',
        'drill',
        'copy',
        'export',
        'prune',
        'undo',
        'cleanup',
      ].map((verb) => [verb, verb]),
    );
  });

  it.each(commands)('makes the same plan of the same input and leaves the input alone: $verb', (command) => {
    const input = () =>
      frozen(inputOf(structuredClone(command), { ...structuredClone(given(command)), proof: proofOf('a008') }));
    expect(runbookOf(command).plan(input())).toEqual(runbookOf(command).plan(input()));
  });

  it.each(commands)('gives a plan that is plain data: $verb', (command) => {
    const draft = planned(runbookOf(command), command, given(command));
    expect(JSON.parse(JSON.stringify(draft))).toEqual(draft);
  });

  it.each(commands)('needs no facts but those it asks for: $verb', (command) => {
    const { former, facts } = given(command);
    const { environments } = runbookOf(command).needs(command, systemOf(), former);
    // Protected environments are read besides, always.
    const asked = new Set([...environments, 'production']);
    const only = {
      ...facts,
      environments: Object.fromEntries(Object.entries(facts.environments).filter(([name]) => asked.has(name))),
    };
    expect(planned(runbookOf(command), command, { former, facts: only })).toEqual(
      planned(runbookOf(command), command, { former, facts }),
    );
  });
});
