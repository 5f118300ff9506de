// The answer to a committed command: an operation, something to read, or a refusal. Recorded, so that it is given once.

import type { IncidentCommand } from '../core/command.ts';
import { Refusal, reasonOf } from '../core/errors.ts';
import { type Parsed, parseCommand } from '../core/parse-command.ts';
import type { Accepted, AnswerRecord } from '../core/ports.ts';
import type { Answer } from '../core/views.ts';
import { cancel } from './decide.ts';
import type { Deps, Place } from './deps.ts';
import { findOperation, findSystem } from './find-system.ts';
import { look } from './look.ts';
import { propose } from './propose.ts';

/** How long one process may take over an answer before another one may take it up. */
const CLAIM_SECONDS = 120;
/** How long after its receipt a command that nobody waits for is tried again when answering it breaks off. */
const TRIED_FOR_MS = 10 * 60_000;

/** How long after its receipt a command that nobody waits for may still act on what there is, without a plan or a card. */
const ACTS_FOR_MS = 5 * 60_000;

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
  const age = now.getTime() - Date.parse(claimed.receivedAt);
  if (age > ACTS_FOR_MS && actsAtOnce(claimed.intake.text)) {
    deps.log.warn({ commandId: claimed.id, user: claimed.intake.user }, 'command is too old to be acted on');
    await deps.commands.answer(claimed.id, { is: 'refused', text: TOO_OLD });
    return;
  }
  try {
    await give(deps, claimed);
  } catch (thrown) {
    if (age > TRIED_FOR_MS) await giveUp(deps, claimed, thrown);
    throw thrown;
  }
}

const TOO_OLD = 'It could be answered after minutes only, when what it is about may have changed: nothing was done.';

/** Stops an operation, or changes an incident, with what is known by now. A plan is made anew, and people agree to it first. */
function actsAtOnce(text: string): boolean {
  const parsed: Parsed = parseCommand(text);
  if (parsed.is === 'query') return parsed.command.verb === 'cancel';
  return parsed.is === 'incident' && parsed.command.do !== 'declare';
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
      const asked = { id, command: parsed.command, by: intake.user, place: await deps.placeOf(intake.channel) };
      return { is: 'operation', ...(await propose(deps, asked)) };
    }
    case 'incident': {
      const place = await deps.placeOf(intake.channel);
      const system = findSystem(deps.systems, parsed.command.system, place);
      return deps.answerIncident(aboutIncidentOf(place, parsed.command), { id, by: intake.user, system });
    }
    case 'query': {
      const { command } = parsed;
      if (command.verb !== 'cancel')
        return { is: 'view', view: await look(deps, command, await deps.placeOf(intake.channel)) };
      const operation = await cancel(deps, { operation: command.operation, by: intake.user });
      return { is: 'operation', operation, late: false };
    }
  }
}

/** In the channel of an incident that one is meant, unless another one or another system is named. */
function aboutIncidentOf({ about }: Place, command: IncidentCommand): IncidentCommand {
  const named = !('incident' in command) || command.incident !== null || command.system !== null;
  return named || about === null ? command : { ...command, incident: about.incident };
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
