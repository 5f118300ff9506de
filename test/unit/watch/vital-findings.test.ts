// Disk, replication lag and connections against their limits (F19); what could not be read is neither found nor over.
import { describe, expect, it } from 'vitest';
import type { Alert, AlertKind } from '../../../src/core/alert.ts';
import type { EnvironmentFacts } from '../../../src/core/facts.ts';
import type { Vitals } from '../../../src/core/vitals.ts';
import { vitalFindings } from '../../../src/watch/vital-findings.ts';
import { systemOf } from '../../support/system.ts';
import { alertOf } from './alerts.ts';

const NOTHING: Vitals = { disk: null, lagSeconds: null, pool: null, bytes: null };
const disk = (percent: number): Partial<Vitals> => ({ disk: { percent, text: '5.3 GB left' } });
const lag = (lagSeconds: number): Partial<Vitals> => ({ lagSeconds });
const pool = (percent: number): Partial<Vitals> => ({ pool: { percent, text: '81 of 100 connections of the server' } });

type Beside = { readonly open?: readonly Alert[]; readonly server?: EnvironmentFacts['server'] };

function look(vitals: Partial<Vitals>, { open = [], server = null }: Beside = {}) {
  return vitalFindings(systemOf(), { ...NOTHING, ...vitals }, { open, server });
}

describe('each figure', () => {
  it.each<[AlertKind, Partial<Vitals>, boolean]>([
    ['disk', disk(89.9), false],
    ['disk', disk(90), false],
    ['disk', disk(90.1), true],
    ['lag', lag(3599), false],
    ['lag', lag(3600), false],
    ['lag', lag(3601), true],
    ['pool', pool(79), false],
    ['pool', pool(80), false],
    ['pool', pool(80.1), true],
  ])('%s of %o is found: %s', (kind, vitals, isFound) => {
    const { kinds, findings } = look(vitals);
    expect(kinds).toEqual([kind]);
    expect(findings.map((finding) => finding.kind)).toEqual(isFound ? [kind] : []);
  });

  it.each<[AlertKind, Partial<Vitals>, Partial<Vitals>]>([
    ['disk', disk(88.1), disk(88)],
    ['lag', lag(3529), lag(3528)],
    ['pool', pool(78.1), pool(78)],
  ])('of %s lasts until it is two points below its limit', (kind, still, over) => {
    const open = [alertOf(kind)];
    expect(look(still, { open }).findings).toHaveLength(1);
    expect(look(over, { open }).findings).toEqual([]);
    expect(look(still, { open: [alertOf(kind, { environment: 'staging' })] }).findings).toEqual([]);
  });

  it('is not looked at where it could not be read', () => {
    expect(look({})).toEqual({ kinds: [], findings: [] });
    expect(look(disk(95), { open: [alertOf('lag')] }).kinds).toEqual(['disk']);
  });
});

it('says what was read, how bad it is, and what to do', () => {
  const { kinds, findings } = look({ ...disk(91.25), ...lag(3900), ...pool(81) });
  expect(kinds).toEqual(['disk', 'lag', 'pool']);
  const place = { environment: 'production', about: '' };
  const assess = { label: 'Assess it', command: 'assess --system grayledger' };
  expect(findings).toEqual([
    {
      ...place,
      kind: 'disk',
      severity: 'critical',
      text: "91.3 % of the database's disk is used: 5.3 GB left; the limit is 90 %.",
      remedy: { label: 'Show what is kept', command: 'backups --retention --system grayledger' },
    },
    {
      ...place,
      kind: 'lag',
      severity: 'critical',
      text: 'A replica is 1 h 5 min behind; the limit is 1 h.',
      remedy: assess,
    },
    {
      ...place,
      kind: 'pool',
      severity: 'warning',
      text: '81.0 % of the connections are in use: 81 of 100 connections of the server; the limit is 80 %.',
      remedy: assess,
    },
  ]);
});

describe('a full disk', () => {
  const kept = (operation: string, bytes: number) => ({
    name: `app_${operation}`,
    identity: operation,
    operation,
    bytes,
    until: '2025-11-22T00:00:00.000Z',
  });
  const serverWith = (...all: ReturnType<typeof kept>[]) => ({
    services: [],
    migrate: null,
    bytes: 1,
    freeBytes: 1,
    warm: [],
    candidates: [],
    kept: all,
  });

  it('is relieved by planning the cleanup of the largest database that is kept for undo', () => {
    const server = serverWith(kept('op-38', 10), kept('op-41', 900), kept('op-40', 20));
    expect(look(disk(95), { server }).findings[0]?.remedy).toEqual({
      label: 'Plan cleanup of op-41',
      command: 'cleanup op-41',
    });
  });

  it('leads to what is kept of backups where there is no such database', () => {
    expect(look(disk(95), { server: serverWith() }).findings[0]?.remedy?.label).toBe('Show what is kept');
  });
});
