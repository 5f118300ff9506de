// Commands as they would be typed, from buttons and dialogs: they go the same way as typed ones (I1).
import type { DeclareValue } from '../messages/buttons.ts';

/** What a command can hold of what somebody wrote: one phrase, on one line, without quotes or characters that are not seen. */
export function phrase(text: string): string {
  const words = text
    .toWellFormed()
    .replace(/[\s\p{Cc}\p{Zl}\p{Zp}]+/gu, ' ')
    .replace(/\p{Cf}/gu, '')
    .replace(/["“”„]/gu, "'")
    .trim()
    // At the beginning it would be taken for a flag.
    .replace(/^[-\s]+/, '');
  return words === '' ? '' : `"${words}"`;
}

type Declared = Omit<DeclareValue, 'seen'> & { readonly seen: string };

export function declareText({ system, level, seen, since, scenario, alert }: Declared): string {
  return [
    'incident declare',
    `--system ${system} --level ${level}`,
    ...(since === null ? [] : [`--since "${since}"`]),
    ...(scenario === null ? [] : [`--scenario ${scenario}`]),
    ...(alert === null ? [] : [`--alert ${alert}`]),
    phrase(seen),
  ].join(' ');
}

export function sayText(say: 'update' | 'resolve', incident: string, text: string, isPublic: boolean): string {
  return [`incident ${say} --incident ${incident}`, ...(isPublic ? ['--public'] : []), phrase(text)].join(' ');
}
