// Buttons and boxes on the messages of incidents and alerts.
import { assessView } from '../messages/assess-view.ts';
import { DeclareValue, INCIDENT_ACTIONS, IncidentValue, RunValue, readValue } from '../messages/buttons.ts';
import { checklistMessage, checklistView } from '../messages/checklist.ts';
import { declareView, sayView } from '../messages/declare-view.ts';
import { acknowledgement } from './acknowledge.ts';
import type { ActionArgs } from './clicks.ts';
import { openDialog } from './open-dialog.ts';
import { BoxClick, read } from './payloads.ts';
import { type Reply, replyTo } from './reply.ts';
import { sentenceOf } from './sentence-of.ts';
import { chosen, followedUp, OLD_BUTTON, UNKNOWN_SYSTEM } from './sentences.ts';
import { refuseStrangers } from './strangers.ts';
import { keyOf, takeIn } from './take-in.ts';
import type { SlackClient, Tools } from './tools.ts';

type Clicked = BoxClick['actions'][number] & {
  readonly button: keyof typeof INCIDENT_ACTIONS;
  readonly by: string;
  readonly team: string;
  readonly channel: string | null;
  readonly trigger: string;
};

/** What a click has at hand. `acknowledge` may be called twice. */
type Hand = {
  readonly client: SlackClient;
  readonly acknowledge: () => Promise<void>;
  readonly reply: Reply;
};

/** Does what was clicked, and tells whoever clicked how that went. */
export async function onIncidentClick({ ack, body, respond, client }: ActionArgs, tools: Tools): Promise<void> {
  const acknowledge = acknowledgement(() => ack(), tools.log);
  const reply = replyTo({ respond, client, channel: body.channel?.id ?? null, user: body.user.id, log: tools.log });
  try {
    await DO[buttonOf(body)](readClick(body, tools), { client, acknowledge, reply }, tools);
  } catch (thrown) {
    await acknowledge();
    await reply(sentenceOf(thrown, tools.log));
  }
}

type Doing = (clicked: Clicked, hand: Hand, tools: Tools) => Promise<void>;

const DO: Readonly<Record<keyof typeof INCIDENT_ACTIONS, Doing>> = {
  ack: (clicked, hand, tools) => run(clicked, `incident ack --incident ${incidentIn(clicked).incident}`, hand, tools),
  timeline: (clicked, hand, tools) =>
    run(clicked, `incident timeline --incident ${incidentIn(clicked).incident}`, hand, tools),
  run: (clicked, hand, tools) => run(clicked, known(readValue(RunValue, clicked.value)).command, hand, tools),
  update: (clicked, hand) => say(clicked, 'update', hand),
  resolve: (clicked, hand) => say(clicked, 'resolve', hand),
  assess,
  declare,
  checklist,
  tick,
  tickDialog,
  untick,
  done: (clicked, hand, tools) => followUp(clicked, 'done', hand, tools),
  dismiss: (clicked, hand, tools) => followUp(clicked, 'dismissed', hand, tools),
  scenario: choose,
};

/** A command of whoever clicked: committed, acknowledged, answered. */
async function run(clicked: Clicked, text: string, { client, acknowledge, reply }: Hand, tools: Tools): Promise<void> {
  const { by, team, channel, trigger } = clicked;
  const key = keyOf({ trigger_id: trigger, team, user: by, text });
  const door = {
    // A click cannot be acknowledged with words: they follow as an answer.
    acknowledge: async (message?: Parameters<Reply>[0]) => {
      await acknowledge();
      if (message !== undefined) await reply(message);
    },
    reply,
    open: (view: Parameters<typeof openDialog>[2]) => openDialog(client, trigger, view),
  };
  await takeIn({ key, text, user: by, channel: channel ?? by, team }, door, tools);
}

async function say(clicked: Clicked, what: 'update' | 'resolve', { client, acknowledge }: Hand): Promise<void> {
  const { incident } = incidentIn(clicked);
  await acknowledge();
  await openDialog(client, clicked.trigger, sayView({ incident, say: what, channel: clicked.channel }));
}

async function assess(clicked: Clicked, { client, acknowledge }: Hand, { incidents }: Tools): Promise<void> {
  const { incident } = incidentIn(clicked);
  await acknowledge();
  const { system } = await incidents.find(incident);
  await openDialog(client, clicked.trigger, assessView(system, { incident, channel: clicked.channel }));
}

