// The dialog in which an approver types a one-time code.
import type { ModalView } from '@slack/types';
import type { Operation } from '../core/operation.ts';
import { inert, LIMITS, plainText, section } from './blocks.ts';
import { buttonValue, CODE_VIEW } from './buttons.ts';
import { dialog } from './dialog-parts.ts';
import { undoLine } from './undo-line.ts';

/** Says once more what is approved; has one input. */
export function codeView(operation: Operation): ModalView {
  const { id, plan } = operation;
  return dialog({
    callback: CODE_VIEW.callback,
    metadata: buttonValue(operation),
    title: `Approve ${id}`,
    submit: 'Approve',
    blocks: [
      section(`*${inert(plan.headline, 300)}*`),
      section(`*Target:* ${inert(plan.target.name, 80)}/${inert(plan.target.database, 80)}`),
      section(undoLine(operation)),
      {
        type: 'input',
        block_id: CODE_VIEW.block,
        label: plainText('Code that your authenticator shows for Holdfast', LIMITS.header),
        element: { type: 'plain_text_input', action_id: CODE_VIEW.action, min_length: 6, max_length: 8 },
      },
    ],
  });
}
