// Knows every secret that this installation was given, and takes it out of whatever is logged or told.
import type { Config } from '../config/config.ts';
import { createRedactor, type Redactor } from '../lib/redact.ts';

/** For what people read: a password that is the name of a database would take that name out of every sentence. */
export function redactorForPeople(config: Config): Redactor {
  return redactorFor(config, new Set(JSON.stringify(config.systems).match(/[\w-]+/g)));
}

/** `words` are left as they are. */
export function redactorFor(config: Config, words: ReadonlySet<string> = new Set()): Redactor {
  const {
    databaseUrl,
    redisUrl,
    slack,
    heroku: { apiKey },
    secrets,
    ...own
  } = config;
  const redactor = createRedactor();
  const door = slack.door.mode === 'socket' ? slack.door.appToken : slack.door.signingSecret;
  for (const secret of [
    databaseUrl,
    redisUrl,
    slack.botToken,
    door,
    apiKey,
    own.maskingKey,
    own.metricsToken,
    ...secrets.values(),
  ]) {
    if (secret !== null) redactor.register(secret.open(), words);
  }
  return redactor;
}
