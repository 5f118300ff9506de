// The question that only a person can answer, with what each answer leads to.
import type { Button, KnownBlock } from '@slack/types';
import { type Operation, type Question, stepOf } from '../core/operation.ts';
import { utcShort } from '../core/wording.ts';
import { actions, button, code, section } from './blocks.ts';
import { ACTIONS, buttonValue } from './buttons.ts';
import { capital, ended, sentence } from './inline.ts';
import { stepName } from './step-words.ts';

/** Empty when nothing is asked. */
export function question(operation: Operation, now: Date): (KnownBlock | null)[] {
  const { question: asked } = operation;
  if (asked === null) return [];
  const { step } = stepOf(operation, asked.step);
  const runs = code(step.runs, 250);
  const lines = [
    `*A person must say what happened.* Waiting since ${utcShort(operation.last.at, now)}. Nothing is done until then.`,
    ended(
      `${capital(`${asked.about === 'undo' ? 'taking back ' : ''}${stepName(operation, asked.step)}`)}: ${sentence(asked.why)}`,
    ),
    ...(runs === '' ? [] : [`Look at the target first. The step runs ${runs}`]),
    ...answersTo(asked.about),
  ];
  return [section(lines.join('\n')), actions(buttonsFor(operation, asked))];
}

function answersTo(about: Question['about']): string[] {
  if (about === 'undo') {
    return [
      '• _It happened_: the step counts as taken back, unverified; the rest is taken back.',
      '• _It did not_: taking it back is tried again.',
      '• _Leave it as it is_: this step stays; the rest is taken back.',
    ];
  }
  return [
    '• _It happened_: the step counts as done, unverified; the operation goes on.',
    '• _It did not_: the step is done again, from the start.',
    '• _Abandon and undo_: no further step; what was done is taken back.',
  ];
}

function buttonsFor(operation: Operation, { step, about }: Question): Button[] {
  const value = buttonValue(operation, { step, about });
  const giveUp = about === 'undo' ? 'Leave it as it is' : 'Abandon and undo';
  const says = (answer: string) => `${operation.id}, step ${step.slice(1)}: ${answer}`;
  return [
    button({ action: ACTIONS.happened, label: 'It happened', says: says('it happened'), value }),
    button({ action: ACTIONS.did_not, label: 'It did not', says: says('it did not happen'), value }),
    button({
      action: ACTIONS.abandon,
      label: giveUp,
      says: says(giveUp.toLowerCase()),
      value,
      style: 'danger',
      confirm: {
        title: `${giveUp}?`,
        text:
          about === 'undo'
            ? 'This step stays as it is and is not taken back. The rest is taken back.'
            : 'No further step is run. Everything done so far is taken back, last step first.',
        yes: giveUp,
        no: 'Back',
      },
    }),
  ];
}
