// Did a transfer do what it was for? "Succeeded" is not enough: pg_restore ignores errors and goes on (fault 50).

import { count } from '../../core/wording.ts';
import type { Clean } from './clean.ts';
import type { Transfer } from './schema.ts';
import { transferName } from './transfers.ts';

/** Only the provider's superuser may write these; nothing of the data is missing without them. */
const HARMLESS = /must be owner of extension|COMMENT ON EXTENSION|unrecognized configuration parameter/;
const SHOWN = 4;

/** Why it cannot be relied on, or null. */
export function problemOf(transfer: Transfer, clean: Clean): string | null {
  const name = transferName(transfer);
  const messages = (transfer.logs ?? []).map(({ message }) => clean(message));
  if (transfer.canceled_at != null) return `${name} was cancelled`;
  if (transfer.succeeded !== true) return `${name} failed: ${messages.at(-1) ?? 'Heroku gives no reason'}`;
  if (transfer.to_type !== 'pg_restore') {
    return (transfer.processed_bytes ?? 0) > 0 ? null : `${name} says finished, but it is empty`;
  }
  const errors = messages.filter((message) => /\berror: /i.test(message) && !/errors ignored/.test(message));
  const harmful = errors.filter((message) => !HARMLESS.test(message));
  const ignored = (transfer.warnings ?? 0) - (errors.length - harmful.length);
  if (ignored <= 0 && harmful.length === 0) return null;
  const listed = harmful.slice(0, SHOWN).map((message) => message.replace(/^.*?\berror: /i, ''));
  const rest = listed.length === 0 ? '' : `: ${listed.join('; ')}`;
  return `${name} finished, but with ${count(Math.max(ignored, harmful.length), 'error')} ignored${rest}`;
}
