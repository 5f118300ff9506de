// A checklist of an incident (P20, F14, S7, B9): what is ticked with who, when and why, and what is open as boxes.
import type { ActionsBlock, ModalView, PlainTextOption, SectionBlock } from '@slack/types';
import { type Incident, type Tick, tickKey } from '../core/incident.ts';
import type { ChecklistItem, ChecklistName } from '../core/incident-rules.ts';
import type { IncidentSight } from '../core/incident-views.ts';
import type { System } from '../core/system.ts';
import type { View } from '../core/views.ts';
import { utcShort } from '../core/wording.ts';
import { button, context, header, inert, plainText, section, sectionWith } from './blocks.ts';
import { INCIDENT_ACTIONS, INCIDENT_VIEWS, type IncidentValue, type TickValue } from './buttons.ts';
import { dialog, optionOf } from './dialog-parts.ts';
import { headlineText } from './incident-words.ts';
import { ended, person, sentence } from './inline.ts';
import { type Message, message } from './message.ts';

const WHEN: Readonly<Record<ChecklistName, string>> = {
  pre: 'before the recovery',
  during: 'during the recovery',
  post: 'after the recovery',
};

/** The block of the boxes, and their action. */
const TICK = 'items';

type Item = ChecklistItem & { readonly at: number; readonly tick: Tick | null };

/** A box that is ticked becomes a line: several people may be at the same list, so a box never takes a tick away. */
export function checklistMessage({ at, sight, list }: View & { is: 'checklist' }): Message {
  const { incident, system } = sight;
  const now = new Date(at);
  const items = itemsOf(incident, system, list);
  const ticked = items.filter(({ tick }) => tick !== null).length;
  const state = `${ticked} of ${items.length} ticked`;
  if (items.length === 0) {
    const none = `The system file of ${inert(system.title, 80)} has no checklist “${list}”.`;
    return message(none, [section(none)]);
  }
  return message(`Checklist ${list} of ${incident.id}: ${state}.`, [
    header(`Checklist ${WHEN[list]}: ${state}`),
    section(`*${incident.id}* · ${headlineText(sight, 200)}`),
    ...items.flatMap((item) => (item.tick === null ? [] : [tickedLine(incident.id, list, item, item.tick, now)])),
    boxes(incident.id, list, items),
    context(`${incident.id} · what Holdfast sees for itself is ticked with the evidence · as of ${utcShort(at, now)}`),
  ]);
}

function itemsOf({ ticks }: Incident, { incidents }: System, list: ChecklistName): Item[] {
  return incidents.checklists[list].map((item, at) => ({ ...item, at, tick: ticks[tickKey(list, at)] ?? null }));
}

function tickedLine(incident: string, list: ChecklistName, { text, at }: Item, tick: Tick, now: Date): SectionBlock {
  const when = utcShort(tick.at, now);
  const evidence = tick.evidence === null ? '' : ` ${ended(sentence(tick.evidence, 300))}`;
  const line = `*TICKED* · ${inert(text, 100)} · ${tick.by === null ? 'seen by Holdfast' : person(tick.by)} at ${when}.${evidence}`;
  if (tick.by === null) return section(line);
  const value: IncidentValue = { incident, list, item: at };
  const says = `Take the tick off: ${text}`;
  return sectionWith(
    line,
    button({ action: INCIDENT_ACTIONS.untick, label: 'Untick', says, value: JSON.stringify(value) }),
  );
}

/** Null when nothing is open. The values of the boxes are the places of the items in the list. */
function boxes(incident: string, list: ChecklistName, items: readonly Item[]): ActionsBlock | null {
  const options = openOptions(items);
  if (options.length === 0) return null;
  const value: IncidentValue = { incident, list };
  const says = `Tick items of the checklist ${list} of ${incident} in a dialog`;
  const label = 'Tick in a dialog…';
  return {
    type: 'actions',
    block_id: JSON.stringify(value),
    elements: [
      { type: 'checkboxes', action_id: INCIDENT_ACTIONS.tick, options },
      button({ action: INCIDENT_ACTIONS.tickDialog, label, says, value: JSON.stringify(value) }),
    ],
  };
}

function openOptions(items: readonly Item[]): PlainTextOption[] {
  const open = items.filter(({ tick }) => tick === null).slice(0, 10);
  return open.map(({ text, at }) => optionOf(text, String(at)));
}

/** The open items as boxes in a dialog; without any it says so. */
export function checklistView(
  { incident, system }: IncidentSight,
  { list, channel }: Omit<TickValue, 'incident'>,
): ModalView {
  const options = openOptions(itemsOf(incident, system, list));
  return dialog({
    callback: INCIDENT_VIEWS.tick,
    metadata: JSON.stringify({ incident: incident.id, list, channel } satisfies TickValue),
    title: `Checklist: ${incident.id}`,
    submit: 'Tick',
    blocks:
      options.length === 0
        ? [section('Everything on this list is ticked.')]
        : [
            {
              type: 'input',
              block_id: TICK,
              optional: true,
              label: plainText(`What is done, ${WHEN[list]}?`, 150),
              element: { type: 'checkboxes', action_id: TICK, options },
            },
          ],
  });
}
