// The address of a mail server as an environment variable holds it.
import { describe, expect, it } from 'vitest';
import { mailServerOf } from '../../../../src/notify/outside/smtp.ts';

describe('the address of a mail server', () => {
  it.each([
    ['smtp://mail.example.com', { host: 'mail.example.com', port: 587, secure: false, credentials: null }],
    ['smtps://mail.example.com', { host: 'mail.example.com', port: 465, secure: true, credentials: null }],
    ['smtp://[::1]:2525', { host: '::1', port: 2525, secure: false, credentials: null }],
    [
      'smtps://me%40example.com:p%3Ass@mail.example.com:4650',
      { host: 'mail.example.com', port: 4650, secure: true, credentials: { user: 'me@example.com', pass: 'p:ss' } },
    ],
  ])('%s is read', (url, server) => {
    expect(mailServerOf(url)).toEqual(server);
  });

  it.each(['hunter22', 'https://u:hunter22@mail.example.com', 'smtp://', ''])(
    '%s is refused without being shown',
    (url) => {
      expect(() => mailServerOf(url)).toThrow('does not hold the address of a mail server');
      expect(() => mailServerOf(url)).not.toThrow('hunter22');
    },
  );
});
