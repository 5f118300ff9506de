// System files and variables together: every problem with its file and place.
import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { readConfig } from '../../../src/config/config.ts';
import { problemsText } from '../../../src/config/problem.ts';
import { problemsOf } from '../../../src/platforms/heroku/settings.ts';
import { cronProblems } from '../../../src/progress/cron.ts';

const SHIPPED = join(import.meta.dirname, '../../../systems/grayledger.yml');
const judges = {
  platforms: [
    { kind: 'heroku', problemsOf, variablesOf: () => [], reachesServer: false },
    { kind: 'compose', problemsOf: () => [], variablesOf: () => [], reachesServer: true },
  ],
  schedules: cronProblems,
};

let dir: string;
let yaml: string;
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'holdfast-systems-'));
  yaml = (await readFile(SHIPPED, 'utf8')).replaceAll('0REPLACE', '0REAL');
});
afterEach(() => rm(dir, { recursive: true }));

const variables = () => ({
  DATABASE_URL: 'postgres://holdfast:hunter22@store/holdfast',
  REDIS_URL: 'redis://queue',
  SLACK_BOT_TOKEN: 'xoxb-1-abcdef',
  SLACK_APP_TOKEN: 'xapp-1-abcdef',
  HEROKU_API_KEY: 'HRKU-0123456789',
  SYSTEMS_DIR: dir,
});
const write = (text: string, name = 'grayledger.yml') => writeFile(join(dir, name), text);
const replaced = (from: string | RegExp, to: string) => {
  const text = yaml.replace(from, to);
  if (text === yaml) throw new Error(`${from} is not in the file`);
  return text;
};
/** Problems without the folder: `grayledger.yml: channel: must be …` */
const problems = async (given: Record<string, string | undefined> = variables()) => {
  const read = await readConfig(judges, given);
  if ('config' in read) return [];
  return read.problems.map(({ path, message }) => `${path}: ${message}`.replace(`${dir}/`, ''));
};

it('takes the shipped system file once its placeholders are replaced', async () => {
  await write(yaml);
  const read = await readConfig(judges, variables());
  if ('problems' in read) throw new Error(problemsText(read.problems));
  const [system] = read.config.systems;
  expect(system).toMatchObject({
    name: 'grayledger',
    environments: {
      production: { protected: true, consent: { kind: 'approvals', count: 2, expiresMinutes: 15 } },
      staging: { protected: false, consent: { kind: 'typed' } },
    },
    backups: { of: 'production', maxAgeHours: 24, sizeTolerancePercent: 10, retentionDays: 7 },
    updates: { everyMinutes: 15 },
    logs: { watchSeconds: 20 },
  });
  expect(system?.invariants.map(({ sql }) => sql).join()).toContain('NOT EXISTS');
});

it('recognises the log lines of a broken app, and not those of a healthy one', async () => {
  await write(yaml);
  const read = await readConfig(judges, variables());
  const patterns = 'config' in read ? (read.config.systems[0]?.logs.alarming ?? []) : [];
  const alarms = (line: string) => patterns.some((pattern) => new RegExp(pattern).test(line));
  expect(alarms('heroku[router]: at=error code=H10 desc="App crashed" method=GET path="/"')).toBe(true);
  expect(alarms('heroku[router]: at=info method=GET path="/" dyno=web.1 status=503 bytes=12')).toBe(true);
  expect(alarms('app[postgres]: FATAL: too many connections')).toBe(true);
  expect(alarms('heroku[router]: at=info method=GET path="/" dyno=web.1 status=200 bytes=5001')).toBe(false);
});

it('names every placeholder that was left', async () => {
  await cp(SHIPPED, join(dir, 'grayledger.yml'));
  const left = await problems();
  expect(left).toContain('grayledger.yml: channel: C0REPLACE stands for an id of your Slack workspace: replace it');
  expect(left).toHaveLength(9);
});

it('says what is wrong with variables and with every file at once', async () => {
  await write(replaced('maxAgeHours: 24', 'maxAgeHours: often'));
  await write(replaced('plan: heroku-postgresql:standard-0', 'plan: large'), 'other.yaml');
  const all = await problems({ ...variables(), REDIS_URL: undefined });
  expect(all).toEqual([
    'REDIS_URL: is not set',
    expect.stringContaining('grayledger.yml: backups.maxAgeHours: '),
    expect.stringContaining('other.yaml: environments.production.settings.plan: must be a Heroku Postgres plan'),
  ]);
});

it('judges settings beside mistakes in the rest of the file', async () => {
  await write(
    replaced('app: grayledger-production', 'app: ../../account').replace('channel: C0REAL', 'channel: general'),
  );
  expect(await problems()).toEqual([
    expect.stringContaining('grayledger.yml: channel: must be a Slack channel id'),
    expect.stringContaining('grayledger.yml: environments.production.settings.app: must be the name of a Heroku app'),
  ]);
});

