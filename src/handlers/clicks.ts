// Buttons on cards: who clicked which one, on the operation as it was shown.
import type { AllMiddlewareArgs, BlockAction, SlackActionMiddlewareArgs } from '@slack/bolt';
import type { ModalView } from '@slack/types';
import { Refusal } from '../core/errors.ts';
import { ACTIONS, type ButtonValue, readButtonValue } from '../messages/buttons.ts';
import { confirmView } from '../messages/confirm-view.ts';
import { factorView } from '../messages/factor-view.ts';
import type { UseCases } from '../operations/use-cases.ts';
import { acknowledgement } from './acknowledge.ts';
import { openDialog } from './open-dialog.ts';
import { ButtonClick, read } from './payloads.ts';
import { replyTo } from './reply.ts';
import { sentenceOf } from './sentence-of.ts';
import { OLD_BUTTON, thanks } from './sentences.ts';
import { refuseStrangers } from './strangers.ts';
import { type Door, keyOf, takeIn } from './take-in.ts';
import type { Tools } from './tools.ts';

export type ActionArgs = SlackActionMiddlewareArgs<BlockAction> & AllMiddlewareArgs;
type Button = keyof typeof ACTIONS;
type Decision = Exclude<Button, 'confirm' | 'undo'>;
type Clicked = {
  readonly button: Button;
  readonly value: ButtonValue;
  readonly by: string;
  readonly team: string;
  readonly channel: string;
  /** Opens a dialog within three seconds, and tells this click from every other. */
  readonly trigger: string;
};

/** The buttons that decide something by themselves; the others open a dialog or are commands. */
const DECIDE: { readonly [D in Decision]: (clicked: Clicked, useCases: UseCases) => Promise<unknown> } = {
  approve: ({ by, value: { operation, digest } }, useCases) => useCases.approve({ operation, digest, by }),
  deny: ({ by, value: { operation, digest } }, useCases) => useCases.deny({ operation, digest, by }),
  cancel: ({ by, value: { operation } }, useCases) => useCases.cancel({ operation, by }),
  join: ({ by, value: { operation } }, useCases) => useCases.join({ operation, by }),
  happened: (clicked, useCases) => settle(clicked, 'happened', useCases),
  did_not: (clicked, useCases) => settle(clicked, 'did_not', useCases),
  abandon: (clicked, useCases) => settle(clicked, 'abandon', useCases),
};

/** Does what the button says, and tells whoever clicked it how that went. */
export async function onClick({ ack, body, respond, client }: ActionArgs, tools: Tools): Promise<void> {
  const acknowledge = acknowledgement(() => ack(), tools.log);
  const reply = replyTo({ respond, client, channel: body.channel?.id ?? null, user: body.user.id, log: tools.log });
  try {
    const clicked = readClick(body, tools);
    if (clicked.button === 'undo') {
      const open = (view: ModalView) => openDialog(client, clicked.trigger, view);
      return await undo(clicked, { acknowledge, reply, open }, tools);
    }
    await acknowledge();
    if (clicked.button === 'confirm') {
      const operation = await tools.useCases.find(clicked.value.operation);
      return await openDialog(client, clicked.trigger, confirmView(operation));
    }
    if (!(await decided(clicked.button, clicked, tools.useCases))) {
      const operation = await tools.useCases.find(clicked.value.operation);
      return await openDialog(client, clicked.trigger, factorView(operation, new Date()));
    }
    await reply(thanks(clicked.button, clicked.value.operation));
  } catch (thrown) {
    await acknowledge();
    await reply(sentenceOf(thrown, tools.log));
  }
}

/** False when it takes a second factor, and all else is well. */
async function decided(button: Decision, clicked: Clicked, useCases: UseCases): Promise<boolean> {
  try {
    await DECIDE[button](clicked, useCases);
    return true;
  } catch (thrown) {
    if (thrown instanceof Refusal && thrown.code === 'factor-needed') return false;
    throw thrown;
  }
}

function readClick(body: unknown, { ours }: Tools): Clicked {
  const { user, team, channel, trigger_id: trigger, actions } = read(ButtonClick, body);
  refuseStrangers({ user: user.id, team: team.id, home: user.team_id }, ours());
  const [action] = actions;
  const button = (Object.keys(ACTIONS) as Button[]).find((name) => ACTIONS[name] === action?.action_id);
  const value = readButtonValue(action?.value);
  if (button === undefined || value === null) throw OLD_BUTTON;
  return { button, value, by: user.id, team: team.id, channel: channel?.id ?? user.id, trigger };
}

/** An undo is a command like any other: planned, shown, agreed to. */
async function undo({ value, by, team, channel, trigger }: Clicked, door: Door, tools: Tools): Promise<void> {
  const text = `undo ${value.operation}`;
  const key = keyOf({ trigger_id: trigger, team, user: by, text });
  const { acknowledge, reply } = door;
  // A click cannot be acknowledged with words: they follow as an answer.
  const sayAndAcknowledge: Door['acknowledge'] = async (message) => {
    await acknowledge();
    if (message !== undefined) await reply(message);
  };
  await takeIn({ key, text, user: by, channel, team }, { ...door, acknowledge: sayAndAcknowledge }, tools);
}

function settle({ value, by }: Clicked, verdict: 'happened' | 'did_not' | 'abandon', useCases: UseCases) {
  const { operation, digest, asks } = value;
  if (asks === undefined) throw OLD_BUTTON;
  return useCases.settle({ operation, digest, by, asks, verdict });
}
