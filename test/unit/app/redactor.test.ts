// Who hides what: the log every secret, what people read all but words of the system files.
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { judges } from '../../../src/app/platforms.ts';
import { redactorFor, redactorForPeople } from '../../../src/app/redactor.ts';
import { readConfig } from '../../../src/config/config.ts';

it('a password that is the name of an app is hidden in the log, and leaves that name in sentences', async () => {
  const dir = await mkdtemp(join(tmpdir(), 'holdfast-systems-'));
  try {
    const shipped = join(import.meta.dirname, '../../../systems/grayledger.yml');
    await writeFile(join(dir, 'grayledger.yml'), (await readFile(shipped, 'utf8')).replaceAll('0REPLACE', '0REAL'));
    const read = await readConfig(judges, {
      DATABASE_URL: 'postgres://holdfast:grayledger-staging@store/holdfast',
      REDIS_URL: 'redis://:a-long-random-password@queue',
      SLACK_BOT_TOKEN: 'xoxb-1-abcdef',
      SLACK_APP_TOKEN: 'xapp-1-abcdef',
      HEROKU_API_KEY: 'HRKU-0123456789',
      SYSTEMS_DIR: dir,
    });
    if (!('config' in read)) throw new Error(JSON.stringify(read.problems));
    const sentence = 'Restore grayledger-staging with a-long-random-password';
    expect(redactorForPeople(read.config).text(sentence)).toBe('Restore grayledger-staging with [secret]');
    expect(redactorFor(read.config).text(sentence)).toBe('Restore [secret] with [secret]');
  } finally {
    await rm(dir, { recursive: true });
  }
});