async function declare(clicked: Clicked, { client, acknowledge }: Hand, { systems }: Tools): Promise<void> {
  const value = known(readValue(DeclareValue, clicked.value));
  const system = systems.find(({ name }) => name === value.system);
  if (system === undefined) throw UNKNOWN_SYSTEM;
  await acknowledge();
  await openDialog(client, clicked.trigger, declareView(system, { ...value, channel: clicked.channel }));
}

/** The list that is needed now: before, during or after the recovery. */
async function checklist(clicked: Clicked, { acknowledge, reply }: Hand, { incidents }: Tools): Promise<void> {
  const { incident: id } = incidentIn(clicked);
  await acknowledge();
  const sight = await incidents.find(id);
  const { resolved, reached } = sight.incident;
  const list = resolved !== null ? 'post' : reached.started === undefined ? 'pre' : 'during';
  await reply(checklistMessage({ is: 'checklist', at: new Date().toISOString(), sight, list }));
}

/** Ticks every box that is marked; the list is shown anew in its place, as others may have ticked some meanwhile. */
async function tick(clicked: Clicked, hand: Hand, tools: Tools): Promise<void> {
  const { incident, list } = known(readValue(IncidentValue, clicked.block_id));
  if (list === undefined) throw OLD_BUTTON;
  const items = clicked.selected_options.map(({ value }) => Number(value)).filter((item) => Number.isInteger(item));
  await hand.acknowledge();
  for (const item of items) await tools.incidents.tick({ incident, by: clicked.by, list, item });
  await showAgain(incident, list, hand, tools);
}

async function tickDialog(clicked: Clicked, { client, acknowledge }: Hand, { incidents }: Tools): Promise<void> {
  const { incident, list } = incidentIn(clicked);
  if (list === undefined) throw OLD_BUTTON;
  await acknowledge();
  const view = checklistView(await incidents.find(incident), { list, channel: clicked.channel });
  await openDialog(client, clicked.trigger, view);
}

async function untick(clicked: Clicked, hand: Hand, tools: Tools): Promise<void> {
  const { incident, list, item } = incidentIn(clicked);
  if (list === undefined || item === undefined) throw OLD_BUTTON;
  await hand.acknowledge();
  await tools.incidents.untick({ incident, by: clicked.by, list, item });
  await showAgain(incident, list, hand, tools);
}

async function showAgain(
  incident: string,
  list: NonNullable<IncidentValue['list']>,
  { reply }: Hand,
  { incidents }: Tools,
): Promise<void> {
  const sight = await incidents.find(incident);
  await reply(checklistMessage({ is: 'checklist', at: new Date().toISOString(), sight, list }), { replaces: true });
}

async function choose(clicked: Clicked, { acknowledge, reply }: Hand, { incidents }: Tools): Promise<void> {
  const { incident, scenario } = incidentIn(clicked);
  if (scenario === undefined) throw OLD_BUTTON;
  await acknowledge();
  await incidents.setScenario({ incident, by: clicked.by, scenario });
  await reply(chosen(scenario, incident));
}

async function followUp(
  clicked: Clicked,
  verdict: 'done' | 'dismissed',
  { acknowledge, reply }: Hand,
  { incidents }: Tools,
): Promise<void> {
  const { incident, hours } = incidentIn(clicked);
  if (hours === undefined) throw OLD_BUTTON;
  await acknowledge();
  await incidents.followUp({ incident, by: clicked.by, hours, verdict });
  await reply(followedUp(verdict, incident));
}

function buttonOf(body: unknown): keyof typeof INCIDENT_ACTIONS {
  const id = read(BoxClick, body).actions[0]?.action_id;
  const names = Object.keys(INCIDENT_ACTIONS) as (keyof typeof INCIDENT_ACTIONS)[];
  return known(names.find((name) => INCIDENT_ACTIONS[name] === id) ?? null);
}

function readClick(body: unknown, { ours }: Tools): Clicked {
  const { user, team, channel, trigger_id: trigger, actions } = read(BoxClick, body);
  refuseStrangers({ user: user.id, team: team.id, home: user.team_id }, ours());
  const action = known(actions[0] ?? null);
  return { ...action, button: buttonOf(body), by: user.id, team: team.id, channel: channel?.id ?? null, trigger };
}

function incidentIn({ value }: Clicked): IncidentValue {
  return known(readValue(IncidentValue, value));
}

/** Anything that cannot have come from our messages is refused calmly. */
function known<T>(value: T | null): T {
  if (value === null) throw OLD_BUTTON;
  return value;
}
