// Who holds a role now, asked of Slack each time: uncertain means no.
import type { WebClient } from '@slack/web-api';
import { z } from 'zod';
import { Fault } from '../core/errors.ts';
import type { People } from '../core/ports.ts';
import type { Role } from '../core/system.ts';

/** Longer than this an answer is too old to authorise anybody with. */
const LONGEST_TTL_MS = 10_000;
const AT_ONCE = 4;

const Identity = z.object({ team_id: z.string() });
const Group = z.object({ users: z.array(z.string()) });
const Person = z.object({
  user: z.object({
    id: z.string(),
    team_id: z.string(),
    deleted: z.boolean(),
    is_bot: z.boolean(),
    // Only sent for members that are not deleted.
    is_restricted: z.boolean().default(false),
    is_ultra_restricted: z.boolean().default(false),
    is_stranger: z.boolean().default(false),
  }),
});

type Options = {
  readonly client: WebClient;
  /**
   * For how long an answer about one person or group may be used again; at most 10 seconds.
   * @default 0
   */
  readonly ttlMs?: number;
};

/**
 * Asks Slack who holds a role: the people named, or the members of the user group, without those who are deactivated,
 * bots, guests or members of another team. Throws a Fault when any part of the answer is missing; a former answer is
 * never used in its place.
 */
export function slackPeople({ client, ttlMs = 0 }: Options): People {
  const remembered = remembering(Math.min(ttlMs, LONGEST_TTL_MS));

  // A token belongs to one team for as long as it lives.
  let team: string | null = null;
  const ourTeam = async () => {
    team ??= Identity.parse(await client.auth.test()).team_id;
    return team;
  };

  const membersOf = (group: string) =>
    remembered(group, async () => {
      // Slack answers for a disabled group with its former members unless it is told not to.
      const answer = await client.usergroups.users.list({ usergroup: group, include_disabled: false });
      return Group.parse(answer).users;
    });

  const mayAct = (id: string, ours: string) =>
    remembered(id, async () => isColleague(Person.parse(await client.users.info({ user: id })), id, ours));

  return {
    async holders(role: Role) {
      try {
        const named = 'users' in role ? role.users : await membersOf(role.group);
        const ours = await ourTeam();
        return await only([...new Set(named)], (id) => mayAct(id, ours));
      } catch (cause) {
        throw new Fault(`asking Slack ${'users' in role ? 'about people' : `who is in ${role.group}`}`, { cause });
      }
    },
  };
}

function isColleague({ user }: z.infer<typeof Person>, id: string, team: string): boolean {
  const outside = user.team_id !== team || user.is_stranger;
  const guest = user.is_restricted || user.is_ultra_restricted;
  return user.id === id && !user.deleted && !user.is_bot && id !== 'USLACKBOT' && !guest && !outside;
}

/** Those that fulfil the test, in their order; a few are asked about at a time. */
async function only(ids: readonly string[], test: (id: string) => Promise<boolean>): Promise<string[]> {
  const kept: string[] = [];
  for (let at = 0; at < ids.length; at += AT_ONCE) {
    const some = ids.slice(at, at + AT_ONCE);
    const verdicts = await Promise.all(some.map(test));
    kept.push(...some.filter((_, index) => verdicts[index] === true));
  }
  return kept;
}

/** Keeps answers for `ttlMs`. What failed is not kept. */
function remembering(ttlMs: number) {
  const kept = new Map<string, { readonly until: number; readonly value: unknown }>();
  return async <T>(key: string, ask: () => Promise<T>): Promise<T> => {
    const known = kept.get(key);
    if (known !== undefined && performance.now() < known.until) return known.value as T;
    kept.delete(key);
    const value = await ask();
    if (ttlMs > 0) kept.set(key, { until: performance.now() + ttlMs, value });
    return value;
  };
}
