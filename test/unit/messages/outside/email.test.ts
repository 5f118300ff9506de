// The e-mail to the people of a system: what is new first, then how it stands.
import fc from 'fast-check';
import { expect, it } from 'vitest';
import type { IncidentEvent } from '../../../../src/core/incident-log.ts';
import type { Notice } from '../../../../src/core/incident-ports.ts';
import { email } from '../../../../src/messages/outside/email.ts';
import { anOperation } from '../../notify/an-operation.ts';
import { anIncident, minutes } from '../../notify/outside/an-incident.ts';

type Given = Parameters<typeof anIncident>[0];

function mailOf(is: Notice['is'], given: Given = {}, at?: string) {
  const sight = anIncident(given);
  const entry = sight.entries.at(-1) ?? null;
  return email(sight, { is, seq: entry?.seq ?? 1 }, entry, new Date(at ?? entry?.at ?? minutes(0)));
}

const PIECES = fc.constantFrom(
  ...['\r', '\n', '\t', '\0', '\u001b[31m', '\u0085', '\u2028', '\u2029', '\u202e', '\ufeff', '\ud800', '🎉'],
  ...['<', '>', '<@U02BOB|bob>', '&lt;', '&amp;lt;', '=?UTF-8?Q?=0D=0A?=', ':', ' ', 'Bcc:', '.', 'word', 'ß'],
);

const withEvents = (...events: IncidentEvent[]): Given => ({ events });

it('tells of a declaration: what, since when, how bad, what is due', () => {
  const { operation } = anOperation({ events: [{ type: 'confirmed', by: 'U01ALICE' }] });
  const { subject, text } = mailOf('declared', { operations: [operation] });
  expect(subject).toBe('inc-7: DIAGNOSING · LEVEL 1, CRITICAL: GrayLedger: payments fail');
  expect(text).toMatchInlineSnapshot(`
    "On-call engineer (U01ALICE) declared inc-7, LEVEL 1, CRITICAL: payments fail.

    System: GrayLedger
    Level: LEVEL 1, CRITICAL
    Seen: payments fail
    Now: since 13:50 UTC, for 10 min; declared 10 min later. NOBODY has acknowledged it for 0 s.
    Scenario: none chosen yet

    Clocks:
      - Diagnosis: due at 14:05 UTC, in 5 min
      - Decision (restore or roll back): due at 14:15 UTC, in 15 min
      - Recovery started: due at 14:30 UTC, in 30 min
      - Review scheduled: due at 15:00 UTC, in 1 h

    Operations:
      - op-41 QUEUED: Restore a001 into staging: 0 of 1 steps are over. Time left: unknown: never timed here

    Next update due at 14:15 UTC, in Slack.
    In Slack: https://slack.com/app_redirect?channel=C01INCIDENTS
    Sent by Holdfast for GrayLedger.
    "
  `);
});

it('has the end in its subject', () => {
  const { subject, text } = mailOf(
    'resolved',
    withEvents({ type: 'resolved', by: 'U02BOB', text: 'a003 was restored' }),
  );
  expect(subject).toBe('inc-7: RESOLVED · LEVEL 1, CRITICAL: GrayLedger: payments fail');
  expect(text).toMatch(/^Engineering lead \(U02BOB\) resolved inc-7: a003 was restored\.\n/);
  expect(text).toContain('No further update is due.');
});

it('says in the subject what the headline does not', () => {
  const escalated = mailOf('escalated', withEvents({ type: 'escalated', rung: 0, call: ['lead', 'gone'] }));
  expect(escalated.subject).toMatch(/^inc-7 ESCALATED: DIAGNOSING/);
  expect(escalated.text).toContain('nobody has acknowledged inc-7. Called now: Engineering lead and gone.');
  const acknowledged = mailOf('acknowledged', withEvents({ type: 'acknowledged', by: 'U0STRANGER' }));
  expect(acknowledged.subject).toMatch(/^inc-7 ACKNOWLEDGED: /);
  expect(acknowledged.text).toContain('Slack user U0STRANGER acknowledged inc-7');
});

it('quotes the last words of people, and whether they are public', () => {
  const said = Array.from({ length: 7 }, (_one, at): IncidentEvent => {
    return { type: 'updated', by: 'U02BOB', text: `sentence ${at}`, public: at === 6 };
  });
  const { text } = mailOf('updated', withEvents(...said));
  expect(text).not.toContain('sentence 1');
  expect(text).toContain('  - 14:07 UTC Engineering lead (U02BOB) (public): sentence 6');
});

it('says that it comes late', () => {
  expect(mailOf('declared', {}, minutes(1)).text).not.toContain('could not be sent');
  expect(mailOf('declared', {}, minutes(42)).text).toContain(
    'That was 42 min ago, at 14:00 UTC: it could not be sent earlier.',
  );
});

it('keeps the subject on one line and within bounds, and mentions nobody, whatever was typed', () => {
  fc.assert(
    fc.property(fc.array(PIECES, { maxLength: 200 }), (pieces) => {
      const seen = `<!channel>${pieces.join('')}\r\nBcc: evil@example.com`;
      const { subject, text } = mailOf('declared', { seen });
      expect(subject).not.toMatch(/[\p{Cc}\p{Zl}\p{Zp}<>]/u);
      expect(subject.length).toBeLessThanOrEqual(180);
      expect(text).not.toMatch(/^Bcc:/m);
      expect(text).not.toContain('<');
    }),
    { numRuns: 100 },
  );
});
