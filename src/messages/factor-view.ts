// The dialog in which an approver gives a second factor: a one-time code, or a signature.
import type { KnownBlock, ModalView } from '@slack/types';
import { factorOf } from '../core/consent.ts';
import type { Operation } from '../core/operation.ts';
import { approvalText, type SecondFactor, SIGNED_FOR } from '../core/second-factor.ts';
import { inert, plainText, section } from './blocks.ts';
import { buttonValue, FACTOR_VIEW } from './buttons.ts';
import { dialog } from './dialog-parts.ts';
import { undoLine } from './undo-line.ts';

/** Says once more what is approved; has one input. */
export function factorView(operation: Operation, now: Date): ModalView {
  const { id, plan } = operation;
  const kind = factorOf(plan.consent);
  const shownAt = now.toISOString();
  return dialog({
    callback: FACTOR_VIEW.callback,
    metadata: buttonValue(operation, { shownAt }),
    title: `Approve ${id}`,
    submit: 'Approve',
    blocks: [
      section(`*${inert(plan.headline, 300)}*`),
      section(`*Target:* ${inert(plan.target.name, 80)}/${inert(plan.target.database, 80)}`),
      section(undoLine(operation)),
      ...(kind === null ? [] : ASKED[kind](operation, shownAt)),
    ],
  });
}

const ASKED: Readonly<Record<SecondFactor, (operation: Operation, shownAt: string) => KnownBlock[]>> = {
  totp: () => [typed('Code that your authenticator shows for Holdfast', { min_length: 6, max_length: 8 })],
  ssh: (operation, shownAt) => {
    const text = approvalText(operation, shownAt);
    return [
      section(
        `Sign it with your registered ssh key, and paste all that is printed:\n\`\`\`printf %s '${text}' | ssh-keygen -Y sign -n ${SIGNED_FOR} -f ~/.ssh/id_ed25519\`\`\``,
      ),
      typed('Signature, from BEGIN to END', { multiline: true, max_length: 3_000 }),
    ];
  },
};

function typed(
  label: string,
  limits: { readonly min_length?: number; readonly max_length: number; readonly multiline?: boolean },
): KnownBlock {
  const { block, action } = FACTOR_VIEW;
  return {
    type: 'input',
    block_id: block,
    label: plainText(label, 150),
    element: { type: 'plain_text_input', action_id: action, ...limits },
  };
}
