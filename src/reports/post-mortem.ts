// The draft of a post-mortem (G29, G30, S12, P19, F17): everything that is known of an incident; people write the rest.
import type { Incident } from '../core/incident.ts';
import { ladderOf } from '../core/incident-clocks.ts';
import { timelineOf } from '../core/incident-timeline.ts';
import { objectivesOf } from '../core/incident-views.ts';
import type { Report } from '../core/report.ts';
import type { System } from '../core/system.ts';
import { asMeant, list, span, utc, utcTime } from '../core/wording.ts';
import { type Block, heading, type Line, listOr, type People, paragraph, personText, sentence } from './document.ts';
import type { IncidentInput } from './incident-input.ts';
import { lessons } from './lessons.ts';
import { markdownOf } from './markdown.ts';
import { peopleOfIncident, titlesOf } from './people.ts';
import { spanOr, timelineWords, UNKNOWN } from './timeline-words.ts';

/** Work that follows, by the hours after the end at which it is reminded of. */
const FOLLOW_UPS: Readonly<Record<string, string>> = {
  '24': 'Root cause analysis; complete the timeline and these action items (G29)',
  '48': 'Blameless debrief with everybody who took part (S12, F17)',
  '168': 'Prevention in place, runbook updated, figures recorded (G30, P19)',
};

/** Pure. It may be made before the incident is resolved; what is open then is unknown. */
export function postMortem(input: IncidentInput): Omit<Report, 'id'> {
  const { incident, system } = input;
  const title = `${incident.id}, ${system.title}: ${asMeant(incident.seen)}`;
  return {
    system: system.name,
    kind: 'post-mortem',
    of: incident.id,
    at: incident.resolved?.at ?? incident.last.at,
    title,
    result: 'none',
    figures: null,
    markdown: markdownOf({ title: `Post-mortem (draft): ${title}`, blocks: blocksOf(input) }),
  };
}

function blocksOf(input: IncidentInput): Block[] {
  const { incident, system, entries, operations } = input;
  const people = titlesOf(peopleOfIncident(entries, operations), system);
  const said = (text: string): Line => sentence(text, people);
  return [
    paragraph(
      'A draft: Holdfast wrote what stands in its logs, people write the rest. No one person is responsible; look at process and prevention. What nobody measured is “unknown”.',
    ),
    heading('Summary'),
    { is: 'table', head: ['', '', 'Source'], rows: summaryRows(input, people) },
    heading('Impact'),
    { is: 'list', items: impact(input).map(said) },
    heading('Timeline (UTC)'),
    { is: 'table', head: ['Time', 'What happened', 'Log'], rows: timelineRows(input, said) },
    heading('Root cause'),
    paragraph('Ask why until the answer is a process and not a person.'),
    { is: 'list', items: whys(asMeant(incident.seen)) },
    ...lessons(input).flatMap(({ title, prompt, facts }) => [
      heading(title),
      paragraph(prompt),
      ...(facts.length === 0 ? [] : [{ is: 'list' as const, items: facts.map(said) }]),
    ]),
    heading('Data loss'),
    listOr((input.losses.dataLoss ?? []).map(said), `${UNKNOWN}: no plan that was carried out said what it loses.`),
    heading('Approvers'),
    ...approvers(input, people),
    heading('Action items'),
    { is: 'table', head: ['Action', 'Owner', 'Remind', 'Done'], rows: actionRows(input) },
    heading('Whom to tell'),
    listOr(contacts(system), 'No contacts stand in the system file.'),
    heading('Where this comes from'),
    {
      is: 'list',
      items: [
        [`${incident.id}: `, { code: `/dr incident timeline --incident ${incident.id}` }],
        ...operations.map(({ operation }): Line => [`${operation.id}: `, { code: `/dr audit ${operation.id}` }]),
      ],
    },
  ];
}

