// A reference in the outbox becomes a message, from the operation as it is at this moment.
import type { Entry } from '../core/journal.ts';
import type { Operation } from '../core/operation.ts';
import type { Telling } from '../core/ports.ts';
import type { System } from '../core/system.ts';
import { card } from '../messages/card.ts';
import type { Message } from '../messages/message.ts';
import { note } from '../messages/note.ts';
import { statusUpdate } from '../messages/status-update.ts';

type Source = {
  readonly operation: Operation;
  readonly entries: readonly Entry[];
  readonly system: Pick<System, 'updates' | 'roles'>;
  readonly now: Date;
};

/** What is to be said; null when there is nothing to say about it. */
export function compose(telling: Telling, { operation, entries, system, now }: Source): Message | null {
  switch (telling.kind) {
    case 'card':
      return card(operation, now);
    case 'note': {
      const entry = entries.find(({ seq }) => seq === telling.seq);
      return entry === undefined ? null : note(operation, entry, system.roles);
    }
    case 'update':
      return statusUpdate(operation, entries, {
        period: telling.period,
        now,
        everyMinutes: system.updates.everyMinutes,
      });
    // What there is to upload about an operation is a report, with a subject of its own.
    case 'files':
      return null;
  }
}
