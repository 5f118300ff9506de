// Open alerts, as the store would give them.
import { Alert, type AlertKind } from '../../../src/core/alert.ts';

export function alertOf(kind: AlertKind, overrides: Partial<Alert> = {}): Alert {
  return Alert.parse({
    kind,
    environment: 'production',
    about: '',
    severity: 'critical',
    text: 'It is so.',
    remedy: null,
    id: 'al-1',
    system: 'grayledger',
    raisedAt: '2025-11-21T13:45:00.000Z',
    seenAt: '2025-11-21T13:45:00.000Z',
    overAt: null,
    ...overrides,
  });
}
