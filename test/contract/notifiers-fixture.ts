// What the contract of the notifiers is tried on: the real store, and servers that stand where the internet would be.
import { setTimeout as sleep } from 'node:timers/promises';
import { type MailFault, type MailServer, startMailServer } from '../../sandbox/outside/mail-server.ts';
import { startPagerDuty } from '../../sandbox/outside/pagerduty.ts';
import { startStatuspage } from '../../sandbox/outside/statuspage.ts';
import type { Fault } from '../../sandbox/supabase/http/faults.ts';
import { clocksOf } from '../../src/core/incident-clocks.ts';
import type { IncidentEvent } from '../../src/core/incident-log.ts';
import { nextUpdateAt } from '../../src/core/incident-periods.ts';
import type { Notices, NotifierName } from '../../src/core/incident-ports.ts';
import type { Notifiers } from '../../src/core/incident-rules.ts';
import type { IncidentSight } from '../../src/core/incident-views.ts';
import { Secret } from '../../src/core/secret.ts';
import type { System } from '../../src/core/system.ts';
import { createLog } from '../../src/lib/log.ts';
import { createRedactor } from '../../src/lib/redact.ts';
import { createNotifiers } from '../../src/notify/outside/notifiers.ts';
import { type OutsideSender, startOutsideSender } from '../../src/notify/outside/sender.ts';
import { createNarrateIncident } from '../../src/progress/narrate-incident.ts';
import type { OpenStore, StoreServer } from '../support/stores.ts';
import { outsideSystem } from '../unit/notify/outside/an-incident.ts';

/** What goes wrong with the next messages. */
export type Trouble = 'lost reply' | 'broken' | 'busy' | 'hangs';

export type Service = {
  readonly name: NotifierName;
  readonly notify: Partial<Notifiers>;
  /** The variable and its value. */
  readonly secret: readonly [string, string];
  /** What readers there were told, in order: what has no effect when it is repeated counts once. */
  told(): string[];
  /** What they are told of `COURSE`. */
  readonly course: readonly string[];
  trouble(trouble: Trouble, times?: number): void;
  mend(): void;
  stop(): Promise<void>;
};

const KEY = 'pagerduty-key-0123456789abcdefgh';
const TOKEN = 'statuspage-token-4711';
const PASSWORD = 'mail:password/4711';

export async function pagerDutyService(): Promise<Service> {
  const server = await startPagerDuty({ routingKey: KEY });
  return {
    name: 'pagerduty',
    notify: { pagerduty: { routingKey: 'PAGERDUTY_KEY', url: server.url, levels: [1, 2, 3] } },
    secret: ['PAGERDUTY_KEY', KEY],
    told: () =>
      server.received().flatMap(({ key, events }) => {
        return events.filter((event, at) => event !== events[at - 1]).map((event) => `${key} ${event}`);
      }),
    course: ['trigger', 'acknowledge', 'resolve'].map((event) => `holdfast/grayledger/inc-1 ${event}`),
    trouble: (trouble, times) => server.faults.add(httpFault(trouble, times, { path: '^/v2/' })),
    mend: server.faults.clear,
    stop: server.stop,
  };
}

export async function statuspageService(
  keepsMetadata = true,
): Promise<Service & { page: Awaited<ReturnType<typeof startStatuspage>> }> {
  const page = await startStatuspage({ token: TOKEN, page: 'p1', components: ['c1'], keepsMetadata });
  return {
    page,
    name: 'statuspage',
    notify: {
      statuspage: { token: 'STATUSPAGE_TOKEN', page: 'p1', component: 'c1', url: page.url, levels: [1, 2, 3] },
    },
    secret: ['STATUSPAGE_TOKEN', TOKEN],
    told: () => {
      const { incidents } = page.received();
      return incidents
        .flatMap(({ id, incident_updates: updates }) => updates.map(({ status }) => `${id} ${status}`))
        .toReversed();
    },
    course: ['investigating', 'investigating', 'resolved'].map((status) => `page00000001 ${status}`),
    trouble: (trouble, times) => {
      for (const method of ['POST', 'PATCH']) page.faults.add(httpFault(trouble, times, { path: '^/v1/', method }));
    },
    mend: page.faults.clear,
    stop: page.stop,
  };
}

export async function emailService(): Promise<Service & { server: MailServer }> {
  const server = await startMailServer({ credentials: { user: 'holdfast', password: PASSWORD } });
  const faults: Readonly<Record<Trouble, MailFault>> = {
    'lost reply': { is: 'lose-reply' },
    broken: { is: 'cut', at: 'mail' },
    busy: { is: 'refuse', at: 'data', code: 451 },
    hangs: { is: 'stall', ms: 30_000 },
  };
  return {
    server,
    name: 'email',
    notify: {
      email: { smtp: 'SMTP_URL', from: 'holdfast@example.com', to: ['oncall@example.com'], levels: [1, 2, 3] },
    },
    secret: ['SMTP_URL', server.url],
    told: () =>
      server.received().map(({ headers }) => /\.([a-z]+\.\d+)\./.exec(headers['message-id']?.[0] ?? '')?.[1] ?? ''),
    course: ['declared.1', 'acknowledged.2', 'escalated.3', 'updated.5', 'resolved.6'],
    trouble: (trouble, times = 100) => server.fault(faults[trouble], times),
    mend: server.clearFaults,
    stop: server.stop,
  };
}

