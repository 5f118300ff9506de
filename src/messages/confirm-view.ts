// The dialog in which the requester types the name of what will be overwritten.
import type { ModalView } from '@slack/types';
import type { Operation } from '../core/operation.ts';
import { inert, LIMITS, plain, plainText, section } from './blocks.ts';
import { buttonValue, CONFIRM_VIEW } from './buttons.ts';
import { statementLine, warningLine } from './consequences.ts';
import { dialog } from './dialog-parts.ts';
import { undoLine } from './undo-line.ts';

const NAME = 60;

/** Says what will be overwritten, from what and how that is undone; has one input. */
export function confirmView(operation: Operation): ModalView {
  const { id, plan } = operation;
  const { name, database, identity } = plan.target;
  const warnings = plan.statements.filter(({ tone }) => tone === 'warn').slice(0, 4);
  const source = plan.statements.filter(({ label, tone }) => label === 'Source' && tone === 'plain').slice(0, 1);
  return dialog({
    callback: CONFIRM_VIEW.callback,
    metadata: buttonValue(operation),
    title: `Confirm ${id}`,
    submit: 'Confirm',
    blocks: [
      section(`*${inert(plan.headline, 300)}*`),
      section(`*Target:* ${inert(name, 80)}/${inert(database, 80)}, identity ${inert(identity, 80)}`),
      ...[...source.map(statementLine), ...warnings.map(warningLine)].map(section),
      section(undoLine(operation)),
      {
        type: 'input',
        block_id: CONFIRM_VIEW.block,
        label: plainText(`Type ${plain(name, NAME)} to confirm`, LIMITS.header),
        element: { type: 'plain_text_input', action_id: CONFIRM_VIEW.action, max_length: 200 },
      },
    ],
  });
}

/** What stands under the input after something else was typed. */
export function confirmErrors(target: string): Record<string, string> {
  return { [CONFIRM_VIEW.block]: `That is not the name of the target. Type ${plain(target, NAME)} exactly.` };
}
