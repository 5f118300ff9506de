// Makes a line of somebody else's output fit to be shown: no colours, no control characters, no secrets, not too long.

import type { Secret } from '../../core/secret.ts';
import { createRedactor } from '../../lib/redact.ts';

export type Clean = (text: string, most?: number) => string;

/** Hides this key wherever it turns up, and whatever looks like a secret. */
export function cleaner(apiKey: Secret): Clean {
  const redactor = createRedactor();
  redactor.register(apiKey.open());
  return (text, most = 150) => {
    const plain = redactor.text(text.replace(COLOURS, '')).replace(HIDDEN, ' ').replace(/ {2,}/g, ' ').trim();
    return plain.length <= most ? plain : `${plain.slice(0, most - 1)}…`;
  };
}

// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is taken out.
const COLOURS = /\u001b\[[0-9;?]*[A-Za-z]/g;
/** Control characters, and those that turn the direction of writing or cannot be seen. */
const HIDDEN = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]+/gu;
