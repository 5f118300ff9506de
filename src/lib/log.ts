// The log: one JSON object per line, a constant sentence with its fields, and no secret in any of them.
import { type DestinationStream, pino } from 'pino';
import type { Redactor } from './redact.ts';

export const LOG_LEVELS = ['debug', 'info', 'warn', 'error', 'silent'] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];

/** The sentence is constant; whatever varies is a field. */
export type Log = {
  debug(fields: object, sentence: string): void;
  info(fields: object, sentence: string): void;
  warn(fields: object, sentence: string): void;
  error(fields: object, sentence: string): void;
};

type LogOptions = {
  readonly level: LogLevel;
  readonly redactor: Redactor;
  /** Default: standard output. */
  readonly destination?: DestinationStream;
};

/** Writes to standard output at once, so that nothing is lost when the process is killed. */
export function createLog({ level, redactor, destination }: LogOptions): Log {
  return pino(
    {
      level,
      base: { name: 'holdfast', pid: process.pid },
      // Errors are plain objects by then.
      serializers: { err: (err: unknown) => err },
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: {
        level: (label) => ({ level: label }),
        // Fields are scrubbed as values, before they become JSON, where a secret could look different.
        log: (fields) => redactor.deep(fields) as Record<string, unknown>,
      },
      hooks: {
        logMethod(args, method) {
          const [fields, sentence] = args as unknown as [object, string];
          method.apply(this, [fields, redactor.text(sentence)]);
        },
      },
    },
    destination ?? pino.destination({ dest: 1, sync: true }),
  );
}
