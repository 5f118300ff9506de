// The dialog in which the requester types the name of what will be overwritten.
import type { AllMiddlewareArgs, SlackViewMiddlewareArgs, ViewSubmitAction } from '@slack/bolt';
import type { ModalView } from '@slack/types';
import { Refusal } from '../core/errors.ts';
import { CONFIRM_VIEW, readButtonValue } from '../messages/buttons.ts';
import { confirmErrors } from '../messages/confirm-view.ts';
import { closedDialog } from '../messages/dialog-parts.ts';
import type { Message } from '../messages/message.ts';
import { acknowledgement } from './acknowledge.ts';
import { read, Submission } from './payloads.ts';
import { sentenceOf } from './sentence-of.ts';
import { OLD_BUTTON } from './sentences.ts';
import { refuseStrangers } from './strangers.ts';
import type { Tools } from './tools.ts';

export type ViewArgs = SlackViewMiddlewareArgs<ViewSubmitAction> & AllMiddlewareArgs;

/** Confirms. A wrong name keeps the dialog open; any other "no" takes the place of its content. */
export async function onConfirmTyped({ ack, body }: ViewArgs, tools: Tools): Promise<void> {
  const acknowledge = acknowledgement(ack, tools.log);
  try {
    const wrong = await confirm(body, tools);
    await (wrong === null ? acknowledge() : acknowledge({ response_action: 'errors', errors: wrong }));
  } catch (thrown) {
    await acknowledge({ response_action: 'update', view: closed(sentenceOf(thrown, tools.log)) });
  }
}

/** What to write under the input when something else than the target's name was typed; null when it is confirmed. */
async function confirm(payload: unknown, { useCases, ours }: Tools): Promise<Record<string, string> | null> {
  const { user, team, view } = read(Submission, payload);
  refuseStrangers({ user: user.id, team: team.id, home: user.team_id }, ours());
  const value = readButtonValue(view.private_metadata);
  if (value === null) throw OLD_BUTTON;
  const { operation, digest } = value;
  const typed = view.state.values[CONFIRM_VIEW.block]?.[CONFIRM_VIEW.action]?.value ?? '';
  try {
    await useCases.confirm({ operation, digest, by: user.id, typed });
    return null;
  } catch (thrown) {
    if (!(thrown instanceof Refusal) || thrown.code !== 'wrong-name') throw thrown;
    return confirmErrors((await useCases.find(operation)).plan.target.name);
  }
}

function closed({ blocks }: Message): ModalView {
  return closedDialog('Not confirmed', [...blocks]);
}
