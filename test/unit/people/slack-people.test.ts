// Who counts as holding a role, as Slack tells it over HTTP.
import { LogLevel, WebClient } from '@slack/web-api';
import { afterEach, describe, expect, it } from 'vitest';
import { Fault } from '../../../src/core/errors.ts';
import { slackPeople } from '../../../src/people/slack-people.ts';
import { type Given, startWebApi, type WebApi } from './slack-server.ts';

const TEAM = 'T01TEAM';
const person = (id: string) => ({ id, team_id: TEAM, deleted: false, is_bot: false });

let slack: WebApi | undefined;
afterEach(() => slack?.close());

/** People over a Slack in which `users` are known and `groups` have members; `instead` answers a method otherwise. */
async function peopleOf(world: {
  users?: readonly object[];
  groups?: Readonly<Record<string, readonly string[]>>;
  instead?: Readonly<Record<string, Given>>;
  ttlMs?: number;
}) {
  const { users = [], groups = {}, instead = {}, ttlMs } = world;
  slack = await startWebApi(({ method, args }) => {
    const other = instead[method];
    if (other !== undefined) return other;
    if (method === 'auth.test') return { ok: true, team_id: TEAM };
    if (method === 'usergroups.users.list') return { ok: true, users: groups[args.get('usergroup') ?? ''] };
    const user = users.find((one) => 'id' in one && one.id === args.get('user'));
    return user === undefined ? { ok: false, error: 'user_not_found' } : { ok: true, user };
  });
  const client = new WebClient('xoxb-test', {
    slackApiUrl: slack.url,
    retryConfig: { retries: 0 },
    rejectRateLimitedCalls: true,
    logLevel: LogLevel.ERROR,
  });
  return slackPeople({ client, ...(ttlMs === undefined ? {} : { ttlMs }) });
}

describe('the holders of a role', () => {
  it('are the people that the role names, each once', async () => {
    const people = await peopleOf({ users: [person('U1AA'), person('U2BB')] });
    expect(await people.holders({ users: ['U1AA', 'U2BB', 'U1AA'] })).toEqual(['U1AA', 'U2BB']);
  });

  it('are the members of the group at this moment', async () => {
    const groups = { S1AA: ['U1AA'] };
    const people = await peopleOf({ users: [person('U1AA'), person('U2BB')], groups });
    expect(await people.holders({ group: 'S1AA' })).toEqual(['U1AA']);
    groups.S1AA = ['U2BB'];
    expect(await people.holders({ group: 'S1AA' })).toEqual(['U2BB']);
  });

  it.each([
    ['deactivated', { deleted: true }],
    ['a bot', { is_bot: true }],
    ['a guest', { is_restricted: true }],
    ['a guest of one channel', { is_ultra_restricted: true }],
    ['a member of another team', { team_id: 'T02OTHER' }],
    ['a stranger from a shared channel', { is_stranger: true }],
  ])('do not include somebody who is %s', async (_, standing) => {
    const people = await peopleOf({
      users: [{ ...person('U1AA'), ...standing }, person('U2BB')],
      groups: { S1AA: ['U1AA', 'U2BB'] },
    });
    expect(await people.holders({ group: 'S1AA' })).toEqual(['U2BB']);
    expect(await people.holders({ users: ['U1AA'] })).toEqual([]);
  });

  it('do not include Slackbot', async () => {
    const people = await peopleOf({ users: [person('USLACKBOT')] });
    expect(await people.holders({ users: ['USLACKBOT'] })).toEqual([]);
  });

  it('do not include somebody for whom Slack answers about another person', async () => {
    const people = await peopleOf({ instead: { 'users.info': { ok: true, user: person('U9ZZ') } } });
    expect(await people.holders({ users: ['U1AA'] })).toEqual([]);
  });
});

describe('the question who holds a role', () => {
  const rateLimited: Given = (response) => response.writeHead(429, { 'retry-after': '30' }).end();
  const broken: Given = (response) => response.writeHead(503).end('down');
  const hungUp: Given = (response) => response.destroy();

  it.each([
    ['the group cannot be listed', { 'usergroups.users.list': { ok: false, error: 'no_such_subteam' } }],
    ['Slack asks to slow down', { 'usergroups.users.list': rateLimited }],
    ['Slack is down', { 'usergroups.users.list': broken }],
    ['Slack hangs up', { 'users.info': hungUp }],
    ['one person is not known', { 'users.info': { ok: false, error: 'user_not_found' } }],
    ['it is not said whether a person is a bot', { 'users.info': { ok: true, user: { id: 'U1AA', team_id: TEAM } } }],
    ['our own team is not known', { 'auth.test': { ok: true } }],
    ['the list is missing', { 'usergroups.users.list': { ok: true } }],
  ])('fails when %s', async (_, instead: Record<string, Given>) => {
    const people = await peopleOf({ users: [person('U1AA')], groups: { S1AA: ['U1AA'] }, instead });
    await expect(people.holders({ group: 'S1AA' })).rejects.toThrow(Fault);
  });

  it('fails after it was answered before, since an old answer approves nothing', async () => {
    const instead: Record<string, Given> = {};
    const people = await peopleOf({ users: [person('U1AA')], groups: { S1AA: ['U1AA'] }, instead });
    expect(await people.holders({ group: 'S1AA' })).toEqual(['U1AA']);
    instead['usergroups.users.list'] = rateLimited;
    await expect(people.holders({ group: 'S1AA' })).rejects.toThrow(Fault);
  });

  it('is asked of Slack each time unless answers may be kept', async () => {
    const people = await peopleOf({ users: [person('U1AA')] });
    await people.holders({ users: ['U1AA'] });
    await people.holders({ users: ['U1AA'] });
    expect(slack?.count('users.info')).toBe(2);
  });

  it('is asked of Slack once while a kept answer is fresh', async () => {
    const people = await peopleOf({ users: [person('U1AA')], ttlMs: 5_000 });
    await people.holders({ users: ['U1AA'] });
    await people.holders({ users: ['U1AA'] });
    expect(slack?.count('users.info')).toBe(1);
  });
});
