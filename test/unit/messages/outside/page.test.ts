// What the public reads: a line of the system file, sentences meant for it, the end, and nothing of the inside.
import { describe, expect, it } from 'vitest';
import type { IncidentEvent } from '../../../../src/core/incident-log.ts';
import type { Notice } from '../../../../src/core/incident-ports.ts';
import { pageText, pageTitle } from '../../../../src/messages/outside/page.ts';
import { anIncident, minutes } from '../../notify/outside/an-incident.ts';

const UPDATED = { type: 'updated', by: 'U02BOB' } as const;
const INTERNAL: IncidentEvent = { ...UPDATED, text: 'db-7 lost its WAL, Mallory dropped the table', public: false };
const PUBLIC: IncidentEvent = { ...UPDATED, text: 'Payments are paused &amp; nothing is lost', public: true };
const RESOLVED: IncidentEvent = { type: 'resolved', by: 'U02BOB', text: 'restored a003 over db-7' };

function textOf(is: Notice['is'], events: readonly IncidentEvent[] = [], now = minutes(events.length)): string | null {
  const sight = anIncident({ seen: 'db-7 is corrupt', events });
  const entry = is === 'ongoing' ? null : (sight.entries.at(-1) ?? null);
  return pageText(sight, { is, seq: entry?.seq ?? 1 }, entry, new Date(now));
}

it('begins with the line of the system file, and a reference to be known again by', () => {
  expect(textOf('declared')).toBe(
    'We are investigating a problem with GrayLedger and will post an update within 15 minutes. (Reference: inc-7)',
  );
});

it('says the same first line in every attempt, whatever has happened since', () => {
  expect(textOf('declared', [PUBLIC, RESOLVED], minutes(90))).toBe(textOf('declared'));
});

it('shows a sentence that somebody meant for the public, as they meant it', () => {
  expect(textOf('updated', [PUBLIC])).toBe('Payments are paused & nothing is lost.');
});

it('shows nothing that was not meant for the public', () => {
  expect(textOf('updated', [INTERNAL])).toBeNull();
  expect(textOf('acknowledged', [{ type: 'acknowledged', by: 'U02BOB' }])).toBeNull();
  expect(textOf('escalated', [{ type: 'escalated', rung: 0, call: ['lead'] }])).toBeNull();
});

describe('of the inside', () => {
  const course: [Notice['is'], IncidentEvent[]][] = [
    ['declared', []],
    ['ongoing', [INTERNAL]],
    [
      'ongoing',
      [
        INTERNAL,
        { type: 'linked', operation: 'op-41' },
        { type: 'reached', milestone: 'diagnosed', by: null, note: 'db-7' },
      ],
    ],
    ['resolved', [INTERNAL, RESOLVED]],
  ];

  it.each(course)('nothing is in what %s says', (is, events) => {
    const shown = `${pageTitle(anIncident({ seen: 'db-7 is corrupt', events }))} ${textOf(is, events, minutes(20))}`;
    expect(shown).toContain('GrayLedger');
    expect(shown).not.toMatch(/db-7|corrupt|WAL|Mallory|op-41|a003|U0|Alice|Bob|on-call|restore/i);
  });
});

it('breaks no line and opens no tag, whatever was typed', () => {
  const hostile = { ...PUBLIC, text: 'fine\r\n\r\n<script>alert(1)</script>\u202e' };
  expect(textOf('updated', [hostile])).toBe('fine ‹script›alert(1)‹/script›.');
});
