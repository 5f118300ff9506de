// The dialog of symptoms (F6), and what they say: level, likely cause, the way out, and whether to restore or to roll back.
import type { Button, InputBlock, ModalView, SectionBlock } from '@slack/types';
import type { Symptom } from '../core/incident-rules.ts';
import type { Assessment } from '../core/incident-views.ts';
import type { System } from '../core/system.ts';
import { ago, list, span, utcShort } from '../core/wording.ts';
import { actions, button, code, context, header, inert, plainText, section } from './blocks.ts';
import { type AssessValue, INCIDENT_ACTIONS, INCIDENT_VIEWS, type IncidentValue } from './buttons.ts';
import { dialog, optionOf, textInput } from './dialog-parts.ts';
import { declareButton, runButton } from './incident-controls.ts';
import { LEVEL_WORDS } from './incident-words.ts';
import { ended, sentence } from './inline.ts';
import { type Message, message } from './message.ts';
import { paragraphs } from './paragraphs.ts';
import { proofLine } from './status.ts';

/** The block of the onset; those of the symptoms are `symptoms-0`, `symptoms-1`, … since Slack takes ten boxes in one. */
export const ASSESS = { symptoms: 'symptoms', onset: 'onset' } as const;
const BOXES = 10;

export function assessView(
  system: System,
  { incident, channel }: Pick<AssessValue, 'incident' | 'channel'>,
): ModalView {
  const { symptoms } = system.incidents;
  const groups = Array.from({ length: Math.ceil(symptoms.length / BOXES) }, (_, at) =>
    symptoms.slice(at * BOXES, (at + 1) * BOXES),
  );
  return dialog({
    callback: INCIDENT_VIEWS.assess,
    metadata: JSON.stringify({ system: system.name, incident, channel } satisfies AssessValue),
    title: 'Assess',
    submit: 'Assess',
    blocks: [
      section(`*${inert(system.title, 80)}.* Tick what you see. Nothing is changed and nobody is called by this.`),
      ...groups.map((group, at) => boxes(group, at)),
      textInput({
        block: ASSESS.onset,
        label: 'When did it start? (UTC)',
        hint: 'As 14:40, 20 min ago, or 2025-11-22 14:40. Empty: not known.',
        most: 40,
        optional: true,
      }),
    ],
  });
}

function boxes(symptoms: readonly Symptom[], at: number): InputBlock {
  return {
    type: 'input',
    block_id: `${ASSESS.symptoms}-${at}`,
    optional: true,
    label: plainText(at === 0 ? 'What is seen?' : 'And besides?', 150),
    element: {
      type: 'checkboxes',
      action_id: ASSESS.symptoms,
      options: symptoms.map(({ name, seen }) => optionOf(seen, name)),
    },
  };
}

/** What stands under an onset that cannot be read, or under the boxes when none is ticked. */
export function assessErrors({ onset }: { readonly onset: boolean }): Record<string, string> {
  if (onset) return { [ASSESS.onset]: 'Type a moment that has passed: 14:40, 20 min ago, or 2025-11-22 14:40 (UTC).' };
  return { [`${ASSESS.symptoms}-0`]: 'Tick at least one of them.' };
}

const ADVICE: Readonly<Record<Assessment['advice']['is'], string>> = {
  restore: 'RESTORE',
  'roll back': 'ROLL BACK',
  neither: 'NEITHER',
  unclear: 'UNCLEAR',
};

/** The answer, with a button to declare and one to plan. `incident`: then nothing has to be declared any more. */
export function assessmentMessage(assessment: Assessment, incident: string | null): Message {
  const { at, system, symptoms, level, causes, scenario, onset, advice, plan } = assessment;
  const now = new Date(at);
  const cause = causes.length === 0 ? 'not in the decision matrix' : inert(list(causes), 400);
  const word = ADVICE[advice.is];
  const known = {
    system: system.name,
    level,
    seen: list(symptoms.map(({ seen }) => seen)),
    since: onset,
    scenario: scenario?.name ?? null,
    alert: null,
  };
  return message(`${LEVEL_WORDS[level]}. Likely cause: ${cause}. Restore or roll back? ${word}.`, [
    header(`${LEVEL_WORDS[level]}: ${system.title}`),
    section(
      [
        `*Seen:* ${inert(list(symptoms.map(({ seen }) => seen)), 600)}.`,
        `*Likely cause:* ${cause}.`,
        `*Way out:* ${scenarioLine(assessment)}`,
      ].join('\n'),
    ),
    ...paragraphs(
      [`*Restore or roll back? ${word}*`, ...advice.because.map((fact) => `• ${ended(sentence(fact, 400))}`)],
      1,
      (left) => `… and ${left} more.`,
    ),
    facts(assessment, now),
    actions([
      ...(incident === null ? [declareButton(known, 'danger')] : chooseButtons(incident, scenario)),
      ...(plan === null ? [] : runButton('Plan it', plan, 'primary')),
    ]),
    context(
      ...(plan === null
        ? []
        : [`“Plan it” runs ${code(`/dr ${plan}`)} as whoever clicks it: nothing is changed before it is approved`]),
      `${incident === null ? '' : `${incident} · `}as of ${utcShort(at, now)}`,
    ),
  ]);
}

/** Of an incident that is declared: its scenario sets the clock of its RTO. */
function chooseButtons(incident: string, scenario: Assessment['scenario']): Button[] {
  if (scenario === null) return [];
  const value: IncidentValue = { incident, scenario: scenario.name };
  const says = `Choose the scenario ${scenario.name} for ${incident}`;
  return [
    button({ action: INCIDENT_ACTIONS.scenario, label: 'Choose this scenario', says, value: JSON.stringify(value) }),
  ];
}

function scenarioLine({ scenario, plan }: Assessment): string {
  if (scenario === null) return plan === null ? 'no scenario of the runbook fits.' : `${code(`/dr ${plan}`)}.`;
  const { title, rtoMinutes, rpoMinutes } = scenario.scenario;
  return `${inert(title, 80)}, RTO ${span(rtoMinutes * 60)}, RPO ${span(rpoMinutes * 60)}.`;
}

function facts({ onset, release, migration, backup, proof }: Assessment, now: Date): SectionBlock {
  const current =
    release === null
      ? 'not known'
      : `${inert(release.id, 40)}, ${ago(release.createdAt, now)} old, by ${inert(release.by, 60)}: ${inert(release.description, 150)}`;
  const source =
    backup === null
      ? 'none is known'
      : `${inert(backup.id, 60)}, finished at ${utcShort(backup.finishedAt ?? backup.startedAt, now)}`;
  return section(
    [
      `*Began:* ${onset === null ? 'not known' : `${utcShort(onset, now)}, ${ago(onset, now)} ago`}`,
      `*Newest release:* ${current}`,
      `*Newest migration:* ${migration === null ? 'not known' : inert(migration, 60)}`,
      `*Newest backup from before it began:* ${source}`,
      proofLine(proof, now),
    ].join('\n'),
  );
}
