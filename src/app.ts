// The composition root: the only place where objects meet.
import { mkdir } from 'node:fs/promises';
import { hostname } from 'node:os';
import { approversMissing, protectedDatabases, warnOfObjective } from './app/at-start.ts';
import { auditFile, NO_AUDIT_FILE } from './app/audit-file.ts';
import { type Round, roundsOf, watchOver } from './app/by-itself.ts';
import { homeFor } from './app/home.ts';
import { channelsOf, incidentDepsOf, placesOf } from './app/incidents.ts';
import { metricsOf } from './app/metrics.ts';
import { monthOf } from './app/month.ts';
import { directOptions, platformsOf, sharedActions } from './app/platforms.ts';
import { queueView } from './app/queue-view.ts';
import { redactorFor, redactorForPeople } from './app/redactor.ts';
import { openSlackDoor, type SlackDoor } from './app/slack-door.ts';
import { topicsOf } from './app/topics.ts';
import type { Config } from './config/config.ts';
import { ownDatabaseProblems } from './config/own-database.ts';
import type { Problem } from './config/problem.ts';
import { reasonOf } from './core/errors.ts';
import { isEnded } from './core/operation.ts';
import { boltLogger } from './handlers/bolt-logger.ts';
import { createSlackApp } from './handlers/slack-app.ts';
import { answerIncident } from './incidents/answer.ts';
import type { IncidentDeps } from './incidents/deps.ts';
import { linking } from './incidents/link.ts';
import { createIncidentUseCases } from './incidents/use-cases.ts';
import { sleep } from './lib/clock.ts';
import { serveHealth } from './lib/health-server.ts';
import { hidingFetch } from './lib/hiding-fetch.ts';
import { createLog, type Log } from './lib/log.ts';
import type { Redactor } from './lib/redact.ts';
import { createNotifiers } from './notify/outside/notifiers.ts';
import { startOutsideSender } from './notify/outside/sender.ts';
import { startSender } from './notify/sender.ts';
import { slackClient } from './notify/slack-client.ts';
import type { Deps } from './operations/deps.ts';
import { execute } from './operations/execute.ts';
import { createSweep } from './operations/sweep.ts';
import { createUseCases } from './operations/use-cases.ts';
import { codesIn } from './people/codes.ts';
import { signaturesBy } from './people/signatures.ts';
import { slackPeople } from './people/slack-people.ts';
import { healthNow } from './platforms/shared/health.ts';
import { readOffsite } from './platforms/shared/places.ts';
import { createSystems } from './platforms/shared/systems.ts';
import { removeLeft } from './platforms/shared/work-files.ts';
import { survey } from './postgres/survey.ts';
import { narrate } from './progress/narrate.ts';
import { narrateAlert } from './progress/narrate-alert.ts';
import { createNarrateIncident } from './progress/narrate-incident.ts';
import { nextDrill, scheduleViews } from './progress/next-times.ts';
import { tick } from './progress/tick.ts';
import { assertNoEviction } from './queue/assert-no-eviction.ts';
import { type ConnectedQueue, connectQueue } from './queue/queue.ts';
import { startWorker } from './queue/worker.ts';
import { runbooks } from './runbooks/runbooks.ts';
import { createStore, type Store } from './store/store.ts';

/** `bot` talks with Slack, `worker` carries operations out. One process may be both. */
export const ROLES = ['bot', 'worker'] as const;
export type Role = (typeof ROLES)[number];

/** How long (s) a worker that fell silent keeps an operation before another one may take it. */
const LEASE_SECONDS = 5;
/** Drills and whatever a schedule starts come one after the other, and never in the way of what a person has asked for. */
const AT_ONCE = { people: 6, scheduled: 1 } as const;
const SWEEP_MS = 1_000;
const TIDY_MS = 5_000;
const TICK_MS = 1_000;
const SEND_MS = 250;
const STOP_MS = 10_000;

type Part = { stop(): Promise<unknown> };

export type App = {
  /** Checks what it stands on, then starts. Resolves to the problems for which it did not start; throws when something broke. */
  start(): Promise<readonly Problem[]>;
  /** Takes nothing new, hands work in progress on, and returns within about fifteen seconds. */
  stop(): Promise<void>;
};

