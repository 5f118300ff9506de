// The buttons of incidents: those that can do something now.

import type { ActionsBlock, Button } from '@slack/types';
import type { Incident } from '../core/incident.ts';
import { asMeant } from '../core/wording.ts';
import { actions, button, plain } from './blocks.ts';
import { type DeclareValue, INCIDENT_ACTIONS, type IncidentValue } from './buttons.ts';

/** Null when there is nothing to do. */
export function incidentControls(incident: Incident): ActionsBlock | null {
  const { id, acknowledged, resolved } = incident;
  const value = JSON.stringify({ incident: id } satisfies IncidentValue);
  const one = (action: keyof typeof INCIDENT_ACTIONS, label: string, says: string): Button =>
    button({ action: INCIDENT_ACTIONS[action], label, says: `${says} ${id}`, value });
  const timeline = one('timeline', 'Timeline', 'Show the timeline of');
  const checklist = one('checklist', 'Checklist', 'Show the checklist of');
  if (resolved !== null) return actions([checklist, timeline]);
  const ack = button({
    action: INCIDENT_ACTIONS.ack,
    label: 'Acknowledge',
    says: `Acknowledge ${id}: nobody else is called`,
    value,
    style: 'primary',
  });
  return actions([
    ...(acknowledged === null ? [ack] : []),
    one('update', 'Add update…', 'Add a sentence to the next update of'),
    one('assess', 'Assess…', 'Find the likely cause and the way out of'),
    checklist,
    timeline,
    one('resolve', 'Resolve…', 'End'),
  ]);
}

/** Done and Dismiss, for the work that follows an incident. */
export function followUpControls(incident: string, hours: number): ActionsBlock | null {
  const value = JSON.stringify({ incident, hours } satisfies IncidentValue);
  const says = (what: string) => `${what}: the work that follows ${incident}, ${hours} h after its end`;
  return actions([
    button({ action: INCIDENT_ACTIONS.done, label: 'Done', says: says('Done'), value, style: 'primary' }),
    button({ action: INCIDENT_ACTIONS.dismiss, label: 'Dismiss', says: says('Dismiss'), value }),
  ]);
}

/** Of what is seen; the rest is typed. Slack takes 2000 characters, and quotes count double. */
const SEEN = 400;
const VALUE = 2_000;

/** Opens the dialog with what is known already. */
export function declareButton(known: DeclareValue, style?: 'primary' | 'danger'): Button {
  const value: DeclareValue = { ...known, seen: known.seen === null ? null : plain(asMeant(known.seen), SEEN) };
  return button({
    action: INCIDENT_ACTIONS.declare,
    label: 'Declare incident…',
    says: `Declare an incident of ${known.system}`,
    value: JSON.stringify(value),
    ...(style === undefined ? {} : { style }),
  });
}

/** Runs a command as whoever clicks; none for a command that is too long for a button. `command` is without `/dr`. */
export function runButton(label: string, command: string, style?: 'primary'): Button[] {
  const value = JSON.stringify({ command });
  if (value.length > VALUE) return [];
  const says = `${label}: /dr ${command}`;
  return [button({ action: INCIDENT_ACTIONS.run, label, says, value, ...(style === undefined ? {} : { style }) })];
}
