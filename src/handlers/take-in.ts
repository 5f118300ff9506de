// The way of every command: committed first, acknowledged then, answered at last (I1).
import { createHash } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { ModalView } from '@slack/types';
import { Refusal } from '../core/errors.ts';
import type { Accepted, AnswerRecord, Intake } from '../core/ports.ts';
import type { Answer } from '../core/views.ts';
import { answerMessage, notQueuedMessage, refusalMessage } from '../messages/answers.ts';
import type { Message } from '../messages/message.ts';
import type { UseCases } from '../operations/use-cases.ts';
import { dialogView } from './open-dialog.ts';
import type { Reply } from './reply.ts';
import { logged, sentenceOf } from './sentence-of.ts';
import { ALREADY_AT_IT, NOT_KNOWN_YET, WAS_SHOWN } from './sentences.ts';
import type { Tools } from './tools.ts';

/** Slack gives up after 3 seconds; the rest is for the way back. */
const COMMIT_MS = 2_000;
/** How long a second delivery waits for the answer that the first one is getting. */
const FORMER_ANSWER_TRIES = 15;
const FORMER_ANSWER_MS = 1_000;

export type Door = {
  /** Acknowledges to Slack, with a message for the person where something has to be said at once. Never throws. */
  readonly acknowledge: (message?: Message) => Promise<void>;
  readonly reply: Reply;
  /** Opens a dialog for the person. Throws Refusal when that is too late. */
  readonly open: (view: ModalView) => Promise<void>;
};

type Taken =
  | { readonly is: 'committed'; readonly first: boolean; readonly accepted: Accepted }
  | { readonly is: 'not_taken'; readonly message: Message };

/** Equal for two deliveries of one request, different for everything that was typed or clicked anew. */
export function keyOf(request: { trigger_id: string; team: string; user: string; text: string }): string {
  const parts = [request.trigger_id, request.team, request.user, request.text];
  return createHash('sha256').update(JSON.stringify(parts)).digest('hex');
}

/** Commits the command, acknowledges it and answers it. The person hears something in every case. */
export async function takeIn(intake: Intake, door: Door, tools: Tools): Promise<void> {
  const { acknowledge, reply } = door;
  const committing = commit(intake, tools);
  const inTime = await Promise.race([committing, sleep(COMMIT_MS, null, { ref: false })]);
  if (inTime === null) {
    tools.log.warn({ user: intake.user }, 'command is not committed in time');
    await acknowledge(refusalMessage(NOT_KNOWN_YET));
  } else {
    await acknowledge(inTime.is === 'not_taken' ? inTime.message : undefined);
  }
  const taken = inTime ?? (await committing);
  if (taken.is === 'committed') {
    const message = await answered(taken, door, tools);
    if (message !== null) await reply(message);
  } else if (inTime === null) {
    await reply(taken.message);
  }
}

async function commit(intake: Intake, { useCases, log }: Tools): Promise<Taken> {
  try {
    return { is: 'committed', ...(await useCases.accept(intake)) };
  } catch (thrown) {
    if (thrown instanceof Refusal) return { is: 'not_taken', message: refusalMessage(thrown) };
    logged(thrown, log);
    return { is: 'not_taken', message: notQueuedMessage() };
  }
}

/** Null when the answer is a dialog that was opened. */
async function answered(
  { first, accepted }: Taken & { is: 'committed' },
  { open }: Door,
  tools: Tools,
): Promise<Message | null> {
  try {
    const former = first ? null : await formerRecord(accepted, tools.useCases);
    if (former?.is === 'shown') return refusalMessage(WAS_SHOWN);
    // A second delivery starts nothing: it is answered only with what the first one was answered.
    if (!first && former === null) return refusalMessage(ALREADY_AT_IT);
    const answer = await tools.useCases.answer({ ...accepted, answer: former });
    if (answer === null) return refusalMessage(ALREADY_AT_IT);
    if (answer.is !== 'dialog') return answerMessage(answer, { channel: placeOf(answer, tools) });
    await open(dialogView(answer, accepted.intake.channel));
    return null;
  } catch (thrown) {
    return sentenceOf(thrown, tools.log);
  }
}

/** Where the card of the answer's operation stands; empty when that is not known here. */
function placeOf(answer: Answer, { systems }: Tools): string {
  const name = answer.is === 'operation' ? answer.operation.plan.system : null;
  return systems.find((system) => system.name === name)?.channel ?? '';
}

/** How the first delivery of this request was answered; waits for it while that is going on. */
async function formerRecord({ intake, answer }: Accepted, useCases: UseCases): Promise<AnswerRecord | null> {
  let record = answer;
  for (let tries = 0; record === null && tries < FORMER_ANSWER_TRIES; tries += 1) {
    await sleep(FORMER_ANSWER_MS);
    // Accepting the same request again only reads it.
    record = (await useCases.accept(intake)).accepted.answer;
  }
  return record;
}
