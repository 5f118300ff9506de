// Blocks as compact text, for snapshots that a person can read and judge.
import type { HomeView, ModalView } from '@slack/types';
import type { Message } from '../../src/messages/message.ts';

type Node = Readonly<Record<string, unknown>>;

/** The message as somebody sees it: the notification first, then block by block. */
export function render({ text, blocks }: Message): string {
  return [`NOTIFICATION ${text}`, ...blocks.map((block) => renderBlock(block as unknown as Node))].join('\n----\n');
}

export function renderView(view: ModalView): string {
  const buttons = `[${view.submit?.text ?? ''}] [${view.close?.text ?? ''}]`;
  return [
    `DIALOG ${view.title.text}`,
    ...view.blocks.map((block) => renderBlock(block as unknown as Node)),
    buttons,
  ].join('\n----\n');
}

export function renderHome({ blocks }: HomeView): string {
  return ['HOME', ...blocks.map((block) => renderBlock(block as unknown as Node))].join('\n----\n');
}

function renderBlock(block: Node): string {
  switch (block['type']) {
    case 'header':
      return `# ${textOf(block['text'])}`;
    case 'section':
      return [
        ...(block['text'] === undefined ? [] : [textOf(block['text'])]),
        ...listOf(block['fields']).map(field),
        ...(block['accessory'] === undefined ? [] : [`  ${renderButton(block['accessory'] as Node)}`]),
      ].join('\n');
    case 'context':
      return `(${listOf(block['elements']).map(textOf).join(' | ')})`;
    case 'actions':
      return listOf(block['elements']).map(renderElement).join(' ');
    case 'input':
      return renderInput(block);
    default:
      return String(block['type']);
  }
}

function renderInput(block: Node): string {
  const element = block['element'] as Node;
  const hint = block['hint'] === undefined ? [] : [`  (${textOf(block['hint'])})`];
  const initial = element['initial_value'] === undefined ? [] : [`  = ${String(element['initial_value'])}`];
  const optional = block['optional'] === true ? ', optional' : '';
  return [`INPUT ${textOf(block['label'])}${optional}`, ...hint, ...initial, ...optionsOf(element)].join('\n');
}

function optionsOf(element: Node): string[] {
  const initial = (element['initial_option'] as Node | undefined)?.['value'];
  return listOf(element['options']).map(
    (option) => `  ${option['value'] === initial ? '(x)' : '( )'} ${textOf(option['text'])}`,
  );
}

function renderElement(element: Node): string {
  return element['type'] === 'checkboxes' ? ['BOXES', ...optionsOf(element)].join('\n') : renderButton(element);
}

function renderButton(button: Node): string {
  const style = button['style'] === undefined ? '' : ` ${String(button['style'])}`;
  const asks = button['confirm'] === undefined ? '' : ` asks “${textOf((button['confirm'] as Node)['text'])}”`;
  return `[${textOf(button['text'])}${style}${asks}]`;
}

function field(value: unknown): string {
  return `| ${textOf(value).replaceAll('\n', '\n|   ')}`;
}

function textOf(value: unknown): string {
  return String((value as Node | undefined)?.['text']);
}

function listOf(value: unknown): readonly Node[] {
  return Array.isArray(value) ? (value as Node[]) : [];
}
