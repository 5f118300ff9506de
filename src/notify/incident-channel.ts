// A channel of its own for each incident of a system that asks for it: opened once, before the first word is said in it.
import { reasonOf } from '../core/errors.ts';
import type { IncidentSight } from '../core/incident-views.ts';
import { topicOf } from '../messages/incident-channel.ts';
import { failureOf } from './failure-of.ts';
import type { slackClient } from './slack-client.ts';

type Client = ReturnType<typeof slackClient>;

export type Opened = { readonly channel: string | null; readonly why: string | null };

type Options = {
  readonly client: Client;
  /** Writes it into the incident's log, unless that says something already; resolves to what stands there then. */
  remember(incident: string, opened: Opened): Promise<string | null>;
  readonly log: { warn(fields: object, sentence: string): void };
};

/** Where it is told. What Slack refuses is written down, and the system's channel is taken; what broke is thrown, and tried again. */
export function incidentChannels(options: Options): (sight: IncidentSight) => Promise<string> {
  return async (sight) => {
    const { incident, system } = sight;
    if (!system.incidents.ownChannel) return system.channel;
    if (incident.channel !== undefined) return incident.channel ?? system.channel;
    // What is over and was told in the system's channel, as before a system asked for channels, is followed up there.
    if (incident.resolved !== null) return system.channel;
    const opened = await open(options, sight);
    return (await options.remember(incident.id, opened)) ?? system.channel;
  };
}

async function open({ client, log }: Options, sight: IncidentSight): Promise<Opened> {
  const { incident, system } = sight;
  // With the day: the ids of a new installation begin at 1 again, names of channels do not.
  const day = incident.declaredAt.slice(0, 10).replaceAll('-', '');
  const name = `${incident.id}-${system.name.slice(0, 50)}-${day}`.toLowerCase();
  try {
    const channel = await created(client, name);
    // None of these makes the channel less of a place to tell it in.
    const beside = [
      client.conversations.setTopic({ channel, topic: topicOf(sight) }),
      client.conversations.invite({ channel, users: usersOf(sight).join(','), force: true }),
    ];
    for (const done of await Promise.allSettled(beside)) {
      if (done.status === 'rejected') {
        log.warn({ incident: incident.id, reason: reasonOf(done.reason) }, 'channel of the incident is not complete');
      }
    }
    return { channel, why: null };
  } catch (thrown) {
    const refused = refusalIn(thrown);
    if (refused === null) throw thrown;
    log.warn({ incident: incident.id, reason: refused }, 'incident gets no channel of its own');
    return { channel: null, why: `Slack says ${refused}` };
  }
}

/** One of that name that is there already was opened by an attempt that came no further: ids of incidents are given once. */
async function created(client: Client, name: string): Promise<string> {
  try {
    const { channel } = await client.conversations.create({ name });
    if (channel?.id === undefined) throw new Error('Slack did not say which channel it made');
    return channel.id;
  } catch (thrown) {
    if (refusalIn(thrown) !== 'name_taken') throw thrown;
    const found = await channelCalled(client, name);
    if (found === null) throw thrown;
    return found;
  }
}

async function channelCalled(client: Client, name: string): Promise<string | null> {
  let cursor = '';
  do {
    const page = await client.conversations.list({
      limit: 1_000,
      exclude_archived: true,
      ...(cursor === '' ? {} : { cursor }),
    });
    const found = page.channels?.find((channel) => channel.name === name);
    if (found?.id !== undefined) return found.id;
    cursor = page.response_metadata?.next_cursor ?? '';
  } while (cursor !== '');
  return null;
}

/** Whoever declared it, and whoever is called for the system. */
function usersOf({ incident, system }: IncidentSight): string[] {
  const called = Object.values(system.contacts).flatMap(({ users }) => users);
  return [...new Set([incident.declaredBy, ...called])].slice(0, 100);
}

/** Slack's word for a "no" that stays one: `restricted_action`; null where it did not answer, or wants to be asked later. */
function refusalIn(thrown: unknown): string | null {
  const { code } = failureOf(thrown);
  return code === null || LATER.includes(code) ? null : code;
}

const LATER = ['ratelimited', 'internal_error', 'fatal_error', 'service_unavailable', 'request_timeout'];
