// The slash command: `/dr …`.
import type { AllMiddlewareArgs, SlackCommandMiddlewareArgs } from '@slack/bolt';
import type { ModalView } from '@slack/types';
import type { Intake } from '../core/ports.ts';
import type { Message } from '../messages/message.ts';
import { acknowledgement } from './acknowledge.ts';
import { openDialog } from './open-dialog.ts';
import { read, SlashCommand } from './payloads.ts';
import { replyTo } from './reply.ts';
import { sentenceOf } from './sentence-of.ts';
import { type Identity, refuseStrangers } from './strangers.ts';
import { keyOf, takeIn } from './take-in.ts';
import type { Tools } from './tools.ts';

type Args = SlackCommandMiddlewareArgs & AllMiddlewareArgs;

/** Takes in what somebody typed after `/dr`. */
export async function onDr({ ack, body, respond, client }: Args, tools: Tools): Promise<void> {
  const { log, ours } = tools;
  const acknowledge = acknowledgement((message?: Message) => ack(message && ephemeral(message)), log);
  try {
    const intake = intakeOf(body, ours());
    const reply = replyTo({ respond, client, channel: intake.channel, user: intake.user, log });
    const open = (view: ModalView) => openDialog(client, body.trigger_id, view);
    await takeIn(intake, { acknowledge, reply, open }, tools);
  } catch (thrown) {
    await acknowledge(sentenceOf(thrown, log));
  }
}

function ephemeral({ text, blocks }: Message) {
  return { response_type: 'ephemeral' as const, text, blocks: [...blocks] };
}

function intakeOf(body: unknown, ours: Identity): Intake {
  const { text, user_id: user, channel_id: channel, team_id: team, trigger_id } = read(SlashCommand, body);
  refuseStrangers({ user, team, home: undefined }, ours);
  return { key: keyOf({ trigger_id, team, user, text }), text, user, channel, team };
}
