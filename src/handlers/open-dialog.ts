// Dialogs: which view an answer asks for, and opening it while Slack still allows that.
import type { ModalView } from '@slack/types';
import type { Dialog } from '../core/views.ts';
import { assessView } from '../messages/assess-view.ts';
import { declareView } from '../messages/declare-view.ts';
import { DIALOG_TOO_LATE } from './sentences.ts';
import type { SlackClient } from './tools.ts';

/** Throws Refusal when the three seconds have passed. */
export async function openDialog(client: SlackClient, trigger: string, view: ModalView): Promise<void> {
  try {
    await client.views.open({ trigger_id: trigger, view });
  } catch (thrown) {
    if (/expired_trigger_id|trigger_expired|exchanged/.test(String(thrown))) throw DIALOG_TOO_LATE;
    throw thrown;
  }
}

/** `channel` is where it was asked for. */
export function dialogView(asked: Dialog, channel: string): ModalView {
  if (asked.dialog === 'assess') return assessView(asked.system, { incident: null, channel });
  const { system, level, seen, since, scenario, alert } = asked;
  return declareView(system, { system: system.name, level, seen, since, scenario, alert, channel });
}
