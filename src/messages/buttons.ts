// The names of everything that can be clicked or typed into, and what a click carries.
import { z } from 'zod';
import { OperationId } from '../core/names.ts';
import type { Question } from '../core/operation.ts';

export const ACTIONS = {
  approve: 'operation_approve',
  deny: 'operation_deny',
  confirm: 'operation_confirm',
  cancel: 'operation_cancel',
  undo: 'operation_undo',
  happened: 'operation_happened',
  did_not: 'operation_did_not',
  abandon: 'operation_abandon',
} as const;

/** The dialog in which the name of the target is typed. */
export const CONFIRM_VIEW = {
  callback: 'operation_confirm_typed',
  block: 'confirm_target',
  action: 'confirm_name',
} as const;

/** The operation as it was shown: the digest binds the click to the plan on the card. `asks` is the question that it answers. */
export const ButtonValue = z.strictObject({
  operation: OperationId,
  digest: z.string().regex(/^[0-9a-f]{64}$/),
  asks: z
    .strictObject({ step: z.string().regex(/^s[1-9][0-9]?$/), about: z.enum(['step', 'undo', 'task']) })
    .optional(),
});
export type ButtonValue = z.infer<typeof ButtonValue>;

/** The value of a button, and the private metadata of the dialog. */
export function buttonValue(
  { id, digest }: { readonly id: string; readonly digest: string },
  asked?: Pick<Question, 'step' | 'about'>,
): string {
  const asks = asked && { step: asked.step, about: asked.about };
  const value: ButtonValue = { operation: id, digest, ...(asks === undefined ? {} : { asks }) };
  return JSON.stringify(value);
}

/** Null for anything that cannot have come from one of our buttons. */
export function readButtonValue(text: string | undefined): ButtonValue | null {
  if (text === undefined || text.length > 500) return null;
  try {
    return ButtonValue.safeParse(JSON.parse(text)).data ?? null;
  } catch {
    return null;
  }
}
