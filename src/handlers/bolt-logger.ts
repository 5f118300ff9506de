// What Slack's libraries have to say goes into our log, without their debug lines, which hold whole payloads.
import { type Logger as BoltLogger, LogLevel } from '@slack/bolt';
import type { Log } from '../operations/deps.ts';

/** A logger for Bolt and for Slack clients that writes to ours. */
export function boltLogger(log: Log): BoltLogger {
  const said = (parts: readonly unknown[]) => ({ said: parts.map(String).join(' ').slice(0, 2_000) });
  return {
    debug() {},
    info: (...parts: unknown[]) => log.info(said(parts), 'Slack library says'),
    warn: (...parts: unknown[]) => log.warn(said(parts), 'Slack library warns'),
    error: (...parts: unknown[]) => log.error(said(parts), 'Slack library reports an error'),
    setLevel() {},
    getLevel: () => LogLevel.INFO,
    setName() {},
  };
}
