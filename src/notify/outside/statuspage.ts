// A status page (Statuspage-compatible): one public incident per incident, its updates, and the state of one component (G23, G24).
import type { Notice } from '../../core/incident-ports.ts';
import type { Level } from '../../core/incident-rules.ts';
import type { IncidentSight } from '../../core/incident-views.ts';
import { pageReference, pageText, pageTitle } from '../../messages/outside/page.ts';
import { keyOf, type Notifier, SLOWLY, type Told, type ToTell } from './notifier.ts';
import { again } from './request.ts';
import {
  type Answered,
  type Change,
  type ComponentStatus,
  type Incidents,
  incidentsOf,
  type Page,
  type PageIncident,
  type Status,
} from './statuspage-api.ts';

type Options = Page & { readonly component: string };

const BY_LEVEL: Readonly<Record<Level, ComponentStatus>> = {
  1: 'major_outage',
  2: 'partial_outage',
  3: 'degraded_performance',
};

/**
 * Looks before it writes: our key stands in the metadata of the incident, with the notice that was told last, and both are
 * written by the very request that tells it. So whoever tries again after a lost reply finds what has happened.
 */
export function statuspage(options: Options): Notifier {
  const incidents = incidentsOf(options);
  return {
    name: 'statuspage',
    async send(item, signal) {
      const text = pageText(item.sight, item.notice, item.entry, item.now);
      if (text === null) return { is: 'skipped', why: 'there is nothing in it for the public' };
      if (isOvertaken(item)) return { is: 'skipped', why: 'something newer is told instead' };
      return tell({ incidents, component: options.component, item, body: options.redact(text) }, signal);
    },
  };
}

type Work = {
  readonly incidents: Incidents;
  readonly component: string;
  readonly item: ToTell;
  readonly body: string;
};

async function tell(work: Work, signal: AbortSignal): Promise<Told> {
  const { incidents, item } = work;
  const found = await find(work, signal);
  if (found.is !== 'ok') return failed(found);
  const { ours, others } = found.body;
  if (ours === null && item.receipt !== null) return { is: 'dropped', why: 'its incident was removed from the page' };
  if (ours === null && item.notice.is === 'resolved') return { is: 'skipped', why: 'the page was never told of it' };
  if (ours !== null && isThere(ours, work)) return { is: 'sent', receipt: ours.id };

  const change = changeOf(work, others);
  const answer =
    ours === null
      ? await incidents.create({ ...change, name: pageTitle(item.sight) }, signal)
      : await incidents.change(ours.id, change, signal);
  if (answer.is !== 'ok') return failed(answer);
  // What the page shows now is in its answer.
  if (answer.body.status !== change.status) return again('the status page does not show what it was told');
  return { is: 'sent', receipt: answer.body.id };
}

type Found = {
  /** Null when the page knows nothing of it. */
  readonly ours: PageIncident | null;
  /** Whether something else that is open keeps the component from being operational. */
  readonly others: boolean;
};

async function find({ incidents, component, item }: Work, signal: AbortSignal): Promise<Answered<Found>> {
  const { receipt, notice } = item;
  if (receipt !== null && notice.is !== 'resolved') {
    const answer = await incidents.read(receipt, signal);
    if (answer.is === 'refused' && answer.status === 404) return { is: 'ok', body: { ours: null, others: false } };
    return answer.is === 'ok' ? { is: 'ok', body: { ours: answer.body, others: false } } : answer;
  }
  const answer = await incidents.list(signal);
  if (answer.is !== 'ok') return answer;
  const ours = answer.body.find((one) => one.id === receipt || isOurs(one, item.sight)) ?? null;
  const others = answer.body.some(
    ({ id, status, components }) =>
      id !== ours?.id && isOpen(status) && (components ?? []).some((one) => one.id === component),
  );
  return { is: 'ok', body: { ours, others } };
}

/** By our key, or on a page that keeps no metadata by the reference under our title. */
function isOurs({ name, metadata, incident_updates: updates }: PageIncident, sight: IncidentSight): boolean {
  const ours = metadata?.holdfast;
  if (ours !== undefined) return ours.incident === keyOf(sight);
  const reference = pageReference(sight);
  return name === pageTitle(sight) && (updates ?? []).some(({ body }) => body?.includes(reference) ?? false);
}

/** Maintenance has other words. */
function isOpen(status: string): boolean {
  return ['investigating', 'identified', 'monitoring'].includes(status);
}

/** Notices of one incident come one after the other, so only the last one can be in doubt. */
function isThere({ metadata, incident_updates: updates }: PageIncident, { item, body }: Work): boolean {
  const ours = metadata?.holdfast;
  // A page that keeps no metadata is compared by its text.
  if (ours === undefined) return (updates ?? []).some((update) => update.body === body);
  return ours.incident === keyOf(item.sight) && ours.told === nameOf(item.notice);
}

function changeOf({ component, item, body }: Work, others: boolean): Change {
  const { sight, notice } = item;
  const status = statusOf(sight, notice);
  const state = status === 'resolved' ? 'operational' : BY_LEVEL[sight.incident.level];
  // Left as it is while another incident needs it down.
  const components = status === 'resolved' && others ? {} : { [component]: state };
  return {
    status,
    body,
    components,
    component_ids: [component],
    metadata: { holdfast: { incident: keyOf(sight), told: nameOf(notice) } },
  };
}

function statusOf({ incident: { reached } }: IncidentSight, { is }: Notice): Status {
  if (is === 'resolved') return 'resolved';
  return reached.diagnosed === undefined && reached.started === undefined ? 'investigating' : 'identified';
}

function nameOf({ is, seq }: Notice): string {
  return `${is}:${seq}`;
}

/** What is said once in every period is not made up several times when the page was away. */
function isOvertaken({ notice, sight: { incident, notices } }: ToTell): boolean {
  if (notice.is !== 'ongoing') return false;
  const isNewer = (other: Notice) => other.is === 'ongoing' && other.seq > notice.seq;
  return incident.resolved !== null || notices.some((one) => one.notifier === 'statuspage' && isNewer(one.notice));
}

function failed(answer: Exclude<Answered<never>, { is: 'ok' }>): Told {
  if (answer.is === 'again') return answer;
  const why = `the status page answered ${answer.status} (${answer.says})`;
  // The page or the component is not there, or not ours; anything else is about what was said.
  return answer.status === 404 ? again(why, SLOWLY, 'not-found') : { is: 'dropped', why };
}
