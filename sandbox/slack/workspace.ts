// The sandbox workspace as data: who is there, which channels, which groups may approve.

export const team = { id: 'T01HOLDFAST', name: 'Holdfast sandbox', domain: 'holdfast-sandbox' } as const;

/** Loopback only and known to everybody: these protect nothing. */
export const bot = {
  appId: 'A01HOLDFAST',
  userId: 'U0HOLDFAST',
  name: 'holdfast',
  token: 'xoxb-sandbox-bot',
  appToken: 'xapp-sandbox-app',
  signingSecret: 'sandbox-signing-secret',
} as const;

export const persons = {
  alice: { id: 'U01ALICE', realName: 'Alice Moreno — on-call engineer' },
  bob: { id: 'U02BOB', realName: 'Bob Okafor — engineering lead' },
  carol: { id: 'U03CAROL', realName: 'Carol Lindqvist — product lead' },
  dave: { id: 'U04DAVE', realName: 'Dave Hart — looks only' },
} as const;

export type PersonName = keyof typeof persons;

export const channels = {
  incidents: { id: 'C01INCIDENTS', topic: 'Recovery happens here' },
  general: { id: 'C02GENERAL', topic: 'Everything else' },
} as const;

export type ChannelName = keyof typeof channels;

/** Who belongs to each user group when the sandbox starts. */
export const groups = {
  'engineering-leads': { id: 'S01ENGLEADS', members: ['bob'] },
  'product-leads': { id: 'S02PRODLEADS', members: ['carol'] },
} as const satisfies Record<string, { id: string; members: readonly PersonName[] }>;

export type GroupName = keyof typeof groups;

/** The name of a user as people read it: alice, holdfast, or the id of a stranger. */
export function nameOfUser(id: string): string {
  if (id === bot.userId) return bot.name;
  return Object.entries(persons).find(([, person]) => person.id === id)?.[0] ?? id;
}

/** Of a channel that was made later. */
export type ChannelId = `C${string}`;

/** The id of a channel named with or without `#`; anything else is taken as an id already. */
export function idOfChannel(nameOrId: string): string {
  const name = nameOrId.replace(/^#/, '');
  return Object.entries(channels).find(([known]) => known === name)?.[1].id ?? nameOrId;
}

/** This workspace as local-slack's configuration file wants it. `requestUrl` is where HTTP mode delivers. */
export function localSlackConfig(mode: 'socket' | 'http', requestUrl: string): object {
  const everyone = [bot.userId, ...Object.values(persons).map((person) => person.id)];
  return {
    workspace: { name: team.name, domain: team.domain, teamId: team.id },
    apps: [
      {
        appId: bot.appId,
        botUserId: bot.userId,
        botName: bot.name,
        botToken: bot.token,
        appToken: bot.appToken,
        signingSecret: bot.signingSecret,
        ...(mode === 'http' ? { mode: 'events', requestUrl } : { mode: 'socket' }),
      },
    ],
    users: Object.entries(persons).map(([name, { id, realName }]) => ({
      id,
      name,
      real_name: realName,
      email: `${name}@sandbox.invalid`,
      tz: 'UTC',
    })),
    channels: Object.entries(channels).map(([name, { id, topic }]) => ({ id, name, topic, members: everyone })),
  };
}
