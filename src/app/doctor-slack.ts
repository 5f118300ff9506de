// What the doctor looks at in Slack: the token and its scopes, the people who approve, the channels that are told.
import type { Config } from '../config/config.ts';
import type { System } from '../core/system.ts';
import { list } from '../core/wording.ts';
import { failureOf } from '../notify/failure-of.ts';
import type { slackClient } from '../notify/slack-client.ts';
import { assertApprovers } from '../people/assert-approvers.ts';
import { keyedIn } from '../people/codes.ts';
import { signersIn } from '../people/signatures.ts';
import { slackPeople } from '../people/slack-people.ts';
import { type Judged, ok, problem, warning } from './judged.ts';

type Client = ReturnType<typeof slackClient>;

/**
 * What the app asks of Slack: the same list as in manifest.yml, to which test/unit/manifest.test.ts holds it.
 * @internal
 */
export const SCOPES = [
  'channels:manage',
  'channels:read',
  'chat:write',
  'commands',
  'files:write',
  'usergroups:read',
  'users:read',
] as const;

export async function signedIn(client: Client): Promise<Judged[]> {
  const { user, team, response_metadata: told } = await client.auth.test();
  const who = ok(`${user ?? 'the bot'} is signed in to ${team ?? 'its workspace'}`);
  const given = told?.scopes;
  if (given === undefined)
    return [who, warning('Slack does not say which scopes the token has: compare them with manifest.yml')];
  const missing = SCOPES.filter((scope) => !given.includes(scope));
  if (missing.length === 0) return [who, ok('the token has every scope of manifest.yml')];
  const next = 'add them under OAuth & Permissions and install the app anew';
  return [who, problem(`the token lacks ${list(missing)}: ${next}`)];
}

export async function approvers(
  systems: readonly System[],
  client: Client,
  { codesFile, signersFile }: Pick<Config, 'codesFile' | 'signersFile'>,
): Promise<Judged[]> {
  const factors = { totp: { keyed: () => keyedIn(codesFile) }, ssh: { keyed: () => signersIn(signersFile) } };
  const problems = await assertApprovers(systems, { people: slackPeople({ client }), factors });
  if (problems.length === 0) return [ok('every protected environment has enough people to approve, whoever asks')];
  return problems.map(({ path, message }) => problem(`${path}: ${message}`));
}

/** Whether the bot can tell something there. It can look at public channels only: its scopes reach no further. */
export async function channels(
  systems: readonly Pick<System, 'name' | 'channel'>[],
  client: Client,
): Promise<Judged[]> {
  const told = Map.groupBy(systems, ({ channel }) => channel);
  const judged = await Promise.all([...told].map(([id, of]) => channel(client, id, list(of.map(({ name }) => name)))));
  const bad = judged.filter((one) => one !== null);
  return bad.length > 0 ? bad : [ok(`the bot is in all channels that are told: ${told.size}`)];
}

async function channel(client: Client, id: string, of: string): Promise<Judged | null> {
  const where = `${id}, the channel of ${of},`;
  try {
    const { channel: found } = await client.conversations.info({ channel: id });
    if (found?.is_archived)
      return problem(`${where} is archived: unarchive it, or name another one in the system file`);
    if (found?.is_member) return null;
    return problem(`${where} does not have the bot in it: type /invite @ and its name there`);
  } catch (thrown) {
    const { code } = failureOf(thrown);
    if (code === null) throw thrown;
    return warning(
      `${where} could not be looked at, Slack says ${code}: see that the id is right and, where it is private, that the bot is in it`,
    );
  }
}
