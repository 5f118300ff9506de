// What people should know of the last runs: missed, refused, not started, and a review that is due.
import { describe, expect, it } from 'vitest';
import { Finding } from '../../../src/core/alert.ts';
import { parseCommand } from '../../../src/core/parse-command.ts';
import { type Failing, NOTES, scheduleFindings } from '../../../src/progress/schedule-findings.ts';
import { type SystemFile, systemOf } from '../../support/system.ts';

const NOW = new Date('2026-11-26T12:00:00.000Z');
const DUE = '2026-11-26T02:00:00.000Z';
const KEY = 'grayledger/nightly';

type Work = NonNullable<SystemFile['schedules']>[number]['work'];

function findings(
  note: string | null,
  work: Work = { do: 'verify' },
  failing: Record<string, Failing> = {},
  now = NOW,
) {
  const system = systemOf({
    schedules: [{ name: 'nightly', cron: '0 2 * * *', work }],
    contacts: { lead: { title: 'Engineering lead' } },
    drills: { monthly: { title: 'Monthly', parts: [{ do: 'backups' }] } },
  });
  const earlier = { key: KEY, due: '2026-11-25T02:00:00.000Z', operation: null, note: NOTES.missed };
  const runs = note === null ? [] : [{ key: KEY, due: DUE, operation: null, note }, earlier];
  const found = scheduleFindings(system, runs, new Map(Object.entries(failing)), now);
  for (const one of found) Finding.parse(one);
  return found;
}

describe('the last run of a schedule', () => {
  it.each([null, NOTES.started, NOTES.madeUp, `${NOTES.idle}It stands ready.`, NOTES.overtaken, NOTES.removed, ''])(
    'is no matter when it is as it should be, or going on: %s',
    (note) => {
      expect(findings(note)).toEqual([]);
    },
  );

  it('that was missed or refused is said, with the command that makes it up', () => {
    expect(findings(NOTES.missed)).toEqual([
      {
        kind: 'schedule',
        environment: 'production',
        about: 'nightly',
        severity: 'warning',
        text: '“nightly” of 2026-11-26 02:00 UTC was missed: nothing was running then',
        remedy: { label: 'Run it now', command: 'verify latest --system grayledger' },
      },
    ]);
    const drill = findings(`${NOTES.refused}There is no backup.`, { do: 'drill', drill: 'monthly' });
    expect(drill).toMatchObject([
      {
        text: '“nightly” of 2026-11-26 02:00 UTC was refused: There is no backup.',
        remedy: { command: 'drill monthly --system grayledger' },
      },
    ]);
  });

  it('is about the environment that its work names', () => {
    expect(findings(NOTES.missed, { do: 'backup', environment: 'staging' })).toMatchObject([
      { environment: 'staging' },
    ]);
    expect(findings(NOTES.missed, { do: 'backup' })).toMatchObject([{ environment: 'production' }]);
  });

  it.each<Work>([
    { do: 'verify', deep: true },
    { do: 'backup' },
    { do: 'warm', environment: 'staging' },
    { do: 'drill', drill: 'monthly' },
  ])('offers a command that can be typed: %o', (work) => {
    const command = findings(NOTES.missed, work)[0]?.remedy?.command ?? '';
    expect(parseCommand(command)).toMatchObject({ is: 'operation', command: { verb: work.do } });
  });

  it('that could not be started yet is said as long as nobody has settled it', () => {
    const failing = { [KEY]: { due: DUE, reason: 'Heroku does not answer' } };
    expect(findings('', { do: 'verify' }, failing)).toMatchObject([
      { text: '“nightly” of 2026-11-26 02:00 UTC could not be started: Heroku does not answer. It is tried again.' },
    ]);
    expect(findings(NOTES.started, { do: 'verify' }, failing)).toEqual([]);
    expect(findings('', { do: 'verify' }, { [KEY]: { due: '2026-11-25T02:00:00.000Z', reason: 'x' } })).toEqual([]);
  });
});

describe('a review', () => {
  const work: Work = { do: 'review', title: 'Read the runbook', contact: 'lead' };

  it('is asked for for a week, with the person whom the file names', () => {
    expect(findings(NOTES.reminded, work)).toEqual([
      {
        kind: 'schedule',
        environment: 'production',
        about: 'nightly',
        severity: 'info',
        text: 'Read the runbook: due since 2026-11-26 02:00 UTC, with Engineering lead.',
        remedy: null,
      },
    ]);
    expect(findings(NOTES.reminded, work, {}, new Date('2026-12-03T01:59:00.000Z'))).toHaveLength(1);
    expect(findings(NOTES.reminded, work, {}, new Date('2026-12-03T02:00:00.000Z'))).toEqual([]);
  });
});
