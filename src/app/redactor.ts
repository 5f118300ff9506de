// Knows every secret that this installation was given, and takes it out of whatever is logged or told.
import type { Config } from '../config/config.ts';
import { createRedactor, type Redactor } from '../lib/redact.ts';

export function redactorFor({ databaseUrl, redisUrl, slack, heroku: { apiKey }, secrets, ...own }: Config): Redactor {
  const words = new Set(JSON.stringify(own.systems).match(/[\w-]+/g));
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
