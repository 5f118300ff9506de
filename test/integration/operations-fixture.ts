// A desk for the tests of the use cases: a real store, a platform on paper, people, and workers that do as they are told.
import { afterAll, beforeEach } from 'vitest';
import type { EventType } from '../../src/core/journal.ts';
import { isEnded, type Operation } from '../../src/core/operation.ts';
import type { Accepted, Factor, Intake, OperationStore } from '../../src/core/ports.ts';
import type { Answer } from '../../src/core/views.ts';
import type { Deps } from '../../src/operations/deps.ts';
import { execute } from '../../src/operations/execute.ts';
import { createUseCases, type UseCases } from '../../src/operations/use-cases.ts';
import { nextDrill, scheduleViews } from '../../src/progress/next-times.ts';
import { runbooks } from '../../src/runbooks/runbooks.ts';
import { type Paper, paperPlatform, type World } from '../support/paper-platform.ts';
import { type OpenStore, startStores } from '../support/stores.ts';
import { type SystemFile, systemOf } from '../support/system.ts';

/** Asks for operations. */
export const ALICE = 'U01ALICE';
/** Operators who may approve. */
export const BOB = 'U02BOB';
export const CAROL = 'U03CAROL';
/** May only look. */
export const DAVE = 'U04DAVE';
/** Approves, but does not operate. */
export const ERIN = 'U05ERIN';

const ROLES: SystemFile['roles'] = {
  operator: { users: [ALICE, BOB, CAROL] },
  'engineering-lead': { users: [BOB, ERIN] },
  'product-lead': { users: [CAROL] },
};

type Mutable<T> = { -readonly [K in keyof T]: T[K] };

export type Desk = {
  readonly store: OpenStore;
  readonly paper: Paper;
  readonly deps: Mutable<Deps>;
  /** Over `deps` as they are at the moment of asking. */
  readonly useCases: UseCases;
  /** People who hold no role any more. */
  readonly gone: Set<string>;
  /** Operations for which the queue was woken. */
  readonly woken: string[];
  /** The same with whose workers were woken: `op-1 people`. */
  readonly lanes: string[];
  /** What was logged: the sentence with its reason. */
  readonly logged: string[];
  take(text: string, user?: string): Promise<Accepted>;
  answer(text: string, user?: string): Promise<Answer | null>;
  /** Asks for an operation. Throws the refusal. */
  ask(text: string, user?: string): Promise<Operation>;
  /** A worker carries it on as far as it goes. Returns whether it died on the way. */
  work(id: string, options?: { leaseSeconds?: number; stop?: AbortController }): Promise<boolean>;
  /** Everybody agrees who is asked. */
  agree(operation: Operation): Promise<void>;
  /** Asks, rehearses, agrees, and works again. */
  run(text: string): Promise<Operation>;
  state(id: string): Promise<string>;
  /** The types of its journal entries. */
  types(id: string): Promise<string[]>;
  /** Takes the lease away from whoever has it, as another worker would. */
  steal(id: string): Promise<void>;
  /** Makes the lease run out, as time would. */
  lapse(id: string): Promise<void>;
};

/** What is hidden here. */
export const PLANTED = 'hunter2hunter2';

/** No second factor is asked for unless a test says so. */
const NOBODY: Factor = { keyed: async () => new Set(), judge: async () => 'wrong' };

let desks = 0;

/** One server and one store per test file; every test gets a desk with a system of its own. */
export async function desksOfThisFile(): Promise<() => Desk> {
  const server = await startStores();
  const store = await server.open();
  let desk = openDesk(store);
  beforeEach(() => {
    desk = openDesk(store);
  });
  afterAll(() => server.stop());
  return () => desk;
}

