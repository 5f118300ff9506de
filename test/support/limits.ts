// Checks a message or dialog against Slack's limits and against markup that is not ours.
import type { HomeView, ModalView } from '@slack/types';
import type { Message } from '../../src/messages/message.ts';

/** Our own bound for a whole message: Slack refuses blocks that are very long together, without saying where. */
const WHOLE = 13_000;

type Node = Readonly<Record<string, unknown>>;

/** One sentence per broken limit; empty when Slack will take it. */
export function problemsOf(message: Message): string[] {
  const whole = textsOf(message.blocks).reduce((sum, text) => sum + text.length, 0);
  return [
    ...within('text', message.text, 1, 4000),
    ...(message.blocks.length > 50 ? [`${message.blocks.length} blocks`] : []),
    ...(message.blocks.length === 0 ? ['no blocks'] : []),
    ...(whole > WHOLE ? [`${whole} characters in all`] : []),
    ...message.blocks.flatMap((block, at) => blockProblems(block as unknown as Node, `block ${at + 1}`)),
  ];
}

export function viewProblems(view: ModalView): string[] {
  return [
    ...within('title', view.title.text, 1, 24),
    ...within('submit', view.submit?.text, 1, 24),
    ...within('close', view.close?.text, 1, 24),
    ...within('private_metadata', view.private_metadata, 1, 3000),
    ...(view.blocks.length > 100 ? [`${view.blocks.length} blocks`] : []),
    ...view.blocks.flatMap((block, at) => blockProblems(block as unknown as Node, `block ${at + 1}`)),
  ];
}

export function homeProblems({ blocks }: HomeView): string[] {
  return [
    ...(blocks.length > 100 ? [`${blocks.length} blocks`] : []),
    ...blocks.flatMap((block, at) => blockProblems(block as unknown as Node, `block ${at + 1}`)),
  ];
}

/** Every string that a person is shown. */
export function textsOf(value: unknown): string[] {
  if (Array.isArray(value)) return value.flatMap(textsOf);
  if (!isNode(value)) return [];
  return Object.entries(value).flatMap(([key, member]) =>
    typeof member === 'string' ? (['text', 'accessibility_label'].includes(key) ? [member] : []) : textsOf(member),
  );
}

/** Those of them in which Slack reads markup. */
export function markupOf(value: unknown): string[] {
  if (Array.isArray(value)) return value.flatMap(markupOf);
  if (!isNode(value)) return [];
  return value['type'] === 'mrkdwn' ? textsOf(value) : Object.values(value).flatMap(markupOf);
}

/** Angle brackets that Slack would act on, but for those that are ours. */
export function strangeMarkup(texts: readonly string[], ours: readonly string[]): string[] {
  return texts.flatMap((text) => text.match(/<[^>]*>?|>/g) ?? []).filter((found) => !ours.includes(found));
}

function blockProblems(block: Node, at: string): string[] {
  switch (block['type']) {
    case 'header':
      return within(`${at} header`, textOf(block['text']), 1, 150);
    case 'section': {
      const fields = listOf(block['fields']);
      return [
        ...(block['text'] === undefined ? [] : within(`${at} section`, textOf(block['text']), 1, 3000)),
        ...(block['text'] === undefined && fields.length === 0 ? [`${at} is empty`] : []),
        ...(fields.length > 10 ? [`${at} has ${fields.length} fields`] : []),
        ...fields.flatMap((field) => within(`${at} field`, textOf(field), 1, 2000)),
        ...(isNode(block['accessory']) ? actionProblems([block['accessory']], at) : []),
      ];
    }
    case 'context': {
      const elements = listOf(block['elements']);
      return [
        ...(elements.length < 1 || elements.length > 10 ? [`${at} has ${elements.length} elements`] : []),
        ...elements.flatMap((element) => within(`${at} context`, textOf(element), 1, 2000)),
      ];
    }
    case 'actions':
      return [...blockIdProblems(block, at), ...actionProblems(listOf(block['elements']), at)];
    case 'input':
      return [
        ...blockIdProblems(block, at),
        ...within(`${at} label`, textOf(block['label']), 1, 2000),
        ...(block['hint'] === undefined ? [] : within(`${at} hint`, textOf(block['hint']), 1, 2000)),
        ...(isNode(block['element']) ? elementProblems(block['element'], at) : [`${at} has no element`]),
      ];
    case 'divider':
      return [];
    default:
      return [`${at} is a ${String(block['type'])}`];
  }
}

function blockIdProblems(block: Node, at: string): string[] {
  return block['block_id'] === undefined ? [] : within(`${at} block_id`, block['block_id'], 1, 255);
}

/** Of an input, and of boxes in a message. */
function elementProblems(element: Node, at: string): string[] {
  const options = listOf(element['options']);
  const most = element['type'] === 'static_select' ? 100 : 10;
  const chooses = element['type'] === 'static_select' || element['type'] === 'checkboxes';
  return [
    ...(chooses && (options.length < 1 || options.length > most) ? [`${at} has ${options.length} options`] : []),
    ...options.flatMap((option) => [
      ...within(`${at} option`, textOf(option['text']), 1, 75),
      ...within(`${at} option value`, option['value'], 1, 150),
    ]),
    ...(element['initial_value'] === undefined ? [] : within(`${at} initial value`, element['initial_value'], 0, 3000)),
  ];
}

function actionProblems(elements: readonly Node[], at: string): string[] {
  const buttons = elements.filter(({ type }) => type === 'button');
  const others = elements.filter(({ type }) => type !== 'button');
  return [...buttonProblems(elements, buttons, at), ...others.flatMap((element) => elementProblems(element, at))];
}

function buttonProblems(elements: readonly Node[], buttons: readonly Node[], at: string): string[] {
  const ids = elements.map((element) => element['action_id']);
  return [
    ...(elements.length < 1 || elements.length > 25 ? [`${at} has ${elements.length} elements`] : []),
    ...(new Set(ids).size === ids.length ? [] : [`${at} uses an action_id twice`]),
    ...buttons.flatMap((button) => [
      ...within(`${at} button`, textOf(button['text']), 1, 75),
      ...within(`${at} accessibility_label`, button['accessibility_label'], 1, 75),
      ...within(`${at} value`, button['value'], 1, 2000),
      ...(isNode(button['confirm']) ? confirmProblems(button['confirm'], at) : []),
    ]),
  ];
}

function confirmProblems(confirm: Node, at: string): string[] {
  return [
    ...within(`${at} confirm title`, textOf(confirm['title']), 1, 100),
    ...within(`${at} confirm text`, textOf(confirm['text']), 1, 300),
    ...within(`${at} confirm yes`, textOf(confirm['confirm']), 1, 30),
    ...within(`${at} confirm no`, textOf(confirm['deny']), 1, 30),
  ];
}

function within(what: string, text: unknown, least: number, most: number): string[] {
  if (typeof text !== 'string') return [`${what} is missing`];
  return text.length < least || text.length > most ? [`${what} has ${text.length} characters`] : [];
}

function textOf(value: unknown): unknown {
  return isNode(value) ? value['text'] : undefined;
}

function listOf(value: unknown): readonly Node[] {
  return Array.isArray(value) ? value.filter(isNode) : [];
}

function isNode(value: unknown): value is Node {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