/** Puts the parts together. Nothing is contacted before `start`. */
export function createApp(config: Config, roles: readonly Role[]): App {
  const redactor = redactorFor(config);
  const log = createLog({ level: config.logLevel, redactor });
  const store = createStore({
    connectionString: config.databaseUrl.open(),
    narrate,
    narrateIncident: createNarrateIncident(config.systems),
    narrateAlert,
    log,
  });
  const queue = connectQueue({ url: config.redisUrl.open(), log });
  const { text: redact } = redactorForPeople(config);
  const client = slackClient({
    token: config.slack.botToken,
    apiUrl: config.slack.apiUrl,
    logger: boltLogger(log),
    redact,
  });
  const people = slackPeople({ client });
  const { heroku, all: platforms } = platformsOf(config);
  const systems = createSystems({
    systems: config.systems,
    platforms,
    sharedActions: (one) => sharedActions(one, config, store),
    survey: (database, { tables, migrations }, since) => survey(database, { tables, migrations, since }),
    healthNow,
    offsite: (system, environment) => readOffsite(directOptions(config), system, environment),
  });
  const audit = config.auditFile === null ? NO_AUDIT_FILE : auditFile(config.auditFile, store.ledger);
  const incidents = incidentDepsOf({ people, systems, log }, store);
  const factors = {
    totp: codesIn(config.codesFile, store.codes),
    ssh: signaturesBy(config.signersFile, config.path),
  };
  const deps: Deps = {
    ...store,
    operations: linking(incidents, store.operations),
    queue,
    people,
    factors,
    systems,
    runbooks,
    redact,
    log,
    scheduleViews,
    nextDrill,
    month: (system, month) => monthOf(store, system, month),
    audit,
    placeOf: placesOf(store, config.systems),
    answerIncident: (command, asked) => answerIncident(incidents, command, { ...asked, now: new Date() }),
  };
  const running: Part[] = [];

  return {
    async start() {
      await Promise.all([
        assertNoEviction(config.redisUrl.open()),
        config.systems.some((system) => system.platform === heroku.kind) ? heroku.assertCli() : null,
        mkdir(config.workDir, { recursive: true, mode: 0o711 }),
      ]);
      const own = ownDatabaseProblems(config.databaseUrl, await protectedDatabases(systems, log));
      const problems = [...own, ...(roles.includes('bot') ? await approversMissing(config.systems, deps, log) : [])];
      if (problems.length > 0) return problems;
      await store.ready();
      if (roles.includes('worker')) running.push(...workerParts(deps, config, log));
      const needs: Record<string, () => Promise<unknown>> = { store: () => store.counts(), queue: () => queue.ping() };
      if (roles.includes('bot')) {
        const { door, parts } = await botParts({ deps, incidents, store, config, redactor, log });
        running.push(...parts);
        needs['slack'] = async () => {
          if (!door.isOpen()) throw new Error('the door to Slack is not open');
        };
      }
      if (config.healthPort !== null) running.push(await healthPart(config, { store, queue }, needs));
      for (const system of config.systems) warnOfObjective(system, systems.platformOf(system), log);
      log.info({ roles, systems: config.systems.map(({ name }) => name) }, 'holdfast started');
      return [];
    },
    async stop() {
      log.info({}, 'holdfast stops');
      for (const part of running.splice(0)) {
        await part.stop().catch((thrown: unknown) => log.warn({ reason: reasonOf(thrown) }, 'part did not stop well'));
      }
      await queue.close();
      await store.close();
    },
  };
}

