// What handlers themselves have to say: about requests, never about operations.
import { Refusal } from '../core/errors.ts';
import { code, section } from '../messages/blocks.ts';
import { type Message, message } from '../messages/message.ts';

export const NOT_KNOWN_YET = new Refusal(
  'not-known-yet',
  'Your command is not saved yet: our database is slow. You will be told here as soon as it is known.',
  'Look at `/dr status` before you type it again.',
);

export const ALREADY_AT_IT = new Refusal(
  'already-at-it',
  'This command is being worked on already.',
  'Its plan appears in the incident channel; `/dr status` shows it.',
);

export const WAS_SHOWN = new Refusal('was-shown', 'This request was answered before.', 'Type the command again.');

export const OLD_BUTTON = new Refusal(
  'old-button',
  'This button is from another version of Holdfast.',
  'Type `/dr status` to see what is going on.',
);

export const DIALOG_TOO_LATE = new Refusal(
  'dialog-too-late',
  'Slack allows three seconds for opening the dialog, and they had passed.',
  'Click the button again, or type the command again.',
);

export const UNKNOWN_SYSTEM = new Refusal(
  'unknown-system',
  'The system of this button is not protected here any more.',
  'See `/dr systems`.',
);

/** The short answer to Done and Dismiss. */
export function followedUp(verdict: 'done' | 'dismissed', incident: string): Message {
  const text =
    verdict === 'done' ? `Recorded: the work after ${incident} is done.` : `Recorded: dismissed for ${incident}.`;
  return message(text, [section(text)]);
}

export function chosen(scenario: string, incident: string): Message {
  const text = `${incident} follows the scenario ${code(scenario)}: its card shows the RTO.`;
  return message(text, [section(text)]);
}

const DONE = {
  approve: 'Your approval of {operation} is recorded.',
  deny: 'You denied {operation}; it is stopped.',
  cancel: '{operation} is stopped; what it prepared is cleared away.',
  join: 'You take part in {operation}: its report names you.',
  // What follows depends on what was asked, about doing or about taking back: the card says it.
  happened: 'Recorded: it happened. {operation} goes on from there.',
  did_not: 'Recorded: it did not happen. {operation} goes on from there.',
  abandon: 'Recorded. {operation} goes on from there.',
} as const;

/** The short answer to a click that decided something; the card tells the rest. */
export function thanks(button: keyof typeof DONE, operation: string): Message {
  const text = DONE[button].replace('{operation}', operation);
  return message(text, [section(text)]);
}
