// Operations as the sender tells them: card, notes, status updates.
import type { OperationStore } from '../core/ports.ts';
import type { System } from '../core/system.ts';
import { compose } from './compose.ts';
import type { Topic } from './topic.ts';

type Options = {
  readonly operations: Pick<OperationStore, 'load' | 'journal'>;
  readonly systems: readonly Pick<System, 'name' | 'channel' | 'updates' | 'roles'>[];
  readonly now: () => Date;
};

export function operationTopic({ operations, systems, now }: Options): Topic {
  return async (subject, telling) => {
    const operation = await operations.load(subject);
    const system = systems.find(({ name }) => name === operation?.plan.system);
    if (operation === null || system === undefined) return null;
    const entries = telling.kind === 'card' ? [] : await operations.journal(subject);
    return {
      channel: system.channel,
      seq: operation.last.seq,
      compose: () => compose(telling, { operation, entries, system, now: now() }),
    };
  };
}
