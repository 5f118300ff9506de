// The names of everything that can be clicked or typed into, and what a click carries.
import { z } from 'zod';
import { CHECKLISTS, Level } from '../core/incident-rules.ts';
import { AlertId, ChannelId, IncidentId, Moment, OperationId, Slug } from '../core/names.ts';

export const ACTIONS = {
  approve: 'operation_approve',
  deny: 'operation_deny',
  confirm: 'operation_confirm',
  cancel: 'operation_cancel',
  join: 'operation_join',
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

/** The dialog in which an approver gives a second factor. */
export const FACTOR_VIEW = {
  callback: 'operation_factor_typed',
  block: 'approval_factor',
  action: 'second_factor',
} as const;

/** The operation as it was shown: the digest binds the click to the plan on the card. `asks` is the number of the question that it answers, `shownAt` when a dialog was opened. */
export const ButtonValue = z.strictObject({
  operation: OperationId,
  digest: z.string().regex(/^[0-9a-f]{64}$/),
  asks: z.int().positive().optional(),
  shownAt: Moment.optional(),
});
export type ButtonValue = z.infer<typeof ButtonValue>;

/** The value of a button, and the private metadata of the dialog. */
export function buttonValue(
  { id, digest }: { readonly id: string; readonly digest: string },
  more: Pick<ButtonValue, 'asks' | 'shownAt'> = {},
): string {
  const value: ButtonValue = { operation: id, digest, ...more };
  return JSON.stringify(value);
}

/** Null for anything that cannot have come from one of our buttons. */
export function readButtonValue(text: string | undefined): ButtonValue | null {
  return text === undefined || text.length > 500 ? null : readValue(ButtonValue, text);
}

/** What can be clicked on the messages of incidents and alerts. `tick` and `untick` stand in checklists. */
export const INCIDENT_ACTIONS = {
  ack: 'incident_ack',
  update: 'incident_update',
  assess: 'incident_assess',
  checklist: 'incident_checklist',
  timeline: 'incident_timeline',
  resolve: 'incident_resolve',
  tick: 'incident_tick',
  /** The same boxes in a dialog, for where a message cannot show them. */
  tickDialog: 'incident_tick_dialog',
  untick: 'incident_untick',
  done: 'incident_done',
  dismiss: 'incident_dismiss',
  scenario: 'incident_scenario',
  declare: 'incident_declare',
  /** Runs the command that it carries, as whoever clicks it. */
  run: 'command_run',
} as const;

/** Their dialogs. */
export const INCIDENT_VIEWS = {
  declare: 'incident_declare_typed',
  assess: 'incident_assess_chosen',
  say: 'incident_say_typed',
  tick: 'incident_tick_chosen',
} as const;

/** Which incident, and what of it: an item of a checklist, the hours of a reminder, a scenario. */
export const IncidentValue = z.strictObject({
  incident: IncidentId,
  list: z.enum(CHECKLISTS).optional(),
  item: z.int().min(0).max(99).optional(),
  hours: z.number().positive().optional(),
  scenario: Slug.optional(),
});
export type IncidentValue = z.infer<typeof IncidentValue>;

/** What is known already of an incident that is to be declared; kept short for the value of a button. */
export const DeclareValue = z.strictObject({
  system: Slug,
  level: Level,
  seen: z.string().max(500).nullable(),
  since: Moment.nullable(),
  scenario: Slug.nullable(),
  alert: AlertId.nullable(),
});
export type DeclareValue = z.infer<typeof DeclareValue>;

/** A command without `/dr`, as it would be typed. */
export const RunValue = z.strictObject({ command: z.string().min(1).max(1000) });

/** Where a dialog was asked for, so that what comes of it is answered there; null where there is no such place. */
const channel = ChannelId.nullable().catch(null);

export const DeclareDialog = DeclareValue.extend({ channel });
export type DeclareDialog = z.infer<typeof DeclareDialog>;

/** `incident`: the one that is assessed; null before one is declared. */
export const AssessValue = z.strictObject({ system: Slug, incident: IncidentId.nullable(), channel });
export type AssessValue = z.infer<typeof AssessValue>;

export const TickValue = z.strictObject({ incident: IncidentId, list: z.enum(CHECKLISTS), channel });
export type TickValue = z.infer<typeof TickValue>;

/** What the sentence that is typed is for. */
export const SayValue = z.strictObject({ incident: IncidentId, say: z.enum(['update', 'resolve']), channel });
export type SayValue = z.infer<typeof SayValue>;

/** The value of a button or the private metadata of a dialog, read; null for anything that cannot be ours. */
export function readValue<T>(shape: z.ZodType<T>, text: string | undefined): T | null {
  if (text === undefined || text.length > 3000) return null;
  try {
    return shape.safeParse(JSON.parse(text)).data ?? null;
  } catch {
    return null;
  }
}
