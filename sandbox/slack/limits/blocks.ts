// Slack's limits on blocks, messages and views, as schemas: what breaks one, real Slack refuses.
import { z } from 'zod';
import { Accessory, ActionElement, anyText, ContextElement, Image, InputElement, plainText } from './elements.ts';

const block = <Type extends string>(type: Type) => ({
  type: z.literal(type),
  block_id: z.string().min(1).max(255).optional(),
});

/** Known to Slack, not looked into here. */
const UNCHECKED = [
  ...['divider', 'rich_text', 'video', 'file', 'context_actions', 'table', 'data_table'],
  ...['plan', 'task_card', 'card', 'carousel', 'container'],
];

const distinctActionIds = (elements: readonly { action_id?: unknown }[]) => {
  const ids = elements.flatMap(({ action_id: id }) => (id === undefined ? [] : [id]));
  return new Set(ids).size === ids.length;
};

const inMessages = [
  z
    .looseObject({
      ...block('section'),
      text: anyText(3000).optional(),
      fields: z.array(anyText(2000)).min(1).max(10).optional(),
      accessory: Accessory.optional(),
    })
    .refine(({ text, fields }) => text !== undefined || fields !== undefined, 'needs text or fields'),
  z.looseObject({ ...block('header'), text: plainText(150) }),
  z.looseObject({ ...block('context'), elements: z.array(ContextElement).min(1).max(10) }),
  z.looseObject({
    ...block('actions'),
    elements: z.array(ActionElement).min(1).max(25).refine(distinctActionIds, 'action_id is used twice in this block'),
  }),
  z.looseObject({
    ...block('input'),
    label: plainText(2000),
    hint: plainText(2000).optional(),
    element: InputElement,
  }),
  z.looseObject({ ...block('markdown'), text: z.string().min(1).max(12_000) }),
  Image.extend({ ...block('image'), title: plainText(2000).optional() }),
  ...UNCHECKED.map((type) => z.looseObject(block(type))),
] as const;

const distinctBlockIds = (blocks: readonly { block_id?: unknown }[]) => {
  const ids = blocks.flatMap(({ block_id: id }) => (id === undefined ? [] : [id]));
  return new Set(ids).size === ids.length;
};

export const MessageBlocks = z
  .array(z.discriminatedUnion('type', [...inMessages]))
  .max(50)
  .refine(distinctBlockIds, 'block_id is used twice');

const ViewBlocks = z
  .array(z.discriminatedUnion('type', [...inMessages, z.looseObject(block('alert'))]))
  .max(100)
  .refine(distinctBlockIds, 'block_id is used twice');

const everyView = {
  blocks: ViewBlocks,
  private_metadata: z.string().max(3000).optional(),
  callback_id: z.string().max(255).optional(),
};

export const View = z.discriminatedUnion('type', [
  z.looseObject({ ...everyView, type: z.literal('home') }),
  z
    .looseObject({
      ...everyView,
      type: z.literal('modal'),
      title: plainText(24),
      submit: plainText(24).optional(),
      close: plainText(24).optional(),
    })
    .refine(
      ({ blocks, submit }) => submit !== undefined || blocks.every(({ type }) => type !== 'input'),
      'a modal with input blocks needs submit',
    ),
]);