function httpFault(trouble: Trouble, times: number | undefined, match: Fault['match']): Fault {
  const kinds: Readonly<Record<Trouble, Fault['do']>> = {
    'lost reply': { kind: 'lose-reply' },
    broken: { kind: 'answer', status: 503, headers: {} },
    busy: { kind: 'answer', status: 429, headers: { 'retry-after': '2' } },
    hangs: { kind: 'stall', ms: 30_000 },
  };
  return { match, ...(times === undefined ? {} : { times }), do: kinds[trouble] };
}

/** Everything that is told outside, after the declaration. */
export const COURSE: readonly IncidentEvent[] = [
  { type: 'acknowledged', by: 'U02BOB' },
  { type: 'escalated', rung: 1, call: ['lead'] },
  { type: 'updated', by: 'U02BOB', text: 'db-7 lost its WAL', public: false },
  { type: 'updated', by: 'U02BOB', text: 'Payments are paused, nothing is lost', public: true },
  { type: 'resolved', by: 'U02BOB', text: 'restored a003' },
];

type SightOf = (incident: string) => Promise<IncidentSight>;

export type Bench = {
  readonly store: OpenStore;
  readonly system: System;
  /** What was logged, as text. */
  readonly lines: readonly string[];
  /** Starts a process that tells, beside those that do already. */
  start(options?: { secrets?: Readonly<Record<string, string>>; notices?: Partial<Notices>; sightOf?: SightOf }): void;
  /** Stops all of them. */
  stop(ms?: number): Promise<void>;
  declare(seen?: string, level?: 1 | 2 | 3): Promise<string>;
  append(incident: string, ...events: readonly IncidentEvent[]): Promise<void>;
  /** How each notice fared: `email declared sent`. */
  fates(incident: string): Promise<string[]>;
};

let commands = 0;

/** A store with one system that tells its incidents through these services. */
export async function benchOf(stores: StoreServer, services: readonly Service[]): Promise<Bench> {
  const notify = Object.assign({}, ...services.map((service) => service.notify)) as Notifiers;
  const system = outsideSystem({ incidents: { notify } });
  const store = await stores.open({ narrateIncident: createNarrateIncident([system]) });
  const redactor = createRedactor();
  for (const { secret } of services) redactor.register(secret[1]);
  const lines: string[] = [];
  const log = createLog({ level: 'debug', redactor, destination: { write: (line) => void lines.push(line) } });
  const senders: OutsideSender[] = [];

  async function look(id: string): Promise<IncidentSight> {
    const incident = await store.incidents.load(id);
    if (incident === null) throw new Error(`there is no ${id}`);
    return {
      incident,
      system,
      entries: await store.incidents.log(id),
      clocks: clocksOf(incident, system, []),
      operations: [],
      notices: await store.notices.of(id),
      nextUpdateAt: nextUpdateAt(incident, system.updates.everyMinutes, new Date()),
    };
  }

  async function stop(ms?: number): Promise<void> {
    await Promise.all(senders.splice(0).map((sender) => sender.stop(ms)));
  }

  return {
    store,
    system,
    lines,
    stop,
    start({ secrets = Object.fromEntries(services.map(({ secret }) => secret)), notices, sightOf = look } = {}) {
      const secretOf = (variable: string) => new Secret(secrets[variable] ?? '');
      const notifierOf = createNotifiers({ systems: [system], secretOf, redactor, log });
      const told = { ...store.notices, ...notices };
      senders.push(
        startOutsideSender({ notices: told, sightOf, notifierOf, log, intervalMs: 20, now: () => new Date() }),
      );
    },
    async declare(seen = 'payments fail', level = 1) {
      commands += 1;
      const declared = { type: 'declared', by: 'U01ALICE', system: system.name, level, seen } as const;
      const startedAt = new Date().toISOString();
      const incident = await store.incidents.declare(
        { ...declared, startedAt, scenario: null, alert: null },
        `c${commands}`,
      );
      return incident.id;
    },
    async append(incident, ...events) {
      for (const event of events) await store.incidents.change(incident, () => [event]);
    },
    async fates(incident) {
      return (await store.notices.of(incident)).map(
        ({ notifier, notice, state }) => `${notifier} ${notice.is} ${state}`,
      );
    },
  };
}

/** Waits for up to 30 s. */
export async function until(what: string, is: () => boolean | Promise<boolean>): Promise<void> {
  for (const end = Date.now() + 30_000; Date.now() < end; await sleep(20)) {
    if (await is()) return;
  }
  throw new Error(`it did not happen: ${what}`);
}
