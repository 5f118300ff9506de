// The buttons of a card: only those that can do something in the state the operation is in.
import type { ActionsBlock, Button } from '@slack/types';
import { factorOf } from '../core/consent.ts';
import { hasBegunChanging, isEnded, type Operation } from '../core/operation.ts';
import { actions, button } from './blocks.ts';
import { ACTIONS, buttonValue } from './buttons.ts';

/** Null when there is nothing to decide. The answers to a question stand with the question. */
export function controls(operation: Operation): ActionsBlock | null {
  const { state, plan } = operation;
  const joining = plan.verb === 'drill' && !isEnded(state) ? [join(operation)] : [];
  return actions([...joining, ...deciding(operation)]);
}

function deciding(operation: Operation): Button[] {
  const { state, plan } = operation;
  switch (state) {
    case 'proposed':
      return [confirm(operation), cancel(operation)];
    case 'awaiting_approval':
      return [approve(operation), deny(operation), cancel(operation)];
    case 'queued':
      return [...(plan.gate !== null && plan.consent.kind === 'approvals' ? [deny(operation)] : []), cancel(operation)];
    case 'running':
      return isCancellable(operation) ? [cancel(operation)] : [];
    case 'succeeded':
    case 'unverified':
      return plan.undo.possible ? [undo(operation)] : [];
    default:
      return [];
  }
}

/** The rule of operations/decide: nothing is stopped in the middle of a change. */
function isCancellable(operation: Operation): boolean {
  return !isEnded(operation.state) && !hasBegunChanging(operation);
}

function approve(operation: Operation): Button {
  return button({
    action: ACTIONS.approve,
    label: factorOf(operation.plan.consent) === null ? 'Approve' : 'Approve…',
    says: `Approve ${operation.id}: ${operation.plan.headline}`,
    value: buttonValue(operation),
    style: 'primary',
  });
}

function deny(operation: Operation): Button {
  return button({
    action: ACTIONS.deny,
    label: 'Deny',
    says: `Deny ${operation.id}: ${operation.plan.headline}`,
    value: buttonValue(operation),
    style: 'danger',
    confirm: {
      title: `Deny ${operation.id}?`,
      text: `${operation.plan.headline} is stopped for good, and what it prepared is cleared away. ${operation.plan.target.name} stays as it is.`,
      yes: 'Deny',
      no: 'Back',
    },
  });
}

function confirm(operation: Operation): Button {
  return button({
    action: ACTIONS.confirm,
    label: 'Confirm…',
    says: `Confirm ${operation.id} by typing the name of the target`,
    value: buttonValue(operation),
    style: 'primary',
  });
}

/** People are asked to take part in a drill (G26). */
function join(operation: Operation): Button {
  return button({
    action: ACTIONS.join,
    label: 'Join',
    says: `Take part in ${operation.id}: ${operation.plan.headline}`,
    value: buttonValue(operation),
  });
}

function cancel(operation: Operation): Button {
  return button({
    action: ACTIONS.cancel,
    label: 'Cancel',
    says: `Cancel ${operation.id}: ${operation.plan.headline}`,
    value: buttonValue(operation),
  });
}

function undo(operation: Operation): Button {
  return button({
    action: ACTIONS.undo,
    label: 'Undo…',
    says: `Plan the way back from ${operation.id}`,
    value: buttonValue(operation),
  });
}
