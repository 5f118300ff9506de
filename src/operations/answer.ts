// The answer to a committed command: an operation, something to read, or a refusal. Recorded, so that it is given once.

import { Refusal, reasonOf } from '../core/errors.ts';
import { type Parsed, parseCommand } from '../core/parse-command.ts';
import type { Accepted, AnswerRecord } from '../core/ports.ts';
import type { Answer } from '../core/views.ts';
import { cancel } from './decide.ts';
import type { Deps } from './deps.ts';
import { findOperation, findSystem } from './find-system.ts';
import { look } from './look.ts';
import { propose } from './propose.ts';

/** How long one process may take over an answer before another one may take it up. */
const CLAIM_SECONDS = 120;
/** How long after its receipt a command that nobody waits for is tried again when answering it breaks off. */
const TRIED_FOR_MS = 10 * 60_000;

/**
 * Null when somebody else is answering it. A command that was answered before gets the first answer again. An answer that
 * breaks off is thrown, for telling the person, and is over with that: nothing happens later behind their back.
 */
export async function answer(deps: Deps, accepted: Accepted): Promise<Answer | null> {
  const claimed = await deps.commands.claim(accepted.id, CLAIM_SECONDS);
  if (claimed === null) return formerAnswer(deps, accepted.answer);
  try {
    return await give(deps, claimed);
  } catch (thrown) {
    await giveUp(deps, claimed, thrown);
    throw thrown;
  }
}

/** Answers what nobody is waiting for any more. What breaks off is tried again when the claim has lapsed, for a while. */
export async function answerLate(deps: Deps, accepted: Accepted, now: Date): Promise<void> {
  const claimed = await deps.commands.claim(accepted.id, CLAIM_SECONDS);
  if (claimed === null) return;
  try {
    await give(deps, claimed);
  } catch (thrown) {
    if (now.getTime() - Date.parse(claimed.receivedAt) > TRIED_FOR_MS) await giveUp(deps, claimed, thrown);
    throw thrown;
  }
}

async function give(deps: Deps, claimed: Accepted): Promise<Answer> {
  const given = await orRefusal(() => answerFor(deps, claimed));
  await deps.commands.answer(claimed.id, recordOf(given));
  return given;
}

/** Must not throw: what went wrong first is what is to be told. */
async function giveUp({ commands, log }: Deps, { id }: Accepted, thrown: unknown): Promise<void> {
  try {
    await commands.answer(id, { is: 'refused', text: `Answering it broke off: ${reasonOf(thrown)}.` });
  } catch (again) {
    log.warn({ commandId: id, reason: reasonOf(again) }, 'broken answer not recorded, the sweeper will answer it');
  }
}

async function answerFor(deps: Deps, { id, intake }: Accepted): Promise<Answer> {
  const parsed: Parsed = parseCommand(intake.text);
  switch (parsed.is) {
    case 'refused':
      return parsed;
    case 'help':
      return { is: 'view', view: { is: 'help', about: parsed.about } };
    case 'operation': {
      const asked = { id, command: parsed.command, by: intake.user, channel: intake.channel };
      return { is: 'operation', ...(await propose(deps, asked)) };
    }
    case 'incident': {
      const { command } = parsed;
      const system = findSystem(deps.systems, command.system, intake.channel);
      return deps.answerIncident(command, { id, by: intake.user, system });
    }
    case 'query': {
      const { command } = parsed;
      if (command.verb !== 'cancel') return { is: 'view', view: await look(deps, command, intake.channel) };
      const operation = await cancel(deps, { operation: command.operation, by: intake.user });
      return { is: 'operation', operation, late: false };
    }
  }
}

async function formerAnswer({ operations }: Deps, record: AnswerRecord | null): Promise<Answer | null> {
  switch (record?.is) {
    case 'operation':
      return { is: 'operation', operation: await findOperation(operations, record.operation), late: false };
    case 'refused':
      return {
        is: 'refused',
        refusal: new Refusal('answered-before', record.text, 'Type the command again to ask anew.'),
      };
    default:
      return null;
  }
}

async function orRefusal(give: () => Promise<Answer>): Promise<Answer> {
  try {
    return await give();
  } catch (thrown) {
    if (thrown instanceof Refusal) return { is: 'refused', refusal: thrown };
    throw thrown;
  }
}

function recordOf(given: Answer): AnswerRecord {
  switch (given.is) {
    case 'operation':
      return { is: 'operation', operation: given.operation.id };
    case 'refused':
      return { is: 'refused', text: given.refusal.message };
    case 'view':
    case 'dialog':
      return { is: 'shown' };
  }
}
