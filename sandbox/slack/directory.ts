// Users and user groups as the workspace's owner changes them: deactivated people, guests, new leads.
import { bot, channels, type GroupName, groups, nameOfUser, type PersonName, persons, team } from './workspace.ts';

export type Standing = 'active' | 'deactivated' | 'bot' | 'guest';

type Answer = { ok: boolean; [field: string]: unknown };

export class Directory {
  readonly #standings = new Map<string, Standing>();
  readonly #channels = new Set<string>(Object.keys(channels));
  readonly #members = new Map<string, string[]>(
    Object.values(groups).map((group) => [group.id, group.members.map((name) => persons[name].id)]),
  );

  /** From now on Slack shows this person so. */
  mark(person: PersonName, standing: Standing): void {
    this.#standings.set(persons[person].id, standing);
  }

  /** Replaces the members of a user group. */
  setMembers(group: GroupName, members: readonly PersonName[]): void {
    this.#members.set(
      groups[group].id,
      members.map((name) => persons[name].id),
    );
  }

  /** Answers the methods of user groups and channels that local-slack does not know; undefined for any other method. */
  answer(method: string, args: Record<string, unknown>): Answer | undefined {
    if (method === 'conversations.create') return this.#named(String(args['name']));
    if (method === 'conversations.invite' || method === 'conversations.setTopic') return { ok: true };
    if (method === 'usergroups.list') return { ok: true, usergroups: this.#list(isTrue(args['include_users'])) };
    if (method !== 'usergroups.users.list') return undefined;
    const users = this.#members.get(String(args['usergroup']));
    return users ? { ok: true, users } : { ok: false, error: 'no_such_subteam' };
  }

  /** What Slack has against the name of a new channel; local-slack makes several of one name. */
  #named(name: string): Answer | undefined {
    if (!/^[a-z0-9_-]{1,80}$/.test(name)) return { ok: false, error: 'invalid_name_specials' };
    if (this.#channels.has(name)) return { ok: false, error: 'name_taken' };
    this.#channels.add(name);
    return undefined;
  }

  /** A user object of local-slack with the fields Slack has and this person's standing. */
  describe(user: Record<string, unknown>): Record<string, unknown> {
    const standing = this.#standings.get(String(user['id'])) ?? 'active';
    return {
      ...user,
      deleted: standing === 'deactivated',
      is_bot: standing === 'bot' || user['id'] === bot.userId,
      is_restricted: standing === 'guest',
      is_ultra_restricted: false,
      is_app_user: false,
    };
  }

  #list(withUsers: boolean): object[] {
    return Object.entries(groups).map(([handle, { id }]) => {
      const users = this.#members.get(id) ?? [];
      return {
        id,
        team_id: team.id,
        is_usergroup: true,
        handle,
        name: handle,
        description: users.map(nameOfUser).join(', '),
        date_delete: 0,
        user_count: users.length,
        ...(withUsers ? { users } : {}),
      };
    });
  }
}

function isTrue(value: unknown): boolean {
  return value === true || value === 'true' || value === '1';
}
