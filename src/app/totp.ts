// `totp`: makes the key of somebody's one-time codes, for whoever runs Holdfast to put where it belongs. Nothing of it is kept.
import { UserId } from '../core/names.ts';
import { newKey } from '../people/codes.ts';

/** What to print; null when that is no user id. */
export function keyText(person: string): string | null {
  if (!UserId.safeParse(person).success) return null;
  const { line, address } = newKey(person);
  return [
    `Add this line to the file that CODES_FILE names:`,
    line,
    '',
    'Give this to their authenticator, by a way that is not Slack (qrencode -t ansiutf8 shows it as a picture):',
    address,
    '',
  ].join('\n');
}
