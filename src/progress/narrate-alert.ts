// What is told of an alert: its card, which is edited in place for as long as it lasts and says when it is over.
import type { NarrateAlert } from '../core/incident-ports.ts';

export const narrateAlert: NarrateAlert = () => [{ kind: 'card' }];
