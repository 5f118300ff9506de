// From a command to a stored plan: read the facts, ask the recipe, pin, digest, store, wake a worker.
import { randomBytes } from 'node:crypto';
import type { Action, ActionName, Actions, Args } from '../core/action.ts';
import { ActionArgs, EFFECTS } from '../core/action.ts';
import { commandText, type OperationCommand } from '../core/command.ts';
import { consentFor, factorOf, keyedOf, shortfallsOf } from '../core/consent.ts';
import { Refusal } from '../core/errors.ts';
import type { Facts, Proof } from '../core/facts.ts';
import type { Json } from '../core/json.ts';
import { SCHEDULE } from '../core/names.ts';
import type { Operation } from '../core/operation.ts';
import { changesEnvironment, Plan, type Statement, type Step } from '../core/plan.ts';
import type { Platform } from '../core/platform.ts';
import type { FactsNeed, PlanDraft, PlanInput, Runbook, StepDraft } from '../core/runbook.ts';
import { FACTOR_WORDS } from '../core/second-factor.ts';
import type { System } from '../core/system.ts';
import { factsOf } from '../runbooks/backup-choice.ts';
import { requireOperator, requirePerson } from './authority.ts';
import type { Deps, Place } from './deps.ts';
import { bySystemName, findOperation, findSystem, requireEnvironment } from './find-system.ts';
import { heldIn, withOffsite } from './retention.ts';
import { wakeFor } from './wake.ts';

/** `id` is that of the committed command: one command leads to one operation. */
type Asked = { readonly id: string; readonly command: OperationCommand; readonly by: string; readonly place: Place };
/** `late`: a worker could not be woken; the sweeper will find the operation. */
type Proposed = { readonly operation: Operation; readonly late: boolean };

/** What a person asks for. Throws Refusal when there can be no such plan, or when they may not. */
export async function propose(deps: Deps, asked: Asked): Promise<Proposed> {
  const { command, by, id } = asked;
  requirePerson(by);
  const { system, former } = await whereOf(deps, asked);
  if (!onlyLooks(command)) await requireOperator(deps.people, system, by);
  return store(deps, await planFor(deps, system, command, { former, by }), { by, id });
}

/**
 * What runs by itself, as its system file says, which people have reviewed: nobody is asked whether it may. Asked again with
 * the same id it gives the same operation. Throws Refusal when there can be no such plan.
 */
export async function proposeScheduled(
  deps: Deps,
  { id, command, system }: Pick<Asked, 'id' | 'command'> & { readonly system: System },
): Promise<Proposed> {
  const plan = await planFor(deps, system, command, { former: null, by: SCHEDULE });
  return store(deps, plan, { by: SCHEDULE, id });
}

async function store(deps: Deps, plan: Plan, { by, id }: Pick<Asked, 'by' | 'id'>): Promise<Proposed> {
  await requireApprovable(deps, bySystemName(deps.systems.all, plan.system), plan, by);
  const operation = await deps.operations.create(plan, { by, command: id });
  return { operation, late: !(await wakeFor(deps, operation)) };
}

/** The system that the command is about, and the operation that it takes back or cleans up after. */
async function whereOf(
  { systems, operations }: Deps,
  { command, place }: Asked,
): Promise<{ system: System; former: Operation | null }> {
  if (command.verb === 'undo' || command.verb === 'cleanup') {
    const former = await findOperation(operations, command.operation);
    return { system: bySystemName(systems.all, former.plan.system), former };
  }
  const system = findSystem(systems, command.system, place);
  const environment = 'environment' in command ? command.environment : null;
  if (environment !== null) requireEnvironment(system, environment);
  return { system, former: null };
}

function onlyLooks(command: OperationCommand): boolean {
  return command.verb === 'verify' && !command.deep;
}

/** `former` is what is to be taken back or cleaned up after. */
type Asking = { readonly former: Operation | null; readonly by: string };

async function planFor(deps: Deps, system: System, typed: OperationCommand, { former, by }: Asking): Promise<Plan> {
  const platform = deps.systems.platformOf(system);
  const command = withBackupId(typed, platform);
  // The recipe of a verb takes commands of that verb; the table is typed so, the look-up cannot be.
  const runbook = deps.runbooks[command.verb] as unknown as Runbook;
  const need = runbook.needs(command, system, former);
  requireCapabilities(platform, need, command);
  const facts = await readFacts(deps, system, need);
  const held = need.retention === undefined ? null : await heldIn(deps, system, factsOf(facts, need.retention));
  const [operation, proof] = await Promise.all([deps.operations.nextId(), proofFor(deps, system, command)]);
  const nonce = randomBytes(2).toString('hex');
  const beside = (environment: string) => platform.names(factsOf(facts, environment).target, { operation, nonce });
  const chosen = { operation, now: new Date(facts.at), beside };
  const can = platform.capabilities;
  const input: PlanInput<OperationCommand> = { command, system, can, facts, proof, former, held, chosen };
  return complete(deps, input, runbook.plan(input), by);
}

/** The proof of the very backup that is asked for, else the newest of any. */
async function proofFor({ operations }: Deps, system: System, command: OperationCommand): Promise<Proof | null> {
  const backup = namedBackup(command);
  const exact = backup === null ? null : await operations.lastProof(system.name, backup);
  return exact ?? operations.lastProof(system.name, null);
}

