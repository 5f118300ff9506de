// Slack's limits on the things inside blocks: texts, buttons, inputs, menus.
import { z } from 'zod';

export const plainText = (max: number) =>
  z.looseObject({ type: z.literal('plain_text'), text: z.string().min(1).max(max) });

export const anyText = (max: number) =>
  z.looseObject({ type: z.enum(['plain_text', 'mrkdwn']), text: z.string().min(1).max(max) });

const Confirm = z.looseObject({
  title: plainText(100),
  text: anyText(300),
  confirm: plainText(30),
  deny: plainText(30),
});

const Option = z.looseObject({
  text: anyText(75),
  value: z.string().min(1).max(150),
  description: anyText(75).optional(),
});

const interactive = <Type extends string>(type: Type) => ({
  type: z.literal(type),
  action_id: z.string().min(1).max(255).optional(),
  confirm: Confirm.optional(),
});

const menu = <Type extends string>(type: Type) =>
  z.looseObject({
    ...interactive(type),
    placeholder: plainText(150).optional(),
    options: z.array(Option).min(1).max(100).optional(),
    option_groups: z
      .array(z.looseObject({ label: plainText(75), options: z.array(Option).max(100) }))
      .max(100)
      .optional(),
  });

const choice = <Type extends string>(type: Type, most: number) =>
  z.looseObject({ ...interactive(type), options: z.array(Option).min(1).max(most) });

const field = <Type extends string>(type: Type) =>
  z.looseObject({ ...interactive(type), placeholder: plainText(150).optional() });

const Button = z.looseObject({
  ...interactive('button'),
  text: plainText(75),
  value: z.string().max(2000).optional(),
  url: z.string().max(3000).optional(),
  style: z.enum(['primary', 'danger']).optional(),
  accessibility_label: z.string().max(75).optional(),
});

export const Image = z.looseObject({ type: z.literal('image'), alt_text: z.string().min(1).max(2000) });

const MENUS = ['static', 'external', 'users', 'conversations', 'channels'] as const;

const choosers = [
  ...MENUS.map((kind) => menu(`${kind}_select`)),
  ...MENUS.map((kind) => menu(`multi_${kind}_select`)),
  choice('radio_buttons', 10),
  choice('checkboxes', 10),
  ...['datepicker', 'timepicker', 'datetimepicker'].map(field),
];

/** What may stand in an actions block. */
export const ActionElement = z.discriminatedUnion('type', [Button, choice('overflow', 5), ...choosers]);

/** What may stand beside a section. */
export const Accessory = z.discriminatedUnion('type', [Button, Image, choice('overflow', 5), ...choosers]);

/** What may stand in an input block. */
export const InputElement = z.discriminatedUnion('type', [
  field('plain_text_input').extend({
    max_length: z.number().min(1).max(3000).optional(),
    min_length: z.number().max(3000).optional(),
    initial_value: z.string().max(3000).optional(),
  }),
  ...['email_text_input', 'url_text_input', 'number_input', 'rich_text_input', 'file_input'].map(field),
  ...choosers,
]);

/** What may stand in a context block. */
export const ContextElement = z.union([anyText(3000), Image]);
