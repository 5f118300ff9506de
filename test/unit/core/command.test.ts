// Parsing what a person typed: every outcome, and that hostile text stays text.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Command, commandText } from '../../../src/core/command.ts';
import { parseCommand } from '../../../src/core/parse-command.ts';

function restoring(given: Partial<Extract<Command, { verb: 'restore' }>>): Command {
  return { verb: 'restore', system: null, environment: 'production', backup: null, at: null, table: null, ...given };
}

const accepted: [string, Command][] = [
  ['verify', { verb: 'verify', system: null, backup: 'latest', deep: false }],
  ['verify a007 --deep', { verb: 'verify', system: null, backup: 'a007', deep: true }],
  ['verify --deep --system grayledger', { verb: 'verify', system: 'grayledger', backup: 'latest', deep: true }],
  [
    'restore staging a001',
    { verb: 'restore', system: null, environment: 'staging', backup: 'a001', at: null, table: null },
  ],
  [
    '  RESTORE   staging  latest ',
    { verb: 'restore', system: null, environment: 'staging', backup: 'latest', at: null, table: null },
  ],
  [
    'restore production a001 --table billing.entries',
    restoring({ backup: 'a001', table: { name: 'billing.entries', mode: 'missing' } }),
  ],
  [
    'restore production latest --replace --table entries',
    restoring({ backup: 'latest', table: { name: 'entries', mode: 'replace' } }),
  ],
  ['restore production --at "2025-11-22 14:30 UTC"', restoring({ at: '2025-11-22T14:30:00.000Z' })],
  ['restore production --at “2025-11-22 14:30:07 +01:00”', restoring({ at: '2025-11-22T13:30:07.000Z' })],
  ['restore production --at 2025-11-22T14:30:07.250Z', restoring({ at: '2025-11-22T14:30:07.250Z' })],
  ['warm production', { verb: 'warm', system: null, environment: 'production', backup: 'latest' }],
  ['rollback previous', { verb: 'rollback', system: null, release: 'previous' }],
  ['recover', { verb: 'scenarios', system: null }],
  ['scenarios --system provote', { verb: 'scenarios', system: 'provote' }],
  [
    'recover corruption',
    { verb: 'recover', system: null, scenario: 'corruption', backup: null, at: null, table: null },
  ],
  [
    'recover corruption a003',
    { verb: 'recover', system: null, scenario: 'corruption', backup: 'a003', at: null, table: null },
  ],
  [
    'recover deletion latest --table entries',
    {
      verb: 'recover',
      system: null,
      scenario: 'deletion',
      backup: 'latest',
      at: null,
      table: { name: 'entries', mode: 'missing' },
    },
  ],
  [
    'recover moment --at "2025-11-22 14:30 UTC"',
    { verb: 'recover', system: null, scenario: 'moment', backup: null, at: '2025-11-22T14:30:00.000Z', table: null },
  ],
  ['cleanup op-41', { verb: 'cleanup', operation: 'op-41' }],
  ['rollback v255', { verb: 'rollback', system: null, release: 'v255' }],
  ['undo op-41', { verb: 'undo', operation: 'op-41' }],
  ['backup', { verb: 'backup', system: null, environment: null, keep: false }],
  ['export --system suoops', { verb: 'export', system: 'suoops' }],
  ['backup --keep', { verb: 'backup', system: null, environment: null, keep: true }],
  ['backup staging', { verb: 'backup', system: null, environment: 'staging', keep: false }],
  ['backups', { verb: 'backups', system: null, retention: false }],
  ['backups --retention', { verb: 'backups', system: null, retention: true }],
  ['drill monthly', { verb: 'drill', system: null, drill: 'monthly' }],
  ['drills', { verb: 'drills', system: null }],
  ['schedules', { verb: 'schedules', system: null }],
  ['contacts', { verb: 'contacts', system: null }],
  ['alerts', { verb: 'alerts', system: null }],
  ['report', { verb: 'report', system: null, of: null }],
  ['report 2026-11', { verb: 'report', system: null, of: '2026-11' }],
  ['copy latest', { verb: 'copy', system: null, backup: 'latest' }],
  ['prune', { verb: 'prune', system: null }],
  ['status --system grayledger', { verb: 'status', system: 'grayledger' }],
  ['systems', { verb: 'systems' }],
  ['cancel op-7', { verb: 'cancel', operation: 'op-7' }],
  ['audit op-7', { verb: 'audit', operation: 'op-7' }],
];

