// The copy out of the house as a finding: missing, old, young, unreadable, not asked for; and when it is over.
import { describe, expect, it } from 'vitest';
import type { Copy, Offsite } from '../../../src/core/facts.ts';
import { parseCommand } from '../../../src/core/parse-command.ts';
import { offsiteFindings } from '../../../src/watch/offsite-findings.ts';
import { daysAgo, NOW } from '../../support/facts.ts';
import { systemOf } from '../../support/system.ts';
import { paperWatch } from './paper-watch.ts';

const system = systemOf();
const MINUTE = 60_000;

function copyOf(of: string, days: number): Copy {
  const at = daysAgo(days);
  const backup = { id: `${of}.age`, kind: 'scheduled', state: 'finished', startedAt: at, finishedAt: at } as const;
  return { ...backup, bytes: 100, sha256: 'a'.repeat(64), of, ofSha256: 'b'.repeat(64), copiedAt: NOW.toISOString() };
}

const at = (copies: Copy[], problem: string | null = null): Offsite => ({ name: 's3://vault', copies, problem });
const found = (offsite: Offsite | null) => offsiteFindings(system, offsite, NOW);

describe('the newest copy out of the house', () => {
  it('is nobody’s matter where no place is named, and young enough for a week and a day', () => {
    expect(found(null)).toEqual({ kinds: ['offsite'], findings: [] });
    expect(found(at([copyOf('a001', 30), copyOf('a007', 7.9)]))).toEqual({ kinds: ['offsite'], findings: [] });
  });

  it('is old by the backup that was copied, not by when it was copied', () => {
    const { findings } = found(at([copyOf('a001', 30), copyOf('a007', 8.1)]));
    expect(findings).toMatchObject([
      {
        kind: 'offsite',
        about: '',
        severity: 'warning',
        text: expect.stringMatching(/^The newest copy out of the house is of a007, begun .*; it may be 192 h old\.$/),
        remedy: { label: 'Copy out of the house', command: 'copy --system grayledger' },
      },
    ]);
    expect(parseCommand(findings[0]?.remedy?.command ?? '')).toMatchObject({
      is: 'operation',
      command: { verb: 'copy' },
    });
  });

  it('is not a newer one that is broken', () => {
    const broken: Copy = { ...copyOf('a008', 0), state: 'failed', finishedAt: null };
    expect(found(at([copyOf('a001', 30), broken])).findings).toMatchObject([{ text: expect.stringContaining('a001') }]);
  });

  it('is missing where there is none', () => {
    expect(found(at([])).findings).toMatchObject([{ text: 'There is no copy out of the house, at s3://vault.' }]);
  });

  it('is not called missing where the place cannot be read', () => {
    expect(found(at([], 'the bucket does not answer'))).toMatchObject({
      kinds: [],
      findings: [
        {
          about: 'place',
          text: 'The copies out of the house, at s3://vault, could not be read: the bucket does not answer.',
          remedy: { command: 'backups --retention --system grayledger' },
        },
      ],
    });
  });
});

describe('the watch', () => {
  it('raises it when it was found twice, keeps it while the place cannot be read, and ends it with a new copy', async () => {
    const paper = paperWatch([system]);
    let offsite = at([]);
    paper.offsite = async () => offsite;
    paper.watch().start();
    await paper.clock.advance(10 * MINUTE);
    expect(paper.open()).toEqual([]);
    await paper.clock.advance(15 * MINUTE);
    expect(paper.open()).toEqual(['offsite']);
    offsite = at([], 'the bucket does not answer');
    await paper.clock.advance(31 * MINUTE);
    expect(paper.open()).toEqual(['offsite', 'offsite/place']);
    offsite = at([copyOf('a007', 0)]);
    await paper.clock.advance(15 * MINUTE);
    expect(paper.open()).toEqual([]);
  });

  it('takes a place that never answers for one that cannot be read', async () => {
    const paper = paperWatch([system]);
    paper.offsite = () => new Promise(() => {});
    paper.watch().start();
    await paper.clock.advance(40 * MINUTE);
    expect(paper.open()).toEqual(['offsite/place']);
  });
});
