// Answers to whoever typed a command or clicked; only that person sees them.
import type { Refusal } from '../core/errors.ts';
import type { Operation } from '../core/operation.ts';
import type { Answer, View } from '../core/views.ts';
import { list } from '../core/wording.ts';
import { alertsMessage } from './alerts.ts';
import { auditMessage } from './audit.ts';
import { backupsMessage } from './backups.ts';
import { code, inert, section } from './blocks.ts';
import { checklistMessage } from './checklist.ts';
import { contactsMessage } from './contacts.ts';
import { drillsMessage, schedulesMessage } from './drills.ts';
import { helpMessage } from './help.ts';
import { LEVEL_WORDS } from './incident-words.ts';
import { incidentsMessage } from './incidents.ts';
import { capital, channelLink, ended, sentence } from './inline.ts';
import { type Message, message } from './message.ts';
import { monthMessage, reportMessage } from './report-view.ts';
import { retentionMessage } from './retention.ts';
import { scenariosMessage } from './scenarios.ts';
import { STATE_WORDS } from './state-words.ts';
import { statusMessage } from './status.ts';
import { systemsMessage } from './systems.ts';
import { ticketsMessage } from './tickets.ts';
import { timelineMessage } from './timeline.ts';

/** `channel` is where the system's cards are posted. */
export function answerMessage(
  answer: Exclude<Answer, { is: 'dialog' }>,
  { channel }: { readonly channel: string },
): Message {
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

/** What was just done to an incident: its card and its thread tell the rest. */
function doneMessage({ did, incident, system, beside = [] }: View & { is: 'incident' }): Message {
  const { id, level } = incident;
  const isOpening = system.incidents.ownChannel && incident.channel === undefined;
  const where = isOpening
    ? `it gets a channel of its own: ${channelLink(system.channel)} says which`
    : `its card is in ${channelLink(incident.channel ?? system.channel)}`;
  const next = `${code('/dr assess')} leads to the way out, ${code('/dr checklist pre')} through it.`;
  const also = beside.length === 0 ? '' : ` Open beside it: ${list(beside)}.`;
  const texts = {
    declared: `Declared as ${id}, ${LEVEL_WORDS[level]}; ${where}. The clocks run.${also} ${next}`,
    acknowledged: `You have acknowledged ${id}: nobody else is called. ${capital(where)}.`,
    updated: `Kept for ${id}: it stands in the thread of its card and in the next update.`,
    level_set: `${id} is ${LEVEL_WORDS[level]}; ${where}. Whoever that level concerns is told.`,
    review_set: `Kept for ${id}: ${incident.reached.review?.note ?? 'its review is scheduled'}; ${where}.`,
    resolved: `${id} is resolved: everybody who was told of it is told of its end; ${where}.`,
  };
  return message(texts[did], [section(texts[did])]);
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
    case 'incident':
      return doneMessage(view);
    case 'incidents':
      return incidentsMessage(view);
    case 'timeline':
      return timelineMessage(view);
    case 'contacts':
      return contactsMessage(view.system);
    case 'tickets':
      return ticketsMessage(view);
    case 'checklist':
      return checklistMessage(view);
    case 'drills':
      return drillsMessage(view);
    case 'schedules':
      return schedulesMessage(view);
    case 'report':
      return reportMessage(view);
    case 'month':
      return monthMessage(view);
    case 'alerts':
      return alertsMessage(view);
    case 'retention':
      return retentionMessage(view);
  }
}