describe('a system file', () => {
  it.each([
    [
      'a role that is not there',
      'roles: [engineering-lead,',
      'roles: [cto,',
      /environments\.production\.consent\.roles\[0\]: names the role "cto"/,
    ],
    ['an unknown member', 'of: production', 'off: production', /backups: .*off/],
    ['a missing member', /title: .*/, '', /title: /],
    [
      'an unknown platform',
      'platform: heroku',
      'platform: fly',
      /platform: there is no such platform; known are: heroku, compose/,
    ],
    [
      'a person who is none',
      'users: [U0REAL2]',
      'users: [carol]',
      /roles\.engineering-lead\.users\[0\]: must be a Slack user id/,
    ],
    ['a role without people', 'users: [U0REAL2]', 'users: []', /roles\.engineering-lead\.users: a role without people/],
    [
      'protection without approvals',
      /kind: approvals[\s\S]*?expiresMinutes: 15/,
      'kind: none',
      /production\.consent: a protected environment needs approvals/,
    ],
    [
      'two statements in one invariant',
      'WHERE NOT EXISTS',
      '; DELETE',
      /invariants\[0\]\.sql: must be a single SELECT/,
    ],
    ['broken YAML', 'title: GrayLedger', 'title: [GrayLedger', /grayledger\.yml:\d+:\d+: /],
    ['a member twice', 'title: GrayLedger', 'title: A\ntitle: B', /grayledger\.yml:5:1: Map keys must be unique/],
  ])('is refused for %s', async (_, from, to, expected) => {
    await write(replaced(from, to));
    expect((await problems()).join('\n')).toMatch(expected);
  });

  it('may not have the name of another one', async () => {
    await write(yaml);
    await write(yaml, 'second.yml');
    expect(await problems()).toEqual([
      expect.stringMatching(/^second\.yml: name: is the name of .*grayledger\.yml too$/),
    ]);
  });

  it('that is no YAML map is refused', async () => {
    await write('');
    expect(await problems()).toEqual([expect.stringContaining('grayledger.yml: the whole file: ')]);
  });
});

it('refuses a folder without system files, and one that is not there', async () => {
  expect(await problems()).toEqual([expect.stringContaining('there is no system file')]);
  const gone = join(dir, 'gone');
  expect(await problems({ ...variables(), SYSTEMS_DIR: gone })).toEqual([expect.stringContaining('cannot be read')]);
});

it('needs the Heroku key only for systems that are there', async () => {
  await write(yaml);
  expect(await problems({ ...variables(), HEROKU_API_KEY: undefined })).toEqual([
    expect.stringMatching(/^HEROKU_API_KEY: is not set, but grayledger\.yml is on the platform heroku$/),
  ]);
  await write(replaced('platform: heroku', 'platform: compose'));
  expect(await problems({ ...variables(), HEROKU_API_KEY: undefined })).toEqual([]);
});
it('prints one problem per line', () => {
  const text = problemsText([
    { path: 'PORT', message: 'must be a port number' },
    { path: 'HOST', message: 'is wrong' },
  ]);
  expect(text.split('\n')).toEqual([
    'Holdfast cannot start: there are 2 problems in its configuration.',
    '  PORT: must be a port number',
    '  HOST: is wrong',
  ]);
});

it('says where a schedule never comes, and where no candidate can be kept warm', async () => {
  await write(
    replaced('cron: 30 2 * * *', 'cron: 30 2 31 2 *').replace('  staging:\n', '  staging:\n    keepWarm: true\n'),
  );
  expect(await problems()).toEqual([
    'grayledger.yml: schedules[0].cron: never comes',
    expect.stringMatching(/^grayledger.yml: environments.staging.keepWarm: needs a platform/),
  ]);
});

it('asks for the variables that tell outside of Slack', async () => {
  await write(replaced('  # notify:\n  #   pagerduty:', '  notify:\n    pagerduty:'));
  expect(await problems()).toEqual([
    'PAGERDUTY_ROUTING_KEY: is not set, but grayledger.yml: incidents.notify names it',
  ]);
  expect(await problems({ ...variables(), PAGERDUTY_ROUTING_KEY: 'x'.repeat(32) })).toEqual([]);
});

it('takes no address for mail that is none, does not show it, and sends no token in clear text', async () => {
  const mail = 'email: { smtp: MAIL_URL, from: dr@example.com, to: [ops@example.com] }';
  await write(replaced('  # notify:\n', `  notify:\n    ${mail}\n`));
  for (const wrong of ['mail.example.com', 'http://user:open-sesame@mail', 'smtp:']) {
    const found = await problems({ ...variables(), MAIL_URL: wrong });
    expect(found).toEqual([expect.stringMatching(/^MAIL_URL: must be an address such as smtps:.*grayledger\.yml$/)]);
    expect(found.join()).not.toContain('open-sesame');
  }
  expect(await problems({ ...variables(), MAIL_URL: 'smtp://127.0.0.1:2525' })).toEqual([]);
  const page = 'statuspage: { token: PAGE_TOKEN, page: p1, component: c1, url: "http://status.example.com" }';
  await write(replaced('  # notify:\n', `  notify:\n    ${page}\n`));
  expect(await problems({ ...variables(), PAGE_TOKEN: 'x' })).toEqual([
    'grayledger.yml: incidents.notify.statuspage.url: must begin with https://',
  ]);
});
