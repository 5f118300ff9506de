// The log: JSON lines with a constant sentence, without secrets.
import { expect, it } from 'vitest';
import { Secret } from '../../../src/core/secret.ts';
import { createLog, type LogLevel } from '../../../src/lib/log.ts';
import { createRedactor } from '../../../src/lib/redact.ts';

const logging = (level: LogLevel = 'info') => {
  const lines: string[] = [];
  const redactor = createRedactor();
  redactor.register('hunter22');
  const log = createLog({ level, redactor, destination: { write: (line) => lines.push(line) } });
  return { log, lines, last: () => JSON.parse(lines.at(-1) ?? '{}') };
};

it('writes one JSON object per line: level, time, sentence and fields', () => {
  const { log, lines, last } = logging();
  log.info({ operationId: 'op-41', ms: 12 }, 'step slow');
  expect(lines).toHaveLength(1);
  expect(last()).toMatchObject({ level: 'info', operationId: 'op-41', ms: 12, msg: 'step slow' });
  expect(Date.parse(last().time)).toBeGreaterThan(0);
});

it('leaves out what is less important than its level', () => {
  const { log, lines } = logging('warn');
  log.info({}, 'nothing');
  log.debug({}, 'nothing');
  log.warn({}, 'something');
  expect(lines).toHaveLength(1);
});

it('contains no secret, wherever it stood', () => {
  const { log, lines, last } = logging();
  const err = Object.assign(new Error('no hunter22'), { command: 'pg_dump hunter22' });
  log.error({ err, secret: new Secret('hunter22'), nested: { url: 'postgres://u:other@h/d' } }, 'failed with hunter22');
  expect(lines.join()).not.toMatch(/hunter22|other/);
  expect(last().err).toMatchObject({ type: 'Error', message: 'no [secret]', command: 'pg_dump [secret]' });
});
