// The one place where anything thrown becomes a message for the person who asked.
import { randomBytes } from 'node:crypto';
import { Fault, Refusal } from '../core/errors.ts';
import { brokenMessage, refusalMessage } from '../messages/answers.ts';
import type { Message } from '../messages/message.ts';
import type { Log } from '../operations/deps.ts';

/** A refusal speaks for itself. Anything else is our defect: it gets a reference that is in the log as well. */
export function sentenceOf(thrown: unknown, log: Log): Message {
  if (thrown instanceof Refusal) {
    log.info({ code: thrown.code }, 'request refused');
    return refusalMessage(thrown);
  }
  return brokenMessage(logged(thrown, log));
}

/** Logs a defect and returns the short reference under which it is found. */
export function logged(thrown: unknown, log: Log): string {
  const reference = randomBytes(4).toString('hex');
  const activity = thrown instanceof Fault ? thrown.activity : null;
  log.error({ err: thrown, reference, activity }, 'request could not be served');
  return reference;
}
