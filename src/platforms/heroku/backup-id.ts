// Which texts name a backup that can be restored, and why the others do not (fault 13).
import { Refusal } from '../../core/errors.ts';
import type { Transfer } from './schema.ts';
import { isBackup, transferName } from './transfers.ts';

const LIKE = 'Name a backup such as a001 (scheduled) or b002 (manual): `/dr backups` lists them.';

/** The id as typed if it can name a backup; a Refusal for everything else. */
export function backupId(typed: string): string {
  if (/^[ab]\d{3,}$/.test(typed)) return typed;
  throw new Refusal('bad-backup', whyNot(typed), LIKE);
}

function whyNot(typed: string): string {
  if (/^[a-z][a-z0-9+.-]*:(?!:)/i.test(typed))
    return 'A backup is never restored from an address: anybody could have made that file.';
  if (typed.includes('::'))
    return 'The app is not part of a backup’s name: it is always the one that backups are taken of.';
  if (/^c\d+$/.test(typed)) return `${typed} is a copy between databases, not a backup.`;
  if (/^r\d+$/.test(typed)) return `${typed} is a restore, not a backup.`;
  if (/^o/.test(typed)) return 'Backups of that old kind cannot be restored from here.';
  if (/^[AB]\d{3,}$/.test(typed)) return `Heroku writes it in lower case: ${typed.toLowerCase()}.`;
  return 'That is not the name of a backup.';
}

/**
 * The backup of exactly that name. Heroku itself looks at the number alone: asked for b001 it hands out transfer 1,
 * whatever that is.
 */
export function namedBackup(transfers: readonly Transfer[], id: string, app: string): Transfer {
  const number = Number(backupId(id).slice(1));
  const found = transfers.find((transfer) => transferName(transfer) === id && isBackup(transfer));
  if (found !== undefined) return found;
  const other = transfers.find(({ num }) => num === number);
  const instead = other === undefined ? '' : ` number ${number} is ${transferName(other)}.`;
  throw new Refusal('no-such-backup', `${app} has no ${id}${instead === '' ? '.' : `;${instead}`}`, LIKE);
}
