// Answers to whoever typed a command or clicked; only that person sees them.
import type { Refusal } from '../core/errors.ts';
import type { Operation } from '../core/operation.ts';
import type { Answer, View } from '../core/views.ts';
import { auditMessage } from './audit.ts';
import { backupsMessage } from './backups.ts';
import { code, inert, section } from './blocks.ts';
import { helpMessage } from './help.ts';
import { channelLink, ended, sentence } from './inline.ts';
import { type Message, message } from './message.ts';
import { scenariosMessage } from './scenarios.ts';
import { STATE_WORDS } from './state-words.ts';
import { statusMessage } from './status.ts';
import { systemsMessage } from './systems.ts';

/** `channel` is where the system's cards are posted. */
export function answerMessage(answer: Answer, { channel }: { readonly channel: string }): Message {
  switch (answer.is) {
    case 'operation':
      return operationMessage(answer.operation, answer.late, channel);
    case 'refused':
      return refusalMessage(answer.refusal);
    case 'view':
      return viewMessage(answer.view);
  }
}

/** Why not, and what to do next. */
export function refusalMessage({ why, next, people }: Pick<Refusal, 'why' | 'next' | 'people'>): Message {
  const because = ended(sentence(why, 900, people));
  const then = ended(sentence(next, 900, people));
  return message(`${because} ${then}`, [section(`${because}\n*Next:* ${then}`)]);
}

/** The store is down: nothing was kept, so nothing may be promised. */
export function notQueuedMessage(): Message {
  const what = 'NOT queued: Holdfast cannot reach its store, so it did not keep the command and nothing was started.';
  const next =
    'Type it again in a minute. If that fails too, work by the written runbook and tell whoever runs Holdfast.';
  return message(`${what} ${next}`, [section(`*NOT queued*${what.slice('NOT queued'.length)}\n*Next:* ${next}`)]);
}

/** Something of ours broke. Says only what is certain. `reference` finds it in the log. */
export function brokenMessage(reference: string): Message {
  const what = `Holdfast failed while answering (reference ${inert(reference, 40)}). It is our fault, not that of your request.`;
  const certain =
    'Certain is: without the consent that its card asks for, no operation changes a protected environment.';
  const unknown = 'Not certain is whether your request had been taken up.';
  const next = `Look at ${code('/dr status')} before you try again, and give the reference to whoever runs Holdfast.`;
  return message(`${what} ${certain} ${unknown} ${next}`, [section(`${what}\n${certain} ${unknown}\n*Next:* ${next}`)]);
}

function operationMessage(operation: Operation, late: boolean, channel: string): Message {
  const { id, state, stopped } = operation;
  const where = /^[CG]/.test(channel) ? channelLink(channel) : "the system's channel";
  const card = `the card is in ${where}`;
  const what = stopped === null ? `Planned as ${id}; ${card}.` : `${id} is ${STATE_WORDS[state]}; ${card}.`;
  const delay = late ? ' It is stored and will start late: the queue does not answer now. Do not type it again.' : '';
  return message(`${what}${delay}`, [section(`${what}${delay}`)]);
}

function viewMessage(view: View): Message {
  switch (view.is) {
    case 'help':
      return helpMessage(view.about);
    case 'scenarios':
      return scenariosMessage(view.system);
    case 'systems':
      return systemsMessage(view.systems);
    case 'status':
      return statusMessage(view.systems, view.at);
    case 'backups':
      return backupsMessage(view);
    case 'audit':
      return auditMessage(view);
  }
}
