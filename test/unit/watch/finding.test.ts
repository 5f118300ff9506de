// The buttons of findings: each is a command that can be typed, for the system that it is about.
import { describe, expect, it } from 'vitest';
import { Remedy } from '../../../src/core/alert.ts';
import { parseCommand } from '../../../src/core/parse-command.ts';
import { isOpen, keyOf, reasonIn, remedyOf } from '../../../src/watch/finding.ts';
import { alertOf } from './alerts.ts';

const system = { name: 'grayledger' };

it.each([
  ['backup', { is: 'operation', command: { verb: 'backup', system: 'grayledger' } }],
  [
    'verify --deep',
    { is: 'operation', command: { verb: 'verify', deep: true, backup: 'latest', system: 'grayledger' } },
  ],
  ['backups', { is: 'query', command: { verb: 'backups', retention: false, system: 'grayledger' } }],
  ['backups --retention', { is: 'query', command: { verb: 'backups', retention: true, system: 'grayledger' } }],
  ['assess', { is: 'incident', command: { verb: 'assess', system: 'grayledger' } }],
] as const)('%s is understood as it stands, for this system', (command, expected) => {
  const remedy = remedyOf(system, command);
  expect(Remedy.parse(remedy)).toEqual(remedy);
  expect(parseCommand(remedy.command)).toMatchObject(expected);
});

describe('two findings', () => {
  it('are the same when kind, environment and what they are about are', () => {
    const one = alertOf('retention');
    expect(keyOf({ ...one, id: 'al-2' } as typeof one)).toBe(keyOf(one));
    expect(isOpen([one], alertOf('retention', { severity: 'info' }))).toBe(true);
    expect(isOpen([one], alertOf('retention', { about: 'surplus' }))).toBe(false);
    expect(isOpen([one], alertOf('retention', { environment: 'staging' }))).toBe(false);
    expect(isOpen([one], alertOf('old'))).toBe(false);
  });
});

describe('a reason in a sentence', () => {
  it.each([
    ['Heroku cannot be reached. Ask again.', 'Heroku cannot be reached. Ask again'],
    ['two\nlines \u202e', 'two lines'],
    ['x'.repeat(300), 'x'.repeat(300)],
    ['x'.repeat(301), `${'x'.repeat(299)}…`],
  ])('is one line without its full stop, 300 characters at most', (said, expected) => {
    expect(reasonIn(said)).toBe(expected);
  });
});
