// The dialogs in which something is typed before anything is changed: the name of what will be overwritten, a second factor.
import type { AllMiddlewareArgs, SlackViewMiddlewareArgs, ViewSubmitAction } from '@slack/bolt';
import { Refusal } from '../core/errors.ts';
import type { Operation } from '../core/operation.ts';
import { CONFIRM_VIEW, FACTOR_VIEW, readButtonValue } from '../messages/buttons.ts';
import { confirmErrors } from '../messages/confirm-view.ts';
import { closedDialog } from '../messages/dialog-parts.ts';
import type { Click } from '../operations/click.ts';
import type { UseCases } from '../operations/use-cases.ts';
import { acknowledgement } from './acknowledge.ts';
import { read, Submission } from './payloads.ts';
import { sentenceOf } from './sentence-of.ts';
import { OLD_BUTTON } from './sentences.ts';
import { refuseStrangers } from './strangers.ts';
import type { Tools } from './tools.ts';

export type ViewArgs = SlackViewMiddlewareArgs<ViewSubmitAction> & AllMiddlewareArgs;

type Typed = {
  readonly view: typeof CONFIRM_VIEW | typeof FACTOR_VIEW;
  /** What stands above the reason when it did not come to it. */
  readonly not: string;
  act(
    useCases: UseCases,
    click: Click,
    typed: { readonly typed: string; readonly shownAt: string },
  ): Promise<Operation>;
  /** What to write under the input when another try may do, by the code of the Refusal. */
  readonly again: Readonly<Record<string, (refusal: Refusal, operation: Operation) => Record<string, string>>>;
};

const CONFIRM: Typed = {
  view: CONFIRM_VIEW,
  not: 'Not confirmed',
  act: (useCases, click, { typed }) => useCases.confirm({ ...click, typed }),
  again: { 'wrong-name': (_, { plan }) => confirmErrors(plan.target.name) },
};

const underFactor = ({ message }: Refusal) => ({ [FACTOR_VIEW.block]: message });
const FACTOR: Typed = {
  view: FACTOR_VIEW,
  not: 'Not approved',
  act: (useCases, click, second) => useCases.approve({ ...click, second }),
  again: { 'wrong-factor': underFactor, 'used-factor': underFactor },
};

/** Confirms. A wrong name keeps the dialog open; any other "no" takes the place of its content. */
export function onConfirmTyped(args: ViewArgs, tools: Tools): Promise<void> {
  return onTyped(args, tools, CONFIRM);
}

/** Approves. A wrong code or signature keeps the dialog open; any other "no" takes the place of its content. */
export function onFactorTyped(args: ViewArgs, tools: Tools): Promise<void> {
  return onTyped(args, tools, FACTOR);
}

async function onTyped({ ack, body }: ViewArgs, tools: Tools, dialog: Typed): Promise<void> {
  const acknowledge = acknowledgement(ack, tools.log);
  try {
    const wrong = await act(body, tools, dialog);
    await (wrong === null ? acknowledge() : acknowledge({ response_action: 'errors', errors: wrong }));
  } catch (thrown) {
    const { blocks } = sentenceOf(thrown, tools.log);
    await acknowledge({ response_action: 'update', view: closedDialog(dialog.not, [...blocks]) });
  }
}

/** What to write under the input when something else is to be typed; null when it is done. */
async function act(
  payload: unknown,
  { useCases, ours }: Tools,
  { view: names, act: done, again }: Typed,
): Promise<Record<string, string> | null> {
  const { user, team, view } = read(Submission, payload);
  refuseStrangers({ user: user.id, team: team.id, home: user.team_id }, ours());
  const value = readButtonValue(view.private_metadata);
  if (value === null) throw OLD_BUTTON;
  // Without its moment a dialog counts as the oldest there is.
  const { operation, digest, shownAt = new Date(0).toISOString() } = value;
  const typed = view.state.values[names.block]?.[names.action]?.value ?? '';
  try {
    await done(useCases, { operation, digest, by: user.id }, { typed, shownAt });
    return null;
  } catch (thrown) {
    const under = thrown instanceof Refusal ? again[thrown.code] : undefined;
    if (under === undefined || !(thrown instanceof Refusal)) throw thrown;
    return under(thrown, await useCases.find(operation));
  }
}
