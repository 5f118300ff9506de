// Remove what a finished operation has kept for undo, as a plan of its own: it cannot be taken back.
import type { OperationCommand } from '../core/command.ts';
import { Refusal } from '../core/errors.ts';
import type { Server, Target } from '../core/facts.ts';
import { isEnded } from '../core/operation.ts';
import type { Statement } from '../core/plan.ts';
import type { PlanDraft, PlanInput, Runbook } from '../core/runbook.ts';
import { megabytes, utc } from '../core/wording.ts';
import { factsOf } from './backup-choice.ts';

type Cleanup = Extract<OperationCommand, { verb: 'cleanup' }>;

export const cleanup: Runbook<Cleanup> = {
  verb: 'cleanup',
  needs: (_command, _system, former) => ({
    capabilities: ['tables'],
    environments: former === null ? [] : [former.plan.environment],
    storeMayBeAway: true,
    survey: [],
    writtenSince: () => null,
    ...(former === null ? {} : { leftBy: former }),
  }),
  plan: ({ facts, former, chosen }: PlanInput<Cleanup>) => {
    if (former === null) throw new Refusal('no-such-operation', 'There is no such operation.', 'See `/dr status`.');
    if (!isEnded(former.state)) {
      throw new Refusal('not-ended', `${former.id} has not ended.`, `Wait for it, or \`/dr cancel ${former.id}\`.`);
    }
    const { environment } = former.plan;
    const { target, server, left: told } = factsOf(facts, environment);
    const left = (server?.kept ?? told)?.find(({ operation }) => operation === former.id);
    const candidate = server?.candidates.find(({ operation }) => operation === former.id);
    if (left === undefined && candidate !== undefined) return withoutCandidate(former.id, target, candidate);
    if (left === undefined) {
      throw new Refusal('nothing-left', `${former.id} has left nothing beside ${target.name}.`, 'See `/dr status`.');
    }
    return {
      environment,
      headline: `Remove ${left.name}, which ${former.id} left beside ${target.name}`,
      statements: [
        { label: 'Removes', text: `${left.name}, ${megabytes(left.bytes)}`, tone: 'warn' },
        keptUntil(left.until, chosen.now),
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

function keptUntil(until: string | null, now: Date): Statement {
  if (until === null) return { label: 'Kept until', text: 'somebody removes it', tone: 'plain' };
  const isOver = Date.parse(until) <= now.getTime();
  return {
    label: 'Kept until',
    text: isOver ? utc(until) : `${utc(until)}: that is not over yet`,
    tone: isOver ? 'plain' : 'warn',
  };
}

/** It was never live: with it goes nothing but the time that it takes to build it again. */
function withoutCandidate(former: string, target: Target, candidate: Server['candidates'][number]): PlanDraft {
  const { environment } = target;
  const { name, identity, bytes } = candidate;
  return {
    environment,
    headline: `Remove ${name}, which ${former} built beside ${target.name}`,
    statements: [{ label: 'Removes', text: `${name}, ${megabytes(bytes)}, which was never live`, tone: 'plain' }],
    pinned: { targets: [target], backup: null, release: null },
    steps: [{ action: 'candidate.drop', title: `Remove ${name}`, args: { environment, candidate: name, identity } }],
    gate: null,
    undo: { possible: false, text: 'it can be built again from its backup' },
  };
}
