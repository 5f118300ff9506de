// A secret never prints, whichever way somebody tries (fault 59).
import { format, inspect } from 'node:util';
import { describe, expect, it } from 'vitest';
import { Fault } from '../../../src/core/errors.ts';
import { canonical } from '../../../src/core/json.ts';
import { Secret } from '../../../src/core/secret.ts';

const VALUE = 'postgres://u:hunter2@db.example/app';
const secret = new Secret(VALUE);

describe('a secret', () => {
  it.each<[string, () => string]>([
    ['String()', () => String(secret)],
    ['a template', () => `${secret}`],
    ['joining', () => [secret].join()],
    ['JSON', () => JSON.stringify({ url: secret })],
    ['canonical JSON', () => canonical({ url: secret })],
    ['inspection', () => inspect({ url: secret }, { showHidden: true, depth: 9 })],
    ['console formatting', () => format('%s %o %j', secret, secret, secret)],
    ['an error’s cause', () => new Fault('connecting', { cause: secret }).message],
    ['its members', () => Object.entries(secret).join()],
    ['a copy', () => JSON.stringify({ ...secret })],
  ])('does not show through %s', (_way, shown) => {
    expect(shown()).not.toContain('hunter2');
  });

  it('says what it is instead', () => {
    expect(`connecting to ${secret}`).toBe('connecting to [secret]');
  });

  it('is opened on purpose only', () => {
    expect(secret.open()).toBe(VALUE);
  });
});
