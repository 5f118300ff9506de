// Loggers that keep what was said, so that a test can look at it and the report stays readable.
import { type Logger, LogLevel } from '@slack/web-api';

export const quiet: Logger = {
  debug() {},
  info() {},
  warn() {},
  error() {},
  setLevel() {},
  getLevel: () => LogLevel.ERROR,
  setName() {},
};

export type Line = { readonly level: string; readonly sentence: string; readonly fields: object };

/** A log of ours whose lines can be looked at. */
export function keptLog() {
  const lines: Line[] = [];
  const at = (level: string) => (fields: object, sentence: string) => {
    lines.push({ level, sentence, fields });
  };
  return { lines, debug: at('debug'), info: at('info'), warn: at('warn'), error: at('error') };
}