function workerParts(deps: Deps, { redisUrl, workDir }: Config, log: Log): Part[] {
  const stopping = new AbortController();
  const options = {
    worker: `${hostname()}-${process.pid}`,
    leaseSeconds: LEASE_SECONDS,
    undoTries: 3,
    undoPauseMs: 2_000,
    gateTries: 24,
    gatePauseMs: 5_000,
  };
  const handle = (operation: string) => execute(deps, options, operation, stopping.signal);
  const workers = (['people', 'scheduled'] as const).map((lane) =>
    startWorker({ url: redisUrl.open(), lane, concurrency: AT_ONCE[lane], handle, log }),
  );
  const stopWorkers = async () => {
    stopping.abort(new Error('the process stops'));
    await Promise.all(workers.map((worker) => worker.close(STOP_MS)));
  };
  const tidy = async () => {
    const removed = await removeLeft({ workDir }, async (id) => {
      const operation = await deps.operations.load(id);
      return operation !== null && isEnded(operation.state);
    });
    if (removed.length > 0) log.info({ removed }, 'work files removed');
  };
  const rounds: Round[] = [
    { everyMs: SWEEP_MS, work: createSweep(deps) },
    { everyMs: TIDY_MS, work: tidy },
    { everyMs: TIDY_MS, work: () => deps.audit.secure() },
  ];
  return [{ stop: stopWorkers }, ...rounds.map((round) => every(round, log))];
}

type Bot = {
  readonly deps: Deps;
  readonly incidents: IncidentDeps;
  readonly store: Store;
  readonly config: Config;
  readonly redactor: Redactor;
  readonly log: Log;
};

async function botParts({
  deps,
  incidents,
  store,
  config,
  redactor,
  log,
}: Bot): Promise<{ door: SlackDoor; parts: Part[] }> {
  const { slack, systems, host } = config;
  const now = () => new Date();
  const useCases = createIncidentUseCases(incidents);
  const watch = watchOver(deps, store);
  const home = { ...deps, store, incidents: useCases, lastLook: watch.latest };
  const { redact } = deps;
  const client = slackClient({ token: slack.botToken, apiUrl: slack.apiUrl, logger: boltLogger(log), redact });
  const { door: way, ...ours } = slack;
  const app = createSlackApp({
    ...ours,
    ...way,
    port: way.mode === 'http' ? way.port : 0,
    host,
    useCases: createUseCases(deps),
    incidents: useCases,
    homeFor: (user) => homeFor(home, user, now()),
    guarded: (send) => hidingFetch(redact, send),
    log,
    systems,
  });
  const door = await openSlackDoor(app, log);
  const sender = startSender({
    client,
    outbox: store.outbox,
    topics: topicsOf({ store, systems, sightOf: useCases.find, channelOf: channelsOf({ client, log }, store), now }),
    log,
    intervalMs: SEND_MS,
  });
  const { secretOf } = directOptions(config);
  const outside = startOutsideSender({
    notices: store.notices,
    sightOf: useCases.find,
    notifierOf: createNotifiers({ systems, secretOf, redactor, log }),
    log,
    intervalMs: SEND_MS,
    now,
  });
  const intervals = new Map(systems.map(({ name, updates }) => [name, updates.everyMinutes]));
  const everyMinutes = (system: string) => intervals.get(system) ?? 15;
  const ticking = { operations: store.operations, outbox: store.outbox, everyMinutes };
  const rounds: Round[] = [{ everyMs: TICK_MS, work: () => tick(ticking, now()) }, ...roundsOf(deps, store, incidents)];
  return { door, parts: [door, ...rounds.map((round) => every(round, log)), watch.start(), sender, outside] };
}

async function healthPart(
  { host, healthPort, metricsToken }: Config,
  { store, queue }: { readonly store: Store; readonly queue: ConnectedQueue },
  needs: Readonly<Record<string, () => Promise<unknown>>>,
): Promise<Part> {
  const pages = {
    '/metrics': metricsOf(() => store.counts()),
    '/queue': queueView({ queue, operations: store.operations }),
  };
  const alive = () => store.operations.open(null);
  const server = await serveHealth(host, healthPort ?? 0, { alive, needs, pages, token: metricsToken });
  return { stop: () => server.close() };
}

/** Does the work again and again, with a pause in between, until it is stopped. */
function every({ everyMs, work }: Round, log: Deps['log']): Part {
  const stopping = new AbortController();
  const loop = async () => {
    while (!stopping.signal.aborted) {
      await work().catch((thrown: unknown) => log.warn({ reason: reasonOf(thrown) }, 'periodic work failed'));
      await sleep(everyMs, stopping.signal).catch(() => {});
    }
  };
  const over = loop();
  return {
    stop() {
      stopping.abort();
      return over;
    },
  };
}