const refused: [string, string, RegExp][] = [
  ['restor staging a001', 'unknown-command', /Did you mean `\/dr restore/],
  ['explode', 'unknown-command', /\/dr help/],
  ['restore', 'usage', /environment is missing/],
  ['restore staging', 'usage', /backup is missing/],
  ['restore staging a001 now', 'usage', /“now”/],
  ['restore staging https://evil.example/x.dump', 'usage', /never possible/],
  ['restore Staging! a001', 'usage', /not a valid environment/],
  ['restore staging a001 --confirm=x', 'usage', /“--confirm=x”/],
  ['restore staging ../../account', 'usage', /not a valid backup/],
  ['rollback 255', 'usage', /not a valid release/],
  ['rollback v255 --deep', 'usage', /--deep/],
  ['rollback', 'usage', /release is missing/],
  ['undo 41', 'usage', /not a valid operation/],
  ['verify --deep --deep', 'usage', /twice/],
  ['verify --system', 'usage', /needs a value/],
  ['verify --system --json', 'usage', /needs a value/],
  ['systems now', 'usage', /“now”/],
  ['restore production a001 --table', 'usage', /“--table” needs a value/],
  ['restore production a001 --table drop;table', 'usage', /not a valid table/],
  ['restore production a001 --replace', 'usage', /need `--table`/],
  ['restore production a001 --missing', 'usage', /need `--table`/],
  ['restore production a001 --table t --missing --replace', 'usage', /either/],
  ['restore production a001 --at "2025-11-22 14:30 UTC"', 'usage', /neither a backup nor a table/],
  ['restore production --table t --at "2025-11-22 14:30 UTC"', 'usage', /neither a backup nor a table/],
  ['restore production --at yesterday', 'usage', /not a moment with its time zone/],
  ['restore production --at "2025-11-22 14:30"', 'usage', /not a moment with its time zone/],
  ['restore production --at "2025-13-45 99:99 UTC"', 'usage', /no such moment/],
  ['restore production --at "2025-02-30 10:00 UTC"', 'usage', /no such moment/],
  ['recover Corruption!', 'usage', /not a valid scenario/],
  ['recover corruption a001 now', 'usage', /“now”/],
  ['cleanup 41', 'usage', /not a valid operation/],
  [`restore staging ${'a'.repeat(1000)}`, 'too-long', /at most 1000/],
  ['restore staging a001\u202e', 'unprintable', /cannot be seen/],
  ['restore staging \u0000', 'unprintable', /cannot be seen/],
];

describe('a command', () => {
  it.each(accepted)('reads “%s”', (text, command) => {
    const parsed = parseCommand(text);
    expect(parsed.is === 'operation' || parsed.is === 'query' ? parsed.command : parsed).toEqual(command);
  });

  it.each(accepted)('written out again means the same: “%s”', (_text, command) => {
    const again = parseCommand(commandText(command).replace(/^\/dr /, ''));
    expect(again.is === 'operation' || again.is === 'query' ? again.command : again).toEqual(command);
  });

  it.each(refused)('refuses “%s”', (text, code, says) => {
    const parsed = parseCommand(text);
    expect(parsed).toMatchObject({ is: 'refused', refusal: { code } });
    expect(parsed.is === 'refused' ? parsed.refusal.message : '').toMatch(says);
  });

  it.each([
    ['', null],
    ['help', null],
    ['help restore', 'restore'],
    ['help nonsense', null],
    ['rollback --help', 'rollback'],
  ])('“%s” asks for help', (text, about) => {
    expect(parseCommand(text)).toEqual({ is: 'help', about });
  });

  it.each([
    ['verfy', 'verify'],
    ['rolback v255', 'rollback'],
    ['backus', 'backup'],
    ['statsu', 'status'],
    ['HLEP', 'help'],
    ['auditt', 'audit'],
  ])('guesses what “%s” was meant to be', (text, verb) => {
    const parsed = parseCommand(text);
    expect(parsed.is === 'refused' ? parsed.refusal.next : '').toMatch(new RegExp(`Did you mean \`/dr ${verb}`));
  });

  it.each(['xy', 'vrf', 'restoration', 'a'.repeat(300)])('does not guess at “%s”', (text) => {
    const parsed = parseCommand(text);
    expect(parsed.is === 'refused' ? parsed.refusal.next : '').toBe('See `/dr help`.');
  });

  it('does not turn a defect of ours into a refusal', () => {
    expect(() => parseCommand(null as unknown as string)).toThrow(TypeError);
  });

  it('never throws and never lets markup through, whatever is typed', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.constantFrom('<!channel>', '`rm`', '$(x)', '; DROP')), (text) => {
        const parsed = parseCommand(text);
        if (parsed.is === 'refused') expect(parsed.refusal.why).not.toMatch(/<[!@#]/);
      }),
    );
  });
});
