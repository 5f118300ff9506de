// What Slack sends us, read loosely: only the fields that are used, and a refusal when one of them is not there.
import { z } from 'zod';
import { Refusal } from '../core/errors.ts';

const id = z.string().min(1).max(64);
/** Names the very request: two deliveries of it carry the same one. */
const trigger_id = z.string().min(1).max(500);
const user = z.object({ id, team_id: id.optional() });
const team = z.object({ id });

export const SlashCommand = z.object({
  text: z.string().default(''),
  user_id: id,
  channel_id: id,
  team_id: id,
  trigger_id,
});

export const ButtonClick = z.object({
  user,
  team,
  trigger_id,
  channel: z.object({ id }).optional(),
  actions: z.array(z.object({ action_id: z.string(), value: z.string().max(3000).default('') })).min(1),
});
export type ButtonClick = z.infer<typeof ButtonClick>;

/** A button or boxes; of boxes all that are marked now, and the block that they stand in. */
export const BoxClick = ButtonClick.extend({
  actions: z
    .array(
      z.object({
        action_id: z.string(),
        block_id: z.string().max(300).default(''),
        value: z.string().max(3000).default(''),
        selected_options: z
          .array(z.object({ value: z.string().max(150) }))
          .max(20)
          .default([]),
      }),
    )
    .min(1),
});
export type BoxClick = z.infer<typeof BoxClick>;

export const HomeOpened = z.object({
  team_id: id,
  event: z.object({ user: id, tab: z.string().default('home') }),
});

const chosen = z.object({ value: z.string().max(150) });
/** What stands in one input: a text, one choice, or several. */
const Input = z.object({
  value: z.string().nullish(),
  selected_option: chosen.nullish(),
  selected_options: z.array(chosen).nullish(),
});

export const Submission = z.object({
  user,
  team,
  trigger_id: trigger_id.default(''),
  view: z.object({
    private_metadata: z.string().max(3000),
    state: z.object({ values: z.record(z.string(), z.record(z.string(), Input)) }),
  }),
});
export type Submission = z.infer<typeof Submission>;

/** Reads a payload, or refuses it calmly: it comes from another version of Slack or of us. */
export function read<T>(shape: z.ZodType<T>, payload: unknown): T {
  const result = shape.safeParse(payload);
  if (result.success) return result.data;
  throw new Refusal('unreadable', 'I cannot read this request.', 'Try it again, or type the command: `/dr help`.');
}