/** Refuses at once what the people that there are could never approve when this one asks. */
async function requireApprovable(
  { people, factors }: Deps,
  system: System,
  { gate, consent }: Plan,
  by: string,
): Promise<void> {
  if (gate === null || consent.kind !== 'approvals') return;
  const holders = new Map<string, readonly string[]>();
  for (const [name, role] of Object.entries(system.roles)) holders.set(name, await people.holders(role));
  const factor = factorOf(consent);
  const able = factor === null ? holders : keyedOf(holders, await factors[factor].keyed());
  const [problem] = shortfallsOf(consent, able, by);
  if (problem === undefined) return;
  throw new Refusal(
    'not-approvable',
    `Nobody could approve this when you ask: ${problem}.`,
    factor === null
      ? 'Let somebody else ask for it.'
      : `${FACTOR_WORDS[factor].next('U…')} Or let somebody else ask for it.`,
  );
}

function withBackupId(command: OperationCommand, platform: Platform): OperationCommand {
  if (!('backup' in command) || command.backup === null || command.backup === 'latest') return command;
  return { ...command, backup: platform.backupId(command.backup) };
}

/** The backup that is named; null for the latest one and where none is needed. */
function namedBackup(command: OperationCommand): string | null {
  return 'backup' in command && command.backup !== 'latest' ? command.backup : null;
}

function requireCapabilities(platform: Platform, need: FactsNeed, command: OperationCommand): void {
  const lacking = need.capabilities.find((capability) => !platform.capabilities.includes(capability));
  if (lacking === undefined) return;
  throw new Refusal(
    'not-on-this-platform',
    `“${command.verb}” needs ${lacking}, which ${platform.kind} does not offer.`,
    'See `/dr systems` for what is possible.',
  );
}

/** Facts of the environments that the recipe names and of every protected one, for telling what is production by identity. */
async function readFacts({ systems }: Deps, system: System, need: FactsNeed): Promise<Facts> {
  const guarded = Object.entries(system.environments).flatMap(([name, env]) => (env.protected ? [name] : []));
  const { storeMayBeAway = false } = need;
  const read = await systems.facts(system, [...new Set([...need.environments, ...guarded])], { storeMayBeAway });
  const copied = need.offsite === undefined ? read : await withOffsite({ systems }, system, read, need.offsite);
  const facts = need.leftBy === undefined ? copied : await systems.leftBy(system, copied, need.leftBy);
  if (need.survey.length === 0) return facts;
  return systems.survey(system, facts, need.survey, need.writtenSince(facts));
}

async function complete(deps: Deps, input: PlanInput<OperationCommand>, draft: PlanDraft, by: string): Promise<Plan> {
  const { system, facts, command, former, chosen } = input;
  const rule = consentFor(system, draft.environment, facts);
  const { target } = factsOf(facts, draft.environment);
  const actions = deps.systems.actionsOf(system);
  const steps = await Promise.all(
    draft.steps.map(async (step, index) => {
      const expectedSeconds = await deps.operations.usualSeconds(system.name, step.action);
      return { ...stepFrom(step, index, actions, system), expectedSeconds };
    }),
  );
  const gate = changesEnvironment({ steps }) ? draft.gate : null;
  // There is nobody to type the name of what is not protected; what is protected has its approvals always.
  const nobodyTypes = by === SCHEDULE && !rule.protected && rule.consent.kind === 'typed';
  const statements = [...draft.statements, ...(nobodyTypes && gate !== null ? [unasked(draft.environment)] : [])];
  return Plan.parse({
    version: 1,
    operation: chosen.operation,
    system: system.name,
    environment: draft.environment,
    verb: command.verb,
    command: commandText(command),
    headline: draft.headline,
    target,
    protected: rule.protected,
    statements: statements.map((statement) => ({ ...statement, text: deps.redact(statement.text) })),
    pinned: draft.pinned,
    steps,
    gate,
    consent: nobodyTypes ? { kind: 'none' } : rule.consent,
    undo: draft.undo,
    undoes: command.verb === 'undo' ? (former?.id ?? null) : null,
    proposedAt: facts.at,
  });
}

function unasked(environment: string): Statement {
  const text = `none is asked for: the system file starts this by itself, and ${environment} is not protected`;
  return { label: 'Consent', text, tone: 'plain' };
}

function stepFrom<N extends ActionName>(
  draft: Extract<StepDraft, { action: N }>,
  index: number,
  actions: Actions,
  system: System,
): Omit<Step, 'expectedSeconds'> {
  const { action: name, title, part, kept } = draft;
  const action = actions[name] as Action<Args<N>> | undefined;
  if (action === undefined) {
    throw new Refusal(
      'not-on-this-platform',
      `${system.title} cannot do “${title}”.`,
      'See `/dr systems` for what is possible.',
    );
  }
  const args = ActionArgs[name].parse(draft.args) as Args<N>;
  const undoable = 'how' in action.undo;
  return {
    id: `s${index + 1}`,
    action: name,
    effect: EFFECTS[name],
    title,
    runs: action.describe(args, system),
    args: args as Record<string, Json>,
    undo: 'how' in action.undo ? action.undo.how : action.undo.not,
    undoable,
    ...(part === undefined ? {} : { part }),
    ...(kept === undefined ? {} : { kept }),
  };
}
