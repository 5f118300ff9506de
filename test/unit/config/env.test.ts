// Environment variables: all problems at once, no value ever shown, and the table tells the truth.
import { describe, expect, it } from 'vitest';
import { readEnv, type Variables } from '../../../src/config/env.ts';
import { VARIABLES } from '../../../src/config/variables.ts';

const REQUIRED = {
  DATABASE_URL: 'postgres://holdfast:hunter22@store/holdfast',
  REDIS_URL: 'redis://queue:6379',
  SLACK_BOT_TOKEN: 'xoxb-1-abcdef',
  SLACK_APP_TOKEN: 'xapp-1-abcdef',
};
const envOf = (variables: Variables) => {
  const read = readEnv(variables);
  if ('problems' in read) throw new Error(JSON.stringify(read.problems));
  return read.env;
};
const problemsOf = (variables: Variables) => {
  const read = readEnv(variables);
  return 'problems' in read ? read.problems.map(({ path }) => path).sort() : [];
};

it('needs nothing but what the table calls required', () => {
  expect(VARIABLES.filter(({ required }) => required === true).map(({ name }) => name)).toEqual(
    expect.arrayContaining(['DATABASE_URL', 'REDIS_URL', 'SLACK_BOT_TOKEN']),
  );
  expect(problemsOf(REQUIRED)).toEqual([]);
  expect(problemsOf({})).toEqual(['DATABASE_URL', 'REDIS_URL', 'SLACK_APP_TOKEN', 'SLACK_BOT_TOKEN']);
});

it('treats an empty variable like one that is not set', () => {
  expect(problemsOf({ ...REQUIRED, REDIS_URL: '' })).toEqual(['REDIS_URL']);
  expect(envOf({ ...REQUIRED, LOG_LEVEL: '', PORT: '' }).logLevel).toBe('info');
});

it('reports everything that is wrong at once, and shows no value', () => {
  const wrong = {
    DATABASE_URL: 'mysql://root:hunter22@host/db',
    REDIS_URL: 'hunter22',
    SLACK_BOT_TOKEN: 'hunter22',
    SLACK_APP_TOKEN: 'xoxb-hunter22',
    SLACK_SIGNING_SECRET: 'hunter2',
    PORT: 'hunter22',
    HEALTH_PORT: '99999',
    SLACK_API_URL: 'file:///hunter22',
    LOG_LEVEL: 'hunter22',
    HEROKU_API_KEY: 'hunter 22 hunter 22',
    HEROKU_HOST: 'http://hunter22.example.com',
    HEROKU_DATA_HOST: 'https://hunter22',
  };
  const read = readEnv(wrong);
  expect(problemsOf(wrong)).toEqual(Object.keys(wrong).sort());
  expect(JSON.stringify(read)).not.toContain('hunter');
});

it('hides every secret from whoever prints the result', () => {
  const env = envOf({ ...REQUIRED, HEROKU_API_KEY: 'HRKU-secret-key' });
  expect(JSON.stringify(env)).not.toMatch(/hunter22|abcdef|HRKU/);
  expect(env.databaseUrl.open()).toBe(REQUIRED.DATABASE_URL);
});

describe('the way to Slack', () => {
  const http = { ...REQUIRED, SLACK_APP_TOKEN: undefined, SLACK_SIGNING_SECRET: '0123456789abcdef' };

  it('is Socket Mode with an app token, whatever else is set', () => {
    expect(envOf({ ...http, ...REQUIRED }).slack.door.mode).toBe('socket');
  });

  it('is HTTP with a signing secret alone, on port 3000 of this machine unless told otherwise', () => {
    expect(envOf(http)).toMatchObject({ slack: { door: { mode: 'http', port: 3000 } }, host: '127.0.0.1' });
    const env = envOf({ ...http, PORT: '8080', HOST: '0.0.0.0' });
    expect(env).toMatchObject({ slack: { door: { port: 8080 } }, host: '0.0.0.0' });
  });
});

it.each(['http://localhost:5055', 'http://127.0.0.1:5055', 'https://api.example.com', 'heroku.com'])(
  'lets the Heroku key go to %s',
  (host) => {
    expect(envOf({ ...REQUIRED, HEROKU_HOST: host }).heroku.host).toBe(host);
  },
);

it('has the defaults that the table names', () => {
  const env = envOf({ ...REQUIRED, SLACK_APP_TOKEN: undefined, SLACK_SIGNING_SECRET: '0123456789abcdef' });
  const { door, apiUrl } = env.slack;
  const used = {
    ...{ HOST: env.host, PATH: env.path, LOG_LEVEL: env.logLevel, SLACK_API_URL: apiUrl, HEROKU_HOST: env.heroku.host },
    PORT: door.mode === 'http' ? String(door.port) : null,
  };
  const named = VARIABLES.flatMap(({ name, default: value }) => (name in used ? [[name, value]] : []));
  expect(Object.fromEntries(named)).toEqual(used);
});

it('describes every variable once', () => {
  const names = VARIABLES.map(({ name }) => name);
  expect(new Set(names).size).toBe(names.length);
  expect(VARIABLES.filter(({ meaning }) => !meaning.endsWith('.'))).toEqual([]);
});
