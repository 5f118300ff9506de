// The disasters that a system's runbook knows, with how long the way out may take and what it consists of.
import type { Scenario, System } from '../core/system.ts';
import { count, span } from '../core/wording.ts';
import { code, header, inert, section } from './blocks.ts';
import { type Message, message } from './message.ts';
import { paragraphs } from './paragraphs.ts';

/** One part per scenario. */
export function scenariosMessage({ title, name, scenarios }: System): Message {
  const entries = Object.entries(scenarios);
  if (entries.length === 0) {
    const none = `The system file of ${inert(title, 80)} describes no scenarios.`;
    const next = `Recover with ${code('/dr restore')} or ${code('/dr rollback')}: ${code('/dr help')}.`;
    return message(`${none} ${next}`, [section(`${none}\n*Next:* ${next}`)]);
  }
  const heading = `${count(entries.length, 'scenario')} of ${inert(title, 80)}`;
  return message(`${heading}: ${entries.map(([id]) => inert(id, 40)).join(', ')}.`, [
    header(heading),
    ...paragraphs(
      entries.map(([id, scenario]) => partOf(name, id, scenario)),
      20,
      (left) => `… and ${count(left, 'more scenario')}.`,
    ),
  ]);
}

function partOf(
  system: string,
  id: string,
  { title, symptoms, environment, steps, rtoMinutes, rpoMinutes }: Scenario,
): string {
  const people = steps.filter(({ do: what }) => what === 'person').length;
  const asks = steps.some((step) => step.do === 'restore' && step.backup === 'asked')
    ? ' <backup>'
    : steps.some(({ do: what }) => what === 'moment')
      ? ' --at "<time>"'
      : steps.some(({ do: what }) => what === 'table')
        ? ' latest --table <table>'
        : '';
  const byPeople = people === 0 ? 'no human steps' : count(people, 'human step');
  return [
    `*${inert(title, 80)}* (${inert(environment, 60)})`,
    `RTO ${span(rtoMinutes * 60)}, RPO ${span(rpoMinutes * 60)}, ${byPeople}`,
    ...(symptoms.length === 0 ? [] : [inert(symptoms.join('; '), 300)]),
    code(`/dr recover ${id}${asks} --system ${system}`),
  ].join('\n');
}
