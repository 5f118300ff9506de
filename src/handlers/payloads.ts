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

export const Submission = z.object({
  user,
  team,
  view: z.object({
    private_metadata: z.string().max(3000),
    state: z.object({
      values: z.record(z.string(), z.record(z.string(), z.object({ value: z.string().nullish() }))),
    }),
  }),
});
export type Submission = z.infer<typeof Submission>;

/** Reads a payload, or refuses it calmly: it comes from another version of Slack or of us. */
export function read<T>(shape: z.ZodType<T>, payload: unknown): T {
  const result = shape.safeParse(payload);
  if (result.success) return result.data;
  throw new Refusal('unreadable', 'I cannot read this request.', 'Try it again, or type the command: `/dr help`.');
}
