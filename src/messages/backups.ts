// The list of backups as a table of fixed width, newest first.

import { newestFinished } from '../core/backup-checks.ts';
import type { Backup } from '../core/facts.ts';
import type { View } from '../core/views.ts';
import { ago, clean, count, megabytes, utcShort } from '../core/wording.ts';
import { context, cut, header, inert, section } from './blocks.ts';
import { type Message, message } from './message.ts';
import { proofLine } from './status.ts';

const MOST = 25;
/** Of the table in characters, within what a section takes. */
const LONGEST = 2_800;
const HEADINGS = ['id', 'created, UTC', 'size', 'state', 'kind', ''];
// An id is typed again from here: it is never cut, as long as it is one that can be typed.
const WIDEST = [64, 16, 9, 9, 9, 6];

/** Marks the newest one that can be restored; says how many are not shown. */
export function backupsMessage({ at, system, of, backups, proof }: View & { is: 'backups' }): Message {
  const now = new Date(at);
  const newest = newestFinished(backups);
  const rows = backups.slice(0, mostOf(backups)).map((backup) => rowOf(backup, backup === newest));
  const left = backups.length - rows.length;
  const newestText =
    newest === null
      ? 'None of them is finished'
      : `The newest that can be restored is ${inert(newest.id, 40)}, created ${ago(newest.startedAt, now)} ago`;
  return message(`${count(backups.length, 'backup')} of ${inert(of, 80)}. ${newestText}.`, [
    header(`Backups of ${of}`),
    section(backups.length === 0 ? `*There is no backup of ${inert(of, 80)}.*` : table([HEADINGS, ...rows])),
    section(
      [`${newestText}.`, ...(left > 0 ? [`${count(left, 'older one')} not shown.`] : []), proofLine(proof, now)].join(
        '\n',
      ),
    ),
    context(`${inert(system.title, 80)} · read at ${utcShort(at, now)}`),
  ]);
}

/** Files have long names: fewer of them fit. */
function mostOf(backups: readonly Backup[]): number {
  const [, ...others] = WIDEST;
  const id = Math.min(WIDEST[0] ?? 0, Math.max(...backups.map((backup) => backup.id.length), 0));
  const line = others.reduce((sum, width) => sum + width + 2, id) + 1;
  return Math.min(MOST, Math.floor(LONGEST / line));
}

function rowOf({ id, startedAt, bytes, state, kind }: Backup, newest: boolean): string[] {
  const created = startedAt.slice(0, 16).replace('T', ' ');
  return [id, created, bytes === null ? 'unknown' : megabytes(bytes), state, kind, newest ? 'newest' : ''];
}

function table(rows: readonly (readonly string[])[]): string {
  const cells = rows.map((row) => row.map((cell, column) => cut(fixed(cell), WIDEST[column] ?? 0)));
  const widths = WIDEST.map((_, column) => Math.max(...cells.map((row) => row[column]?.length ?? 0)));
  const lines = cells.map((row) =>
    row
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join('  ')
      .trimEnd(),
  );
  return `\`\`\`\n${lines.join('\n')}\n\`\`\``;
}

/** In a code block one character must stay one character, so what Slack would read as markup is replaced. */
function fixed(text: string): string {
  return clean(text.slice(0, 100)).replaceAll('&', '+').replaceAll('<', '‹').replaceAll('>', '›').replaceAll('`', 'ˋ');
}
