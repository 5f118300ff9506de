// The dialogs of incidents: declaring one, a sentence about it, and the symptoms.
import type { ModalView } from '@slack/types';
import { ASSESS, assessErrors, assessmentMessage } from '../messages/assess-view.ts';
import { AssessValue, DeclareDialog, readValue, SayValue, TickValue } from '../messages/buttons.ts';
import { checklistMessage } from '../messages/checklist.ts';
import { DECLARE, declareErrors, SAY } from '../messages/declare-view.ts';
import { closedDialog } from '../messages/dialog-parts.ts';
import type { Message } from '../messages/message.ts';
import { acknowledgement } from './acknowledge.ts';
import type { ViewArgs } from './confirm-typed.ts';
import { readMoment } from './moments.ts';
import { openDialog } from './open-dialog.ts';
import { read, Submission } from './payloads.ts';
import { replyTo } from './reply.ts';
import { sentenceOf } from './sentence-of.ts';
import { OLD_BUTTON } from './sentences.ts';
import { refuseStrangers } from './strangers.ts';
import { keyOf, takeIn } from './take-in.ts';
import type { SlackClient, Tools } from './tools.ts';
import { declareText, phrase, sayText } from './typed.ts';

type Submitted = {
  readonly by: string;
  readonly team: string;
  readonly trigger: string;
  readonly metadata: string;
  /** By the names of the inputs; an input that Slack did not mention was left as it was. */
  readonly texts: ReadonlyMap<string, string | null>;
  /** Of every group of boxes. */
  readonly chosen: readonly string[];
};

type Hand = {
  readonly client: SlackClient;
  readonly acknowledge: Acknowledge;
};
type Acknowledge = (response?: Parameters<ViewArgs['ack']>[0]) => Promise<void>;

/** An incident is declared by the command that somebody would have typed. */
export function onDeclareTyped(args: ViewArgs, tools: Tools): Promise<void> {
  return submitted(args, tools, async (given, hand) => {
    const known = readValue(DeclareDialog, given.metadata);
    if (known === null) throw OLD_BUTTON;
    const typed = left(given, DECLARE.since, null) ?? '';
    const before = given.texts.has(DECLARE.since) ? null : known.since;
    const since = typed === '' ? before : readMoment(typed, new Date());
    const seen = left(given, DECLARE.seen, known.seen) ?? '';
    const errors = declareErrors({ since: typed !== '' && since === null, seen: phrase(seen) === '' });
    if (Object.keys(errors).length > 0) return hand.acknowledge({ response_action: 'errors', errors });
    const level = ([1, 2, 3] as const).find((one) => String(one) === given.texts.get(DECLARE.level)) ?? known.level;
    const scenario = left(given, DECLARE.scenario, known.scenario);
    const text = declareText({ ...known, level, seen, since, scenario });
    return run(given, text, known.channel, hand, tools);
  });
}

export function onSayTyped(args: ViewArgs, tools: Tools): Promise<void> {
  return submitted(args, tools, async (given, hand) => {
    const known = readValue(SayValue, given.metadata);
    if (known === null) throw OLD_BUTTON;
    const words = given.texts.get(SAY.text) ?? '';
    if (phrase(words) === '') {
      return hand.acknowledge({ response_action: 'errors', errors: { [SAY.text]: 'Say it in a sentence.' } });
    }
    const text = sayText(known.say, known.incident, words, given.texts.get(SAY.public) === 'yes');
    return run(given, text, known.channel, hand, tools);
  });
}

