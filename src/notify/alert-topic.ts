// Alerts as the sender tells them: one card each, edited in place until it is over.
import type { AlertStore } from '../core/incident-ports.ts';
import type { System } from '../core/system.ts';
import { alertCard } from '../messages/alert-card.ts';
import type { Topic } from './topic.ts';

type Options = {
  readonly alerts: Pick<AlertStore, 'load'>;
  readonly systems: readonly System[];
  readonly now: () => Date;
};

export function alertTopic({ alerts, systems, now }: Options): Topic {
  return async (subject, telling) => {
    const alert = await alerts.load(subject);
    const system = systems.find(({ name }) => name === alert?.system);
    if (alert === null || system === undefined) return null;
    const compose = () => (telling.kind === 'card' ? alertCard(alert, system, now()) : null);
    return { channel: system.channel, seq: 1, compose };
  };
}
