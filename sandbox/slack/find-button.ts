// Finds the button a person means in a message, by its action id or by the words on it.
import { z } from 'zod';
import type { Message } from './message.ts';

const Button = z.looseObject({
  type: z.literal('button'),
  action_id: z.string().default(''),
  value: z.string().optional(),
  text: z.looseObject({ text: z.string() }),
});

export type FoundButton = z.infer<typeof Button> & { block_id: string };

/** The one button with this action id or text; throws with the buttons there are when none or several match. */
export function findButton(message: Message, actionIdOrText: string): FoundButton {
  const buttons = message.blocks.flatMap((block, index) => {
    const elements = Array.isArray(block['elements']) ? block['elements'] : [];
    return [...elements, block['accessory']].flatMap((element: unknown) => {
      const { data } = Button.safeParse(element);
      return data ? [{ ...data, block_id: String(block['block_id'] ?? `block-${index}`) }] : [];
    });
  });
  const meant = buttons.filter(({ action_id: id, text }) => id === actionIdOrText || text.text === actionIdOrText);
  const [button] = meant;
  if (button && meant.length === 1) return button;
  const there = buttons.map(({ action_id: id, text }) => `[${text.text}] (${id})`).join(', ') || 'none';
  throw new Error(`${meant.length || 'no'} buttons "${actionIdOrText}" in "${message.text}"; there: ${there}`);
}