/** Only a look: the dialog closes at once, and the answer follows when the facts are read. */
export function onAssessChosen(args: ViewArgs, tools: Tools): Promise<void> {
  return submitted(args, tools, async (given, hand) => {
    const known = readValue(AssessValue, given.metadata);
    if (known === null) throw OLD_BUTTON;
    const typed = given.texts.get(ASSESS.onset) ?? '';
    const onset = typed === '' ? null : readMoment(typed, new Date());
    const unreadable = typed !== '' && onset === null;
    if (unreadable || given.chosen.length === 0) {
      return hand.acknowledge({ response_action: 'errors', errors: assessErrors({ onset: unreadable }) });
    }
    await hand.acknowledge();
    const { system, incident, channel } = known;
    const reply = replyTo({ respond: undefined, client: hand.client, channel, user: given.by, log: tools.log });
    try {
      const assessment = await tools.incidents.assess({ by: given.by, system, symptoms: given.chosen, onset });
      await reply(assessmentMessage(assessment, incident));
    } catch (thrown) {
      await reply(sentenceOf(thrown, tools.log));
    }
  });
}

/** What stands in an input; what stood there before when Slack did not mention it. */
function left({ texts }: Submitted, name: string, before: string | null): string | null {
  const text = texts.get(name);
  return text === undefined ? before : text;
}

/** Whatever is marked is ticked; the list is then shown to whoever did it. */
export function onTickChosen(args: ViewArgs, tools: Tools): Promise<void> {
  return submitted(args, tools, async (given, hand) => {
    const known = readValue(TickValue, given.metadata);
    if (known === null) throw OLD_BUTTON;
    const { incident, list, channel } = known;
    await hand.acknowledge();
    const reply = replyTo({ respond: undefined, client: hand.client, channel, user: given.by, log: tools.log });
    try {
      for (const item of given.chosen) await tools.incidents.tick({ incident, by: given.by, list, item: Number(item) });
      const sight = await tools.incidents.find(incident);
      await reply(checklistMessage({ is: 'checklist', at: new Date().toISOString(), sight, list }));
    } catch (thrown) {
      await reply(sentenceOf(thrown, tools.log));
    }
  });
}

/** Reads what was submitted. What cannot be taken takes the place of the dialog's content. */
async function submitted(
  { ack, body, client }: ViewArgs,
  tools: Tools,
  work: (given: Submitted, hand: Hand) => Promise<void>,
): Promise<void> {
  const acknowledge = acknowledgement(ack, tools.log) as Acknowledge;
  try {
    await work(readSubmission(body, tools), { client, acknowledge });
  } catch (thrown) {
    await acknowledge({ response_action: 'update', view: closed(sentenceOf(thrown, tools.log)) });
  }
}

/** The dialog closes when the command is committed; what could not be said before is answered where it was asked for. */
async function run(
  { by, team, trigger }: Submitted,
  text: string,
  channel: string | null,
  { client, acknowledge }: Hand,
  tools: Tools,
): Promise<void> {
  const key = keyOf({ trigger_id: trigger, team, user: by, text });
  const reply = replyTo({ respond: undefined, client, channel, user: by, log: tools.log });
  const door = {
    acknowledge: (message?: Message) =>
      message === undefined ? acknowledge() : acknowledge({ response_action: 'update', view: closed(message) }),
    reply,
    open: (view: ModalView) => openDialog(client, trigger, view),
  };
  await takeIn({ key, text, user: by, channel: channel ?? by, team }, door, tools);
}

function readSubmission(body: unknown, { ours }: Tools): Submitted {
  const { user, team, view, trigger_id: trigger } = read(Submission, body);
  refuseStrangers({ user: user.id, team: team.id, home: user.team_id }, ours());
  const inputs = Object.values(view.state.values).flatMap((block) => Object.entries(block));
  const texts = inputs.map(
    ([name, { value, selected_option: option }]) => [name, value ?? option?.value ?? null] as const,
  );
  const chosen = inputs.flatMap(([, { selected_options: options }]) => (options ?? []).map(({ value }) => value));
  return { by: user.id, team: team.id, trigger, metadata: view.private_metadata, texts: new Map(texts), chosen };
}

function closed({ blocks }: Message): ModalView {
  return closedDialog('Not done', [...blocks]);
}
