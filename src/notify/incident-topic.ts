// Incidents as the sender tells them: card, notes, status updates.
import { Refusal } from '../core/errors.ts';
import type { IncidentSight } from '../core/incident-views.ts';
import type { Telling } from '../core/ports.ts';
import { incidentCard } from '../messages/incident-card.ts';
import { pointer } from '../messages/incident-channel.ts';
import { incidentNote } from '../messages/incident-note.ts';
import { incidentUpdate } from '../messages/incident-update.ts';
import type { Message } from '../messages/message.ts';
import type { Topic } from './topic.ts';

type Options = {
  /** Throws Refusal when there is no such incident, or its system is not known any more. */
  readonly sightOf: (incident: string) => Promise<IncidentSight>;
  /** Where it is told. */
  readonly channelOf: (sight: IncidentSight) => Promise<string>;
  readonly now: () => Date;
};

export function incidentTopic({ sightOf, channelOf, now }: Options): Topic {
  return async (subject, telling) => {
    const sight = await sightOf(subject).catch((thrown: unknown) => {
      if (thrown instanceof Refusal) return null;
      throw thrown;
    });
    if (sight === null) return null;
    const channel = await channelOf(sight);
    const { seq } = sight.incident.last;
    const own = ownChannelIn(sight, telling);
    // Where it is told is said where people look first.
    if (own !== null) return { channel: sight.system.channel, apart: true, seq, compose: () => pointer(sight, own) };
    return { channel, seq, compose: () => compose(sight, telling, now()) };
  };
}

/** The channel that was opened for the incident, where that is what is to be told. */
function ownChannelIn({ entries }: IncidentSight, telling: Telling): string | null {
  const event = telling.kind === 'note' ? entries.find(({ seq }) => seq === telling.seq)?.event : undefined;
  return event?.type === 'channel' ? event.channel : null;
}

function compose(sight: IncidentSight, telling: Telling, now: Date): Message | null {
  switch (telling.kind) {
    case 'card':
      return incidentCard(sight, now);
    case 'note': {
      const entry = sight.entries.find(({ seq }) => seq === telling.seq);
      return entry === undefined ? null : incidentNote(sight, entry, now);
    }
    case 'update':
      return incidentUpdate(sight, telling.period, now);
    // Its post-mortem is a report, with a subject of its own.
    case 'files':
      return null;
  }
}
