// Alerts as the sender tells them: one card each, edited in place until it is over, and a note when it gets worse.
import type { Alert } from '../core/alert.ts';
import type { AlertStore } from '../core/incident-ports.ts';
import type { Telling } from '../core/ports.ts';
import type { System } from '../core/system.ts';
import { alertCard, alertNote } from '../messages/alert-card.ts';
import type { Message } from '../messages/message.ts';
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
    const compose = () => composed(alert, system, telling, now());
    return { channel: system.channel, seq: 1, compose };
  };
}

function composed(alert: Alert, system: System, telling: Telling, now: Date): Message | null {
  if (telling.kind === 'card') return alertCard(alert, system, now);
  return telling.kind === 'note' ? alertNote(alert, system) : null;
}