export function openDesk(store: OpenStore, overrides: Partial<SystemFile> = {}, on: { direct?: boolean } = {}): Desk {
  desks += 1;
  const name = `desk-${desks}`;
  const system = systemOf({ name, operators: ['operator'], roles: ROLES, ...overrides });
  const paper = paperPlatform(system, on);
  const gone = new Set<string>();
  const woken: string[] = [];
  const lanes: string[] = [];
  const logged: string[] = [];
  const note = (fields: object, sentence: string) => {
    logged.push('reason' in fields ? `${sentence}: ${fields.reason}` : sentence);
  };
  const deps: Mutable<Deps> = {
    commands: store.commands,
    operations: store.operations,
    queue: {
      wake: async (id, lane) => {
        woken.push(id);
        lanes.push(`${id} ${lane}`);
      },
    },
    people: { holders: async (role) => ('users' in role ? role.users.filter((person) => !gone.has(person)) : []) },
    factors: { totp: NOBODY, ssh: NOBODY },
    systems: paper.systems,
    runbooks,
    alerts: store.alerts,
    reports: store.reports,
    schedules: store.schedules,
    scheduleViews,
    nextDrill,
    month: async () => {
      throw new Error('no month is asked for here');
    },
    answerIncident: async () => {
      throw new Error('no incident is asked about here');
    },
    audit: { secure: async () => {} },
    placeOf: async (channel) => ({ channel, about: null }),
    redact: (text) => text.replaceAll(PLANTED, '[secret]'),
    log: { info: note, warn: note, error: note },
  };
  const useCases = createUseCases(deps);
  let keys = 0;
  const take = async (text: string, user = ALICE) => (await useCases.accept(intakeOf(text, user))).accepted;
  const intakeOf = (text: string, user: string): Intake => {
    keys += 1;
    return { key: `${name}-${keys}`, text, user, channel: 'C01INCIDENTS', team: 'T1' };
  };
  const desk: Desk = {
    ...{ store, paper, deps, useCases, gone, woken, lanes, logged, take },
    answer: async (text, user) => useCases.answer(await take(text, user)),
    async ask(text, user) {
      const answer = await desk.answer(text, user);
      if (answer?.is === 'refused') throw answer.refusal;
      if (answer?.is !== 'operation') throw new Error(`no operation but ${answer?.is}`);
      return answer.operation;
    },
    async work(id, { leaseSeconds = 5, stop = new AbortController() } = {}) {
      paper.crash = () => stop.abort(new Error('killed'));
      const tries = { undoTries: 2, undoPauseMs: 1, gateTries: 3, gatePauseMs: 1 };
      await execute(deps, { worker: 'w', leaseSeconds, ...tries }, id, stop.signal);
      return stop.signal.aborted;
    },
    async agree({ id, digest, plan }) {
      const click = { operation: id, digest };
      if (plan.consent.kind === 'typed') await useCases.confirm({ ...click, by: ALICE, typed: plan.target.name });
      if (plan.consent.kind !== 'approvals') return;
      await useCases.approve({ ...click, by: BOB });
      await useCases.approve({ ...click, by: CAROL });
    },
    async run(text) {
      const { id } = await desk.ask(text);
      await desk.work(id);
      const rehearsed = await useCases.find(id);
      if (!isEnded(rehearsed.state)) await desk.agree(rehearsed);
      await desk.work(id);
      return useCases.find(id);
    },
    state: async (id) => (await useCases.find(id)).state,
    types: async (id) => (await store.operations.journal(id)).map(({ event }) => event.type),
    async steal(id) {
      await store.sql(
        "update holdfast.operations set token = token + 1, lease_until = now() + interval '5 seconds' where id = $1",
        [id],
      );
    },
    async lapse(id) {
      await store.sql('update holdfast.operations set lease_until = null where id = $1', [id]);
    },
  };
  return desk;
}

/** The code of the refusal, or what else happened. */
export const refusal = (work: Promise<unknown>): Promise<string> =>
  work.then(
    () => 'not refused',
    (thrown: unknown) =>
      thrown instanceof Error && 'code' in thrown ? String(thrown.code) : `not a refusal: ${String(thrown)}`,
  );

/** What an operation that ended without success must leave as it was: everything except captured backups. */
export function withoutBackups({ backups: _, ...world }: World): Omit<World, 'backups'> {
  return structuredClone(world);
}

/** Lets something happen directly before a worker first appends an event of this type. */
export function justBefore({ deps, store }: Desk, type: EventType, act: () => Promise<unknown>): void {
  let waiting = true;
  const change: OperationStore['change'] = async (id, decide, lease) => {
    const then = await store.operations.load(id);
    const events = then === null ? [] : decide(then, new Date());
    if (waiting && events.some((event) => event.type === type)) {
      waiting = false;
      await act();
    }
    return store.operations.change(id, decide, lease);
  };
  deps.operations = { ...store.operations, change };
}

/** The store as a worker sees it whose connection breaks once: at its n-th call, before or after it was carried out. */
export function breaking(
  operations: OperationStore,
  { at, when }: { at: number; when: 'before' | 'after' },
): { readonly operations: OperationStore; calls(): number } {
  let calls = 0;
  const proxied = new Proxy(operations, {
    get: (target, name: keyof OperationStore) => {
      const method = target[name] as (...args: unknown[]) => Promise<unknown>;
      return async (...args: unknown[]) => {
        calls += 1;
        const now = calls === at;
        if (now && when === 'before') throw new Error('the connection broke');
        const result = await method.apply(target, args);
        if (now) throw new Error('the connection broke');
        return result;
      };
    },
  });
  return { operations: proxied, calls: () => calls };
}
