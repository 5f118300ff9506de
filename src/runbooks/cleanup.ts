// Remove what a finished operation has kept for undo, as a plan of its own: it cannot be taken back.
import type { OperationCommand } from '../core/command.ts';
import { Refusal } from '../core/errors.ts';
import { isEnded } from '../core/operation.ts';
import type { PlanInput, Runbook } from '../core/runbook.ts';
import { megabytes, utc } from '../core/wording.ts';
import { factsOf } from './backup-choice.ts';

type Cleanup = Extract<OperationCommand, { verb: 'cleanup' }>;

export const cleanup: Runbook<Cleanup> = {
  verb: 'cleanup',
  needs: (_command, _system, former) => ({
    capabilities: ['server'],
    environments: former === null ? [] : [former.plan.environment],
    survey: [],
    writtenSince: () => null,
  }),
  plan: ({ facts, former, chosen }: PlanInput<Cleanup>) => {
    if (former === null) throw new Refusal('no-such-operation', 'There is no such operation.', 'See `/dr status`.');
    if (!isEnded(former.state)) {
      throw new Refusal('not-ended', `${former.id} has not ended.`, `Wait for it, or \`/dr cancel ${former.id}\`.`);
    }
    const { environment } = former.plan;
    const { target, server } = factsOf(facts, environment);
    const left = server?.kept.find(({ operation }) => operation === former.id);
    if (left === undefined) {
      throw new Refusal('nothing-left', `${former.id} has left nothing beside ${target.name}.`, 'See `/dr status`.');
    }
    const early = Date.parse(left.until) > chosen.now.getTime();
    return {
      environment,
      headline: `Remove ${left.name}, which ${former.id} left beside ${target.name}`,
      statements: [
        { label: 'Removes', text: `${left.name}, ${megabytes(left.bytes)}`, tone: 'warn' },
        {
          label: 'Kept until',
          text: early ? `${utc(left.until)}: that is not over yet` : utc(left.until),
          tone: early ? 'warn' : 'plain',
        },
      ],
      pinned: { targets: [target], backup: null, release: null },
      steps: [
        {
          action: 'leftover.drop',
          title: `Remove ${left.name}`,
          args: { environment, name: left.name, identity: left.identity },
        },
      ],
      gate: 0,
      undo: { possible: false, text: `${former.id} can no longer be undone then` },
    };
  },
};
