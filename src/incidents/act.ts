// What a person does to an incident that exists. Doing a thing twice changes nothing the second time.
import { Refusal } from '../core/errors.ts';
import { type Incident, tickKey } from '../core/incident.ts';
import type { IncidentEvent } from '../core/incident-log.ts';
import type { IncidentUseCases } from '../core/incident-use-cases.ts';
import { isEnded, type Operation } from '../core/operation.ts';
import type { System } from '../core/system.ts';
import { list, utc } from '../core/wording.ts';
import type { IncidentDeps } from './deps.ts';
import { requireItem, requireOpen, requireScenario, said } from './require.ts';
import { findIncident, linkedOf } from './sight.ts';

type On<Name extends keyof IncidentUseCases> = Parameters<IncidentUseCases[Name]>[0];
type Actor = { readonly incident: string; readonly by: string };
type Decide = (incident: Incident, system: System) => readonly IncidentEvent[];

/** Besides operators also whoever is called under the contacts: they are the ones who answer. */
export async function acknowledge(deps: IncidentDeps, { incident: id, by }: On<'acknowledge'>): Promise<Incident> {
  const system = await systemOf(deps, id);
  const isCalled = Object.values(system.contacts).some(({ users }) => users.includes(by));
  if (!isCalled) await deps.requireOperator(system, by);
  return deps.incidents.change(id, (incident) => {
    if (incident.acknowledged !== null) return [];
    requireOpen(incident);
    return [{ type: 'acknowledged', by }];
  });
}

export async function update(
  deps: IncidentDeps,
  { text, public: isPublic, ...actor }: On<'update'>,
): Promise<Incident> {
  const words = said(text);
  return act(deps, actor, (incident) => {
    requireOpen(incident);
    const last = incident.words.at(-1);
    const isSame = last?.text === words && last.by === actor.by && last.public === isPublic;
    return isSame ? [] : [{ type: 'updated', by: actor.by, text: words, public: isPublic }];
  });
}

export function setLevel(deps: IncidentDeps, { level, ...actor }: On<'setLevel'>): Promise<Incident> {
  return act(deps, actor, (incident) => {
    requireOpen(incident);
    return incident.level === level ? [] : [{ type: 'level_set', by: actor.by, level }];
  });
}

/** Reaches the point of the review (G22), also when the incident is over; a second moment takes the place of the first. */
export function setReview(
  deps: IncidentDeps,
  { at, ...actor }: Actor & { readonly at: string },
  now: Date,
): Promise<Incident> {
  return act(deps, actor, ({ id, reached }) => {
    if (Date.parse(at) <= now.getTime()) {
      throw new Refusal(
        'review-in-the-past',
        `${utc(at)} is over.`,
        `Say when the review of ${id} will be, such as “2025-11-23 10:00 UTC”.`,
      );
    }
    const note = `the review is at ${utc(at)}`;
    if (reached.review?.note === note) return [];
    return [{ type: 'reached', milestone: 'review', by: actor.by, note }];
  });
}

export function setScenario(deps: IncidentDeps, { scenario, ...actor }: On<'setScenario'>): Promise<Incident> {
  return act(deps, actor, (incident, system) => {
    requireOpen(incident);
    requireScenario(system, scenario);
    return incident.scenario === scenario ? [] : [{ type: 'scenario_set', by: actor.by, scenario }];
  });
}

/** Also when it is over: some items are for afterwards. */
export function tick(deps: IncidentDeps, { list: name, item, ...actor }: On<'tick'>): Promise<Incident> {
  return act(deps, actor, ({ ticks }, system) => {
    requireItem(system, name, item);
    if (tickKey(name, item) in ticks) return [];
    return [{ type: 'ticked', list: name, item, by: actor.by, evidence: null }];
  });
}

export function untick(deps: IncidentDeps, { list: name, item, ...actor }: On<'untick'>): Promise<Incident> {
  return act(deps, actor, ({ ticks }, system) => {
    requireItem(system, name, item);
    return tickKey(name, item) in ticks ? [{ type: 'unticked', list: name, item, by: actor.by }] : [];
  });
}

/** Refused while its recovery is at work: nobody is to be told that it is over before that is known. */
export async function resolve(deps: IncidentDeps, { text, ...actor }: On<'resolve'>): Promise<Incident> {
  const words = said(text);
  const known = await findIncident(deps, actor.incident);
  const busy = (await linkedOf(deps, known)).filter(({ state }) => !isEnded(state));
  return act(deps, actor, (incident) => {
    if (incident.resolved !== null) return [];
    requireIdle(incident, busy);
    return [{ type: 'resolved', by: actor.by, text: words }];
  });
}

export function followUp(deps: IncidentDeps, { hours, verdict, ...actor }: On<'followUp'>): Promise<Incident> {
  return act(deps, actor, ({ id, resolved, followedUp }, system) => {
    if (!system.incidents.followUpHours.includes(hours)) {
      throw new Refusal('no-such-follow-up', `Nothing follows ${hours} h after ${id}.`, 'See `/dr incident timeline`.');
    }
    if (resolved === null) {
      throw new Refusal('not-resolved', `${id} is still open.`, 'Resolve it first with `/dr incident resolve`.');
    }
    return String(hours) in followedUp ? [] : [{ type: 'followed_up', hours, by: actor.by, verdict }];
  });
}

/** For whatever only operators may do. `decide` is asked under the lock. */
async function act(deps: IncidentDeps, { incident: id, by }: Actor, decide: Decide): Promise<Incident> {
  const system = await systemOf(deps, id);
  await deps.requireOperator(system, by);
  return deps.incidents.change(id, (incident) => decide(incident, system));
}

async function systemOf(deps: IncidentDeps, id: string): Promise<System> {
  return deps.systemNamed((await findIncident(deps, id)).system);
}

function requireIdle({ id }: Incident, busy: readonly Operation[]): void {
  if (busy.length === 0) return;
  const ids = list(busy.map((operation) => operation.id));
  const next = busy.map((operation) => `\`/dr cancel ${operation.id}\``);
  throw new Refusal(
    'still-at-work',
    `${ids} of ${id} has not ended.`,
    `Wait for it, or stop it with ${list(next)}, then resolve ${id}.`,
  );
}