function summaryRows({ incident, losses, system, operations }: IncidentInput, people: People): Line[][] {
  const { resolved, acknowledged, scenario } = incident;
  const log = `log of ${incident.id}`;
  const journals = operations.length === 0 ? log : list(operations.map(({ operation }) => operation.id));
  const by = (id: string) => personText(id, people);
  const rto = objectivesOf(incident, system)?.rtoMinutes ?? null;
  const rows: (readonly [string, string, string])[] = [
    ['Incident', `${incident.id}, level ${incident.level}`, log],
    ['System', system.title, 'system file'],
    ['Seen', asMeant(incident.seen), log],
    ['Began', utc(incident.startedAt), `${log}, as declared`],
    ['Declared', `${utc(incident.declaredAt)} by ${by(incident.declaredBy)}`, log],
    ['Acknowledged', acknowledged === null ? 'by nobody' : `${utc(acknowledged.at)} by ${by(acknowledged.by)}`, log],
    ['Resolved', resolved === null ? 'not yet' : `${utc(resolved.at)} by ${by(resolved.by)}`, log],
    ['Scenario', scenario === null ? 'none was chosen' : (system.scenarios[scenario]?.title ?? scenario), log],
    ['Duration', spanOr(losses.durationSeconds), `${log}, from its beginning to its resolution`],
    ['Time to detect (MTTD)', spanOr(losses.detectSeconds), `${log}, from its beginning to the declaration`],
    ['Time to recover (MTTR)', recovery(losses.recoverSeconds, rto), journals],
    ['Downtime by our own steps', spanOr(losses.downSeconds), journals],
    ['Data loss', losses.dataLoss === null ? UNKNOWN : list(losses.dataLoss), 'plans that were carried out'],
    ['Root cause', UNKNOWN, 'to be found'],
  ];
  return rows.map(([name, value, source]) => [[{ strong: name }], value, source]);
}

function recovery(seconds: number | null, rtoMinutes: number | null): string {
  const target = rtoMinutes === null ? '; no RTO is stated' : `; RTO ${span(rtoMinutes * 60)}`;
  return `${spanOr(seconds)}${target}`;
}

function impact({ incident, losses }: IncidentInput): string[] {
  const told = incident.words.findLast((word) => word.public);
  return [
    `Customers affected: ${UNKNOWN}. Write how many, and how they noticed.`,
    `Closed by our own steps: ${spanOr(losses.downSeconds)}.`,
    told === undefined
      ? 'No sentence was written for the public.'
      : `The public was told, the last time at ${utc(told.at)}: ${asMeant(told.text)}`,
  ];
}

function timelineRows({ entries, operations, system }: IncidentInput, said: (text: string) => Line): Line[][] {
  return timelineOf(entries, operations).flatMap((item) => {
    const words = timelineWords(item, system);
    const log = `${item.is === 'incident' ? item.entry.incident : item.entry.operation}, ${item.entry.seq}`;
    return words === null ? [] : [[`${item.at.slice(0, 10)} ${utcTime(item.at)}`, said(words), log]];
  });
}

function whys(seen: string): Line[] {
  return [
    `Why did it happen (“${seen}”)? ${UNKNOWN}`,
    ...[2, 3, 4, 5].map((number) => `Why that? (${number} of 5) ${UNKNOWN}`),
  ];
}

function approvers({ operations }: IncidentInput, people: People): Block[] {
  const rows = operations.flatMap(({ operation }) =>
    operation.votes.map(({ by, roles, at }): Line[] => [operation.id, personText(by, people), list(roles), utc(at)]),
  );
  if (rows.length === 0) return [paragraph('Nobody had to approve anything.')];
  return [{ is: 'table', head: ['Operation', 'Approved by', 'As', 'When'], rows }];
}

/** What always follows, and empty lines for what people find. */
function actionRows({ incident, system, losses }: IncidentInput): Line[][] {
  const { followUpHours, owner = ladderOf(system.incidents)[0]?.call[0] } = system.incidents;
  const ownedBy = (owner === undefined ? undefined : system.contacts[owner]?.title) ?? `${UNKNOWN}: name somebody`;
  const rows = followUpHours.map((hours): Line[] => [
    FOLLOW_UPS[String(hours)] ?? 'Look at what is still open',
    ownedBy,
    `${remindAt(incident, hours)} (${span(hours * 3600)} after the end)`,
    'open',
  ]);
  const data: Line[][] =
    losses.dataLoss === null
      ? []
      : [['Tell those whose data is lost, and whoever keeps the books (G28)', ownedBy, '', 'open']];
  return [...rows, ...data, ['What would have prevented it?', `${UNKNOWN}: name somebody`, '', 'open']];
}

function remindAt({ resolved }: Incident, hours: number): string {
  if (resolved === null) return UNKNOWN;
  return utc(new Date(Date.parse(resolved.at) + hours * 3_600_000).toISOString());
}

function contacts({ contacts: known }: System): Line[] {
  return Object.values(known).map(({ title, users, email, phone, url }) => {
    const ways = [...users, email, phone, url].filter((way) => way !== undefined);
    // As code, an address can be copied as it is.
    return [{ strong: title }, ...ways.flatMap((way) => [' ', { code: way }])];
  });
}
