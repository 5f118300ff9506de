// No secret leaves: not as it is, not encoded, not deep inside, not in an error.
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { createRedactor } from '../../../src/lib/redact.ts';

const SECRET = 'p@ss/w0rd+"x"';
const knowing = (...secrets: string[]) => {
  const redactor = createRedactor();
  for (const secret of secrets) redactor.register(secret);
  return redactor;
};

it.each([
  ['as it is', SECRET],
  ['URL-encoded', encodeURIComponent(SECRET)],
  ['JSON-escaped', JSON.stringify({ it: SECRET })],
  ['as base64', Buffer.from(SECRET).toString('base64')],
  ['as base64url', Buffer.from(SECRET).toString('base64url')],
  ['as hex', Buffer.from(SECRET).toString('hex')],
  ['in the header of basic authentication', Buffer.from(`:${SECRET}`).toString('base64')],
])('hides a registered secret %s', (_, form) => {
  const redacted = knowing(SECRET).text(`before ${form} after`);
  expect(redacted).toMatch(/^before .*\[secret\].* after$/);
  for (const part of ['p@ss', 'w0rd', form]) expect(redacted).not.toContain(part);
});

it('hides any registered secret anywhere in any text, and in base64 of any text', () => {
  const printable = fc.string({ minLength: 8, maxLength: 40 });
  fc.assert(
    fc.property(printable, fc.string(), fc.string(), (secret, before, after) => {
      const text = knowing(secret).text(before + secret + after);
      expect(text.includes(secret) && !'[secret]'.includes(secret)).toBe(false);
      const core = Buffer.from(secret).toString('base64').replace(/=*$/, '').slice(0, -1);
      const encoded = Buffer.from(`abc${secret}`).toString('base64');
      expect(knowing(secret).text(encoded)).not.toContain(core);
    }),
  );
});

it('hides the password of a registered connection string by itself', () => {
  const redactor = knowing('postgres://holdfast:s3cr%2Ft-pw@db.example.com/holdfast');
  expect(redactor.text('FATAL: no entry for "s3cr/t-pw" or s3cr%2Ft-pw')).toBe(
    'FATAL: no entry for "[secret]" or [secret]',
  );
});

it('does not blacken the word that is both name and password', () => {
  expect(knowing('postgres://postgres:postgres@127.0.0.1/postgres').text('starting postgres')).toBe(
    'starting postgres',
  );
});

it.each([
  ['postgres://user:pw@host:5432/db', 'postgres://user:[secret]@host:5432/db'],
  ['at rediss://:pa:ss@host failed', 'at rediss://:[secret]@host failed'],
  ['postgres://u:p@ss@host/db', 'postgres://u:[secret]@host/db'],
  ['xoxb-123-abcDEF', '[secret]'],
  ['token=xapp-1-A123-456-abc', 'token=[secret]'],
  ['HRKU-01234567-89ab', '[secret]'],
  ['Authorization: Bearer abc.def-ghi', 'Authorization: Bearer [secret]'],
  ['authorization: Basic dXNlcjpwdw==', 'authorization: Basic [secret]'],
  ['https://s3/x.dump?a=1&X-Amz-Signature=0123&b=2', 'https://s3/x.dump?a=1&X-Amz-Signature=[secret]&b=2'],
  ['https://x/?signature=abc', 'https://x/?signature=[secret]'],
  ['PGPASSWORD=hunter2 pg_dump', 'PGPASSWORD=[secret] pg_dump'],
])('hides what looks like a secret though nobody registered it: %s', (text, redacted) => {
  expect(createRedactor().text(text)).toBe(redacted);
  expect(createRedactor().text(redacted)).toBe(redacted);
});

it.each([
  'postgres://user@host/db',
  'https://example.com:8080/path',
  'op-41 restores a001 at 14:02 UTC',
  'basic checks',
])('leaves alone: %s', (text) => {
  expect(createRedactor().text(text)).toBe(text);
});

it('goes through objects, lists, errors with their causes, and what libraries hang on errors', () => {
  const cause = Object.assign(new Error(`argv ${SECRET}`), { command: `pg_dump ${SECRET}`, stderr: [SECRET] });
  const error = new AggregateError([new Error(SECRET)], `outer ${SECRET}`, { cause });
  const redacted = knowing(SECRET).deep({ list: [{ error }], [`key ${SECRET}`]: 1, at: new Date(0), big: 5n });
  expect(JSON.stringify(redacted)).not.toContain('w0rd');
  expect(redacted).toMatchObject({
    list: [
      {
        error: {
          type: 'AggregateError',
          message: 'outer [secret]',
          cause: { message: 'argv [secret]', command: 'pg_dump [secret]', stderr: ['[secret]'] },
          errors: [{ message: '[secret]' }],
        },
      },
    ],
    at: '1970-01-01T00:00:00.000Z',
    big: '5',
  });
});

it('hides members with telling names, but not their numbers', () => {
  const given = {
    password: 'x',
    PGPASSWORD: 'x',
    apiKey: 'x',
    refresh_token: 'x',
    Authorization: 'x',
    token: 7,
    user: 'x',
  };
  expect(createRedactor().deep(given)).toEqual({
    ...{ password: '[secret]', PGPASSWORD: '[secret]', apiKey: '[secret]', refresh_token: '[secret]' },
    ...{ Authorization: '[secret]', token: 7, user: 'x' },
  });
});

it('survives what refers to itself', () => {
  const loop: Record<string, unknown> = { name: 'a' };
  loop['self'] = loop;
  expect(createRedactor().deep(loop)).toEqual({ name: 'a', self: '[circular]' });
});

it('leaves a word that everybody reads anyway, and hides the connection string in which it is the password', () => {
  const redactor = createRedactor();
  redactor.register('postgres://holdfast:provote@db/provote', new Set(['provote', 'production']));
  expect(redactor.text('Restore provote/production')).toBe('Restore provote/production');
  expect(redactor.text('at postgres://holdfast:provote@db/provote')).not.toContain('holdfast:provote');
});
