// The pieces that dialogs are made of.
import type { InputBlock, ModalView, PlainTextOption } from '@slack/types';
import { plain, plainText } from './blocks.ts';

type Frame = Pick<ModalView, 'blocks'> & {
  readonly callback: string;
  readonly metadata: string;
  readonly title: string;
  readonly submit: string;
};

/** Titles and buttons of dialogs have at most 24 characters. */
export function dialog({ callback, metadata, title, submit, blocks }: Frame): ModalView {
  return {
    type: 'modal',
    callback_id: callback,
    private_metadata: metadata,
    title: { type: 'plain_text', text: plain(title, 24), emoji: false },
    submit: { type: 'plain_text', text: plain(submit, 24), emoji: false },
    close: { type: 'plain_text', text: 'Back', emoji: false },
    blocks,
  };
}

type TextInput = {
  readonly block: string;
  readonly label: string;
  readonly hint?: string;
  readonly initial?: string | null;
  readonly most: number;
  readonly optional?: boolean;
  readonly multiline?: boolean;
};

/** One text. The action id is the block's. */
export function textInput({ block, label, hint, initial, most, optional, multiline }: TextInput): InputBlock {
  const known = initial == null || initial === '' ? {} : { initial_value: plain(initial, most) };
  return {
    type: 'input',
    block_id: block,
    optional: optional ?? false,
    label: plainText(label, 150),
    ...(hint === undefined ? {} : { hint: plainText(hint, 150) }),
    element: { type: 'plain_text_input', action_id: block, max_length: most, multiline: multiline ?? false, ...known },
  };
}

export function optionOf(text: string, value: string): PlainTextOption {
  return { text: plainText(text, 75), value };
}

/** One of several. The action id is the block's. */
export function selectInput(
  block: string,
  label: string,
  {
    options,
    initial,
    optional,
  }: { readonly options: readonly PlainTextOption[]; readonly initial?: PlainTextOption; readonly optional: boolean },
): InputBlock {
  return {
    type: 'input',
    block_id: block,
    optional,
    label: plainText(label, 150),
    element: {
      type: 'static_select',
      action_id: block,
      options: options.slice(0, 100),
      ...(initial === undefined ? {} : { initial_option: initial }),
    },
  };
}

/** What takes the place of a dialog's content when it cannot go on. */
export function closedDialog(title: string, blocks: ModalView['blocks']): ModalView {
  return {
    type: 'modal',
    title: { type: 'plain_text', text: plain(title, 24) },
    close: { type: 'plain_text', text: 'Close' },
    blocks,
  };
}
