// The dialogs in which people type: declaring an incident, a sentence for its update, what ended it.
import type { ModalView } from '@slack/types';
import type { Level } from '../core/incident-rules.ts';
import type { System } from '../core/system.ts';
import { span, utc } from '../core/wording.ts';
import { inert, plain, section } from './blocks.ts';
import { type DeclareDialog, INCIDENT_VIEWS, type SayValue } from './buttons.ts';
import { dialog, optionOf, selectInput, textInput } from './dialog-parts.ts';
import { LEVEL_WORDS } from './incident-words.ts';

/** The blocks of its inputs; their actions have the same names. */
export const DECLARE = { level: 'level', seen: 'seen', since: 'since', scenario: 'scenario' } as const;

const LEVELS: readonly Level[] = [1, 2, 3];
const MEANING: Readonly<Record<Level, string>> = {
  1: 'customers are hurt now',
  2: 'it works in part, or will fail soon',
  3: 'nobody outside notices it',
};
/** Of what is seen: a command holds 1000 characters in all. */
const LONGEST_SAID = 700;
/** Of what was known before: the metadata of a dialog holds 3000 characters, and quotes count double. */
const LONGEST_KNOWN = 400;

/** What is known already stands in the inputs. */
export function declareView(system: System, known: DeclareDialog): ModalView {
  const levels = LEVELS.map((level) => optionOf(`${LEVEL_WORDS[level]}: ${MEANING[level]}`, String(level)));
  const scenarios = Object.entries(system.scenarios).map(([name, { title, rtoMinutes }]) =>
    optionOf(`${title} (RTO ${span(rtoMinutes * 60)})`, name),
  );
  const level = levels[LEVELS.indexOf(known.level)];
  const scenario = scenarios.find(({ value }) => value === known.scenario);
  return dialog({
    callback: INCIDENT_VIEWS.declare,
    metadata: JSON.stringify({ ...known, seen: known.seen === null ? null : plain(known.seen, LONGEST_KNOWN) }),
    title: 'Declare an incident',
    submit: 'Declare',
    blocks: [
      section(`*${inert(system.title, 80)}.* Declaring needs no approval: it tells people and starts the clocks.`),
      selectInput(DECLARE.level, 'How bad is it?', {
        options: levels,
        optional: false,
        ...(level && { initial: level }),
      }),
      textInput({
        block: DECLARE.seen,
        label: 'What is seen?',
        initial: known.seen,
        most: LONGEST_SAID,
        multiline: true,
      }),
      textInput({
        block: DECLARE.since,
        label: 'When did it start? (UTC)',
        hint: 'As 14:40, 20 min ago, or 2025-11-22 14:40. Empty: now.',
        initial: known.since === null ? null : utc(known.since),
        most: 40,
        optional: true,
      }),
      ...(scenarios.length === 0
        ? []
        : [
            selectInput(DECLARE.scenario, 'Scenario, if it is known', {
              options: scenarios,
              optional: true,
              ...(scenario && { initial: scenario }),
            }),
          ]),
    ],
  });
}

export const SAY = { text: 'text', public: 'public' } as const;

const WORDS: Readonly<
  Record<SayValue['say'], { readonly title: string; readonly label: string; readonly submit: string }>
> = {
  update: { title: 'Add an update', label: 'What should people know?', submit: 'Add' },
  resolve: { title: 'Resolve', label: 'What was done, and how do you know that it works?', submit: 'Resolve' },
};

/** A sentence about an incident; an update may also be for the public. */
export function sayView(value: SayValue): ModalView {
  const { incident, say } = value;
  const { title, label, submit } = WORDS[say];
  const audience = selectInput(SAY.public, 'Who reads it?', {
    options: AUDIENCES,
    initial: INSIDE,
    optional: false,
  });
  return dialog({
    callback: INCIDENT_VIEWS.say,
    metadata: JSON.stringify(value),
    title: `${title}: ${incident}`,
    submit,
    blocks: [
      textInput({ block: SAY.text, label, most: LONGEST_SAID, multiline: true }),
      ...(say === 'update'
        ? [audience]
        : [section('The clocks stop, everybody who was told is told, and the follow-up begins.')]),
    ],
  });
}

const INSIDE = optionOf('Only this channel and who is called', 'no');
const AUDIENCES = [INSIDE, optionOf('The public as well: status page, e-mail', 'yes')];

/** What stands under the inputs that cannot be read. */
export function declareErrors({
  since,
  seen,
}: {
  readonly since: boolean;
  readonly seen: boolean;
}): Record<string, string> {
  return {
    ...(since
      ? { [DECLARE.since]: 'Type a moment that has passed: 14:40, 20 min ago, or 2025-11-22 14:40 (UTC).' }
      : {}),
    ...(seen ? { [DECLARE.seen]: 'Say what is seen in a few words.' } : {}),
  };
}
