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
  if (asked.about === 'task') return task(operation, asked, now);
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

/** Something that only a person can do: nothing has gone wrong. */
function task(operation: Operation, asked: Question, now: Date): (KnownBlock | null)[] {
  const { step, why } = asked;
  const value = buttonValue(operation, { asks: asked.seq });
  const name = stepName(operation, step);
  const lines = [
    `*A person's turn:* ${name}, since ${utcShort(operation.last.at, now)}.`,
    ended(sentence(why, 1000)),
    '• _Done_: whoever clicks vouches for it by name; the operation goes on.',
    '• _Abandon and undo_: no further step; what Holdfast did is taken back.',
  ];
  const done = button({
    action: ACTIONS.happened,
    label: 'Done',
    says: `${operation.id}, step ${step.slice(1)}: done`,
    value,
    style: 'primary',
  });
  return [section(lines.join('\n')), actions([done, giveUpButton(operation, value, 'Abandon and undo', GIVE_UP)])];
}

const GIVE_UP = 'No further step is run. Everything done so far is taken back, last step first.';

function giveUpButton({ id, question }: Operation, value: string, label: string, text: string): Button {
  return button({
    action: ACTIONS.abandon,
    label,
    says: `${id}, step ${question?.step.slice(1)}: ${label.toLowerCase()}`,
    value,
    style: 'danger',
    confirm: { title: `${label}?`, text, yes: label, no: 'Back' },
  });
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

function buttonsFor(operation: Operation, asked: Question): Button[] {
  const { step, about } = asked;
  const value = buttonValue(operation, { asks: asked.seq });
  const giveUp = about === 'undo' ? 'Leave it as it is' : 'Abandon and undo';
  const says = (answer: string) => `${operation.id}, step ${step.slice(1)}: ${answer}`;
  return [
    button({ action: ACTIONS.happened, label: 'It happened', says: says('it happened'), value }),
    button({ action: ACTIONS.did_not, label: 'It did not', says: says('it did not happen'), value }),
    giveUpButton(
      operation,
      value,
      giveUp,
      about === 'undo' ? 'This step stays as it is and is not taken back. The rest is taken back.' : GIVE_UP,
    ),
  ];
}
